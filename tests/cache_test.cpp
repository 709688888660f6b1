// The cache of findings: the same output with it and without it, and nothing old is ever shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/test_support.h"

namespace gsd {
namespace {

using testing::HasSubstr;
using testing::Not;

class CacheTest : public testing::Test {
 protected:
  // A project that is large enough to be worth an entry.
  CacheTest() {
    for (int i = 10; i < 60; ++i) {
      const std::string n = std::to_string(i);
      test::WriteFile(
          PlanPath(i),
          "---\nphase: 01-base\nplan: \"" + n +
              "\"\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: [src/" + n +
              ".ts]\nautonomous: true\nmust_haves:\n  truths: [\"x\"]\n---\n\n<context>\n@docs/" + n +
              ".md\n" + std::string(6000, 'x') +
              "\n</context>\n\n<tasks>\n\n<task type=\"auto\">\n  <name>Task 1: a</name>\n  <files>src/" + n +
              ".ts</files>\n  <action>Do.</action>\n  <verify>npm test</verify>\n  "
              "<done>y</done>\n</task>\n\n</tasks>\n");
      test::WriteFile(project_ / ".planning" / ("../docs/" + n + ".md"), "x");
    }
  }
  std::filesystem::path PlanPath(int i) const {
    return project_.path() / ".planning/phases/01-base" / ("01-" + std::to_string(i) + "-PLAN.md");
  }
  test::ProcessResult Gsdc(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {test::Gsdc().string(), ".", "-q", "--timings",
                                     "--cache-dir=" + (cache_ / "x").string()};
    args.insert(args.end(), more.begin(), more.end());
    auto result = test::Run(args, project_.path());
    hit_ = result.err.find("find them in the cache") != std::string::npos;
    result.err.resize(std::min(result.err.find("  find the plans"), result.err.size()));
    result.err.resize(result.err.rfind('\n') + 1);
    return result;
  }
  std::filesystem::path Entry() const {
    for (const auto& entry : std::filesystem::directory_iterator(cache_ / "x")) return entry.path();
    return {};
  }

  test::TempDir project_, cache_;
  mutable bool hit_ = false;
};

TEST_F(CacheTest, TheSecondRunFindsTheSame) {
  std::filesystem::remove(project_ / "docs/12.md");
  const auto first = Gsdc();
  EXPECT_FALSE(hit_);
  EXPECT_THAT(first.err, HasSubstr("docs/12.md"));
  const auto second = Gsdc();
  EXPECT_TRUE(hit_);
  EXPECT_EQ(second.err, first.err);
  EXPECT_EQ(second.exit_code, first.exit_code);
  for (const char* format : {"json", "sarif"}) {
    const std::string flag = std::string("--format=") + format;
    EXPECT_EQ(Gsdc({flag}).out, Gsdc({flag, "--no-cache"}).out);
  }
  EXPECT_EQ(Gsdc({"--no-cache"}).err, first.err);
  EXPECT_FALSE(hit_);
}

TEST_F(CacheTest, WhatChangesIsSeen) {
  Gsdc();
  // A plan.
  std::string text = test::ReadFile(PlanPath(20));
  text.replace(text.find("<done>y</done>"), 14, "");
  test::WriteFile(PlanPath(20), text);
  EXPECT_THAT(Gsdc().err, HasSubstr("01-20-PLAN.md:21:9"));
  EXPECT_FALSE(hit_);
  // A file that a plan refers to.
  Gsdc();
  EXPECT_TRUE(hit_);
  std::filesystem::remove(project_ / "docs/30.md");
  EXPECT_THAT(Gsdc().err, HasSubstr("docs/30.md"));
  EXPECT_FALSE(hit_);
  // The configuration, the command line, the list of plans.
  Gsdc();
  EXPECT_TRUE(hit_);
  test::WriteFile(project_ / ".gsdc.yaml", "rules: {missing-done: off}\n");
  EXPECT_THAT(Gsdc().err, Not(HasSubstr("[missing-done]")));
  EXPECT_FALSE(hit_);
  EXPECT_EQ(Gsdc({"-Werror"}).exit_code, 1);
  EXPECT_FALSE(hit_);
  std::filesystem::remove(PlanPath(59));
  Gsdc();
  EXPECT_FALSE(hit_);
}

// The statistics' log appears with the first attempt that a run records, the file with a fold.
TEST_F(CacheTest, StatisticsThatAppearAreSeen) {
  const std::string record =
      R"({"key": "api-impl|5|sonnet", "tokens": 8000, "seconds": 60, "success": true})";
  Gsdc();
  for (const char* name : {".planning/.token-stats.log", ".planning/.token-stats.json"}) {
    Gsdc();
    EXPECT_TRUE(hit_) << name;
    test::WriteFile(project_ / name, record + "\n");
    Gsdc();
    EXPECT_FALSE(hit_) << name;
  }
  Gsdc();
  EXPECT_TRUE(hit_);
  test::WriteFile(project_ / ".planning/.token-stats.log", record + "\n" + record + "\n");
  Gsdc();
  EXPECT_FALSE(hit_);
}

TEST_F(CacheTest, ADamagedEntryIsNone) {
  const auto first = Gsdc();
  const std::string good = test::ReadFile(Entry());
  for (size_t cut : {size_t{0}, size_t{5}, size_t{80}, good.size() / 2, good.size() - 1}) {
    test::WriteFile(Entry(), good.substr(0, cut));
    EXPECT_EQ(Gsdc().err, first.err) << cut;
    EXPECT_FALSE(hit_) << cut;
  }
  for (size_t at = 20; at < good.size(); at += 1 + good.size() / 40) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    test::WriteFile(Entry(), bad);
    EXPECT_EQ(Gsdc().err, first.err) << at;
  }
}

TEST_F(CacheTest, AFolderThatCannotBeWrittenIsNoError) {
  test::WriteFile(cache_ / "x", "a file");
  EXPECT_EQ(Gsdc().exit_code, 0);
}

}  // namespace
}  // namespace gsd
