// .gsdc.yaml: what it may say, what it does, and what is said about its mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/gsdc_config.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kPlan =
    "---\nphase: 01-base\nplan: \"01\"\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: "
    "[src/store.ts]\n"
    "autonomous: true\nmust_haves:\n  truths: [\"It stores\"]\n---\n\n<tasks>\n\n"
    "<task type=\"auto\">\n  <name>Task 1: Write the store</name>\n  <files>src/store.ts</files>\n"
    "  <action>Write it.</action>\n  <verify>npm test</verify>\n</task>\n\n</tasks>\n";  // no <done>

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    for (const char* path : {"phases/01-base/01-01-PLAN.md", "archive/01-base/01-01-PLAN.md"})
      test::WriteFile(dir_ / path, kPlan);
    std::filesystem::create_directory(dir_ / ".planning");
  }
  void Configure(std::string_view yaml) const { test::WriteFile(dir_ / ".gsdc.yaml", yaml); }
  test::ProcessResult Gsdc(std::vector<std::string> args) const {
    args.insert(args.begin(), {test::Gsdc().string(), "-q"});
    return test::Run(args, dir_.path());
  }

  test::TempDir dir_;
};

TEST_F(ConfigTest, IsFoundAboveThePlanAndSetsSeverities) {
  EXPECT_THAT(Gsdc({"phases"}).err, HasSubstr("warning: task 1 has no `<done>`"));
  Configure("rules:\n  missing-done: error\n");
  const auto result = Gsdc({"phases/01-base/01-01-PLAN.md"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: task 1 has no `<done>`"));
  // The command line has the last word.
  EXPECT_THAT(Gsdc({"phases", "-W", "no-missing-done"}).err, IsEmpty());
  EXPECT_EQ(Gsdc({"phases", "--config=none"}).exit_code, 0);
  Configure("rules:\n  missing-done: off  # YAML reads that as false; we do not\n");
  EXPECT_THAT(Gsdc({"phases"}).err, IsEmpty());
}

TEST_F(ConfigTest, OverridesHoldForTheirPathsOnly) {
  Configure(
      "rules: {missing-done: error}\noverrides:\n  - paths: [\"archive/\"]\n    rules: {missing-done: "
      "off}\n");
  EXPECT_EQ(Gsdc({"archive"}).exit_code, 0);
  EXPECT_EQ(Gsdc({"archive/01-base/01-01-PLAN.md"}).exit_code, 0);
  const auto both = Gsdc({"."});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_THAT(both.err, HasSubstr("phases/01-base/01-01-PLAN.md:16:"));
  EXPECT_THAT(both.err, Not(HasSubstr("archive/01-base/01-01-PLAN.md:16:")));
  // A rule that is off in general may be on somewhere.
  Configure("rules: {missing-done: off}\noverrides:\n  - paths: phases\n    rules: {missing-done: error}\n");
  EXPECT_EQ(Gsdc({"phases"}).exit_code, 1);
  EXPECT_EQ(Gsdc({"archive"}).exit_code, 0);
}

TEST_F(ConfigTest, ExcludedFoldersAreNotWalkedInto) {
  Configure("exclude: [archive/]\n");
  EXPECT_THAT(Gsdc({"."}).err, Not(HasSubstr("archive")));
  EXPECT_THAT(Gsdc({"archive/01-base/01-01-PLAN.md"}).err, HasSubstr("archive"));  // named: checked
}

TEST_F(ConfigTest, RuleSetsAndLimits) {
  Configure("rule-set: errors\n");
  EXPECT_THAT(Gsdc({"phases"}).err, IsEmpty());
  EXPECT_THAT(Gsdc({"phases", "--rule-set=default"}).err, HasSubstr("[missing-done]"));
  Configure("rule-set: none\nrules: {plan-over-budget: on}\nbudget: {tokens: 10}\n");
  EXPECT_THAT(Gsdc({"phases"}).err, HasSubstr("but the budget is 10"));
  EXPECT_THAT(Gsdc({"phases", "--budget-tokens=1000000"}).err, IsEmpty());
  EXPECT_EQ(Gsdc({"phases", "--rule-set=strict"}).exit_code, 2);
}

TEST_F(ConfigTest, WhatIsPrintedReadsBackAsTheSame) {
  Configure(
      "rules: {missing-done: note}\noverrides:\n  - paths: ['a \"b\"/']\n    rules: {all: off}\nwindow: 5\n");
  const std::string printed = Gsdc({"--print-config", "phases"}).out;
  EXPECT_THAT(printed, HasSubstr("\n  missing-done: note\n"));
  Configure(printed);
  const std::string again = Gsdc({"--print-config", "phases"}).out;
  EXPECT_EQ(again.substr(again.find('\n')), printed.substr(printed.find('\n')));
}

TEST_F(ConfigTest, AByteOrderMarkIsSkipped) {
  for (const char* yaml :
       {"version: 1\nrules: {missing-done: error}\n", "# ours\nrules:\n  missing-done: error\n"}) {
    Configure(std::string("\xEF\xBB\xBF") + yaml);
    EXPECT_THAT(Gsdc({"phases"}).err, HasSubstr("error: task 1 has no `<done>`")) << yaml;
  }
  Configure("\xEF\xBB\xBF# nothing but a comment\n");
  EXPECT_EQ(Gsdc({"phases"}).exit_code, 0);
  Configure("\xEF\xBB\xBFruels: {}");
  EXPECT_THAT(Gsdc({"phases"}).err, HasSubstr("1:1: unknown key `ruels`; did you mean `rules`?"));
}

TEST_F(ConfigTest, MistakesAreNamedWithTheirPlace) {
  const std::vector<std::pair<const char*, const char*>> mistakes = {
      {"ruels: {}", "1:1: unknown key `ruels`; did you mean `rules`?"},
      {"rules: {mising-done: off}", "1:9: no such rule `mising-done`; did you mean `missing-done`?"},
      {"rules: {missing-done: of}", "a rule is off, on, note, warning or error"},
      {"rules: [a]", "`rules` needs `key: value` lines"},
      {"overrides:\n  - rules: {}", "an override needs `paths`"},
      {"overrides: {}", "`overrides` needs a list"},
      {"exclude: {a: b}", "`exclude` needs a list"},
      {"budget: {tokens: -4}", "1:18: `tokens` needs a whole number above 0"},
      {"budget: {usd: nan}", "`usd` needs a number above 0"},
      {"budget: {token: 4}", "did you mean `tokens`?"},
      {"rule-set: strict", "there are default, all, errors, none"},
      {"version: 2", "this gsdc knows version 1"},
      {"max-parallel: 5000", "at most 1000"},
      {"a: [", "this bracket is never closed"},
      {"{version: 2}", "1:1: a configuration is `key: value` lines"},
      {"- a", "1:1: a configuration is `key: value` lines"}};
  for (const auto& [yaml, message] : mistakes) {
    Configure(yaml);
    const auto result = Gsdc({"phases"});
    EXPECT_EQ(result.exit_code, 2) << yaml;
    EXPECT_THAT(result.err, HasSubstr(message)) << yaml;
    EXPECT_THAT(result.err, HasSubstr(".gsdc.yaml:")) << yaml;
  }
  EXPECT_THAT(Gsdc({"--config=missing.yaml", "phases"}).err, HasSubstr("cannot read missing.yaml"));
}

// The schema and the reader agree: on what the template and the tests above say, and on the mistakes.
TEST_F(ConfigTest, TheSchemaSaysTheSame) {
  const std::string schema = (test::SourceDir() / "schemas" / "gsdc-config.schema.json").string();
  const auto accepted = [&](std::string_view json) {
    test::WriteFile(dir_ / "config.json", json);
    const auto result = test::Run({"python3", "-m", "jsonschema", "-i", "config.json", schema}, dir_.path());
    EXPECT_NE(result.exit_code, 127);
    return result.exit_code == 0;
  };
  // JSON is YAML: the same text goes to both, but that the outermost level stands on lines of its own.
  const auto read = [](std::string_view json) {
    const std::string text(json.substr(1, json.size() - 2));
    return ParseConfig("c", text);
  };
  for (const char* json :
       {R"({})", R"({"rules": {"missing-done": "off", "all": "note"}})", R"({"version": 1})",
        R"({"rule-set": "all"})", R"({"overrides": [{"paths": ["a/", "b"], "rules": {}}, {"paths": "c"}]})",
        R"({"exclude": []})", R"({"budget": {"tokens": 5, "usd": 0.5}})", R"({"window": 9})",
        R"({"max-parallel": 3})", R"({"baseline": "b.json"})"}) {
    EXPECT_TRUE(accepted(json)) << json;
    EXPECT_TRUE(read(json)) << json;
  }
  for (const char* json :
       {R"({"ruels": {}})", R"({"rules": {"missing-done": "of"}})", R"({"rules": ["a"]})",
        R"({"overrides": [{"rules": {}}]})", R"({"budget": {"tokens": -4}})", R"({"budget": {"token": 4}})",
        R"({"rule-set": "strict"})", R"({"version": 2})", R"({"max-parallel": 5000})"}) {
    EXPECT_FALSE(accepted(json)) << json;
    EXPECT_FALSE(read(json)) << json;
  }
  const auto config = ParseConfig("template", std::string(ConfigTemplate()));
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->overrides.size(), 1U);
}

}  // namespace
}  // namespace gsd
