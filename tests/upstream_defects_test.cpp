// What the existing tool for these plans gets wrong, as tests of gsdc: one for each defect of its section in
// docs/comparison.md, by the same number. Each comment says what that tool does with the plan of its test.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string Task(int number, std::string_view file) {
  return fmt::format(
      "<task type=\"auto\">\n  <name>Task {}: Write it</name>\n  <files>{}</files>\n  <action>Write "
      "it.</action>\n"
      "  <verify>npm test</verify>\n  <done>It works</done>\n</task>\n\n",
      number, file);
}

constexpr const char* kHumanVerify =
    "<task type=\"checkpoint:human-verify\" gate=\"blocking\">\n  <what-built>The page</what-built>\n"
    "  <how-to-verify>Open it</how-to-verify>\n  <resume-signal>Type "
    "\"approved\"</resume-signal>\n</task>\n\n";

constexpr const char* kMustHaves =
    "must_haves:\n"
    "  truths:\n"
    "    - \"It stores\"\n"
    "  artifacts:\n"
    "    - path: \"src/a.ts\"\n"
    "      provides: \"The \\\"one\\\" store\"\n"
    "      min_lines: 30\n"
    "      exports: [\"GET\", \"POST\"]\n"
    "      contains: \"say \\\"hi\\\"\"\n"
    "    - {path: \"src/b.ts\", provides: \"The index\"}\n"
    "  key_links:\n"
    "    - from: \"src/a.ts\"\n"
    "      to: \"src/b.ts\"\n"
    "      pattern: \"prisma\\\\.message\"\n"
    "    - {from: \"src/b.ts\", to: \"src/a.ts\", pattern: \"import.*a\"}\n";

// Plan `number` of phase 01, whose wave, dependencies and so on are the defaults until a test replaces them.
std::string Plan(std::string_view number, std::string_view file, const std::string& tasks = {}) {
  return fmt::format(
      "---\nphase: 01-base\nplan: \"{}\"\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: [{}]\n"
      "autonomous: true\nmust_haves:\n  truths: []\n---\n\n<tasks>\n\n{}</tasks>\n",
      number, file, tasks.empty() ? Task(1, file) : tasks);
}

std::string WithMustHaves(std::string_view must_haves) {
  return Replaced(Plan("01", "src/a.ts, src/b.ts"), "must_haves:\n  truths: []\n", must_haves);
}

// A project with one phase, and what gsdc says about it.
class UpstreamDefects : public testing::Test {
 protected:
  void Write(std::string_view name, std::string_view text) const {
    test::WriteFile(dir_ / ".planning/phases/01-base" / name, text);
  }
  test::ProcessResult Gsdc(std::vector<std::string> args) const {
    args.insert(args.begin(), {test::Gsdc().string(), "--no-cache"});
    args.emplace_back(".");
    return test::Run(args, dir_.path());
  }
  // The findings: rule to messages.
  std::multimap<std::string, std::string> Findings() const {
    std::multimap<std::string, std::string> findings;
    const json report = json::parse(Gsdc({"--format=json"}).out);
    for (const json& found : report["diagnostics"]) {
      findings.emplace(found["rule"],
                       found["severity"].get<std::string>() + ": " + found["message"].get<std::string>());
    }
    return findings;
  }
  std::multimap<std::string, std::string> FindingsIn(std::string_view plan) const {
    Write("01-01-PLAN.md", plan);
    return Findings();
  }
  json Manifest() const { return json::parse(Gsdc({"--emit=manifest", "--force"}).out); }
  std::vector<std::string> TaskNames() const {
    std::vector<std::string> names;
    const json manifest = Manifest();
    for (const json& task : manifest["tasks"]) names.push_back(task["name"]);
    return names;
  }
  json Header() const { return json::parse(Gsdc({"--emit=ast"}).out)["plans"][0]["header"]; }
  std::string Waves() const { return Gsdc({"--explain-waves"}).out; }

  test::TempDir dir_;
};

// 1: resolves only `01-01`; every other spelling puts the plan into wave 1 without a word about the name.
TEST_F(UpstreamDefects, ShortPlanNamesResolve) {
  Write("01-01-PLAN.md", Plan("01", "src/a.ts"));
  for (const char* name : {"\"01\"", "1", "\"01-01-PLAN.md\"", "\"01-base/01-01\"", "\"01-01-store\""}) {
    std::string plan = Replaced(Plan("02", "src/b.ts"), "wave: 1", "wave: 2");
    Write("01-02-PLAN.md", Replaced(plan, "depends_on: []", fmt::format("depends_on: [{}]", name)));
    EXPECT_THAT(Findings(), IsEmpty()) << name;
    EXPECT_THAT(Waves(), HasSubstr("01-02 waits for 01-01")) << name;
  }
}

// 1: drops the dependency.
TEST_F(UpstreamDefects, AnUnknownPlanIsAnError) {
  EXPECT_THAT(FindingsIn(Replaced(Plan("01", "src/a.ts"), "depends_on: []", "depends_on: [\"01-07\"]")),
              Contains(Pair("unknown-plan-dependency", HasSubstr("error: plan 01-01 depends on `01-07`"))));
}

// 2: computes the waves from depends_on alone, puts both plans into wave 1 and runs them at once.
TEST_F(UpstreamDefects, PlansThatShareAFileDoNotRunTogether) {
  Write("01-01-PLAN.md", Plan("01", "src/a.ts"));
  Write("01-02-PLAN.md", Replaced(Plan("02", "src/a.ts"), "wave: 1", "wave: 2"));
  EXPECT_THAT(Findings(), ElementsAre(Pair("wave-write-conflict", HasSubstr("both write `src/a.ts`"))));
  EXPECT_THAT(Waves(), HasSubstr("01-01 and 01-02: must not all run in parallel"));
}

// 3: asks checkpoints for a <name> that its own template lacks.
TEST_F(UpstreamDefects, TemplateCheckpointsNeedNoName) {
  const std::string plan = Plan("01", "src/a.ts", Task(1, "src/a.ts") + kHumanVerify);
  EXPECT_THAT(FindingsIn(Replaced(plan, "autonomous: true", "autonomous: false")), IsEmpty());
}

// 3: a decision is called by the name of its first option, and a name= attribute is not read.
TEST_F(UpstreamDefects, NamesAreThoseOfTheTask) {
  const std::string tasks =
      "<task type=\"checkpoint:decision\" gate=\"blocking\">\n  <decision>Which store?</decision>\n  "
      "<options>\n"
      "    <option id=\"a\"><name>SQLite</name><pros>Small</pros><cons>One writer</cons></option>\n"
      "  </options>\n  <resume-signal>Select a</resume-signal>\n</task>\n\n" +
      Replaced(Replaced(Task(2, "src/a.ts"), "  <name>Task 2: Write it</name>\n", ""), "<task type",
               "<task name=\"Close the gap\" type");
  EXPECT_THAT(FindingsIn(Replaced(Plan("01", "src/a.ts", tasks), "autonomous: true", "autonomous: false")),
              IsEmpty());
  EXPECT_THAT(TaskNames(), ElementsAre("checkpoint:decision", "Close the gap"));
}

// 4: takes YAML comments for values and a list over several lines for an empty one.
TEST_F(UpstreamDefects, YamlCommentsAndLongListsAreRead) {
  Write("01-01-PLAN.md", Plan("01", "src/a.ts"));
  std::string plan = Replaced(Plan("02", "src/b.ts"), "wave: 1", "wave: 2  # after the store");
  plan = Replaced(plan, "depends_on: []", "depends_on:  # deps\n  - \"01-01\"  # the store");
  plan = Replaced(plan, "files_modified: [src/b.ts]", "files_modified: [\n  src/b.ts,  # the index\n]");
  Write("01-02-PLAN.md", plan);
  EXPECT_THAT(Findings(), IsEmpty());  // also no files-modified-mismatch
  EXPECT_THAT(Waves(), HasSubstr("01-02 waits for 01-01"));
}

// 4: only a bare `true` and `false` are understood.
TEST_F(UpstreamDefects, AutonomousIsABooleanOfYaml) {
  const std::string plan = Plan("01", "src/a.ts", Task(1, "src/a.ts") + kHumanVerify);
  for (const char* no : {"false  # Has checkpoint", "False", "no"}) {
    EXPECT_THAT(FindingsIn(Replaced(plan, "autonomous: true", fmt::format("autonomous: {}", no))), IsEmpty());
  }
  for (const char* yes : {"true # ok", "True", "yes"}) {
    EXPECT_THAT(FindingsIn(Replaced(plan, "autonomous: true", fmt::format("autonomous: {}", yes))),
                ElementsAre(Pair("autonomous-mismatch", HasSubstr("error"))))
        << yes;
  }
}

// 5: sees a checkpoint only where `type` is the first attribute.
TEST_F(UpstreamDefects, TheOrderOfAttributesDoesNotMatter) {
  const std::string checkpoint = Replaced(kHumanVerify, "<task type", "<task id=\"2\" type");
  EXPECT_THAT(FindingsIn(Plan("01", "src/a.ts", Task(1, "src/a.ts") + checkpoint)),
              ElementsAre(Pair("autonomous-mismatch", HasSubstr("task 2 waits for a person"))));
}

// 6: counts them.
TEST_F(UpstreamDefects, FencedAndCommentedTasksAreNone) {
  const std::string tasks = "<!--\n" + Task(8, "src/old.ts") + "-->\n\n```xml\n" + Task(9, "src/sample.ts") +
                            "```\n\n" + Task(1, "src/a.ts");
  EXPECT_THAT(FindingsIn(Plan("01", "src/a.ts", tasks)), IsEmpty());
  EXPECT_THAT(TaskNames(), ElementsAre("Task 1: Write it"));
}

// 7: takes the text for an open tag; the name, type and action of task 1 are lost.
TEST_F(UpstreamDefects, ATaskTagInCodeIsText) {
  const std::string plan =
      Replaced(Plan("01", "src/a.ts", Task(1, "src/a.ts") + Task(2, "src/a.ts")), "\n<tasks>",
               "\n<context>\nprogram.argument('<task>', 'what to do')\n</context>\n\n<tasks>");
  EXPECT_THAT(FindingsIn(plan), IsEmpty());
  EXPECT_THAT(TaskNames(), ElementsAre("Task 1: Write it", "Task 2: Write it"));
}

// 8: ends the task there; its <verify> and <done> are lost.
TEST_F(UpstreamDefects, ACloseTagInTextEndsNothing) {
  for (const char* text : {"End it with `</task>`, then stop.", "End it with </task>, then stop."}) {
    const std::string tasks = Replaced(Task(1, "src/a.ts"), "Write it.", text) + Task(2, "src/a.ts");
    EXPECT_THAT(FindingsIn(Plan("01", "src/a.ts", tasks)), IsEmpty());
    const json manifest = Manifest();
    ASSERT_EQ(manifest["tasks"].size(), 2U);
    EXPECT_EQ(manifest["tasks"][0]["action"], text);
    EXPECT_EQ(manifest["tasks"][0]["done"], "It works");
  }
}

// 8: drops the rest of the plan without a word.
TEST_F(UpstreamDefects, AnUnclosedTaskIsReportedAndTheNextOneKept) {
  const std::string tasks = Replaced(Task(1, "src/a.ts"), "</task>\n", "") + Task(2, "src/a.ts");
  EXPECT_THAT(FindingsIn(Plan("01", "src/a.ts", tasks)),
              ElementsAre(Pair("unclosed-element", "error: `<task>` is never closed")));
  EXPECT_THAT(TaskNames(), ElementsAre("Task 1: Write it", "Task 2: Write it"));
}

// 9: says that there is no <action>.
TEST_F(UpstreamDefects, ElementsMayHaveAttributes) {
  const std::string tasks = Replaced(Task(1, "src/a.ts"), "<action>", "<action lang=\"en\">");
  EXPECT_THAT(FindingsIn(Plan("01", "src/a.ts", tasks)), IsEmpty());
  EXPECT_EQ(Manifest()["tasks"][0]["action"], "Write it.");
}

// 10: all three pass.
TEST_F(UpstreamDefects, EmptyElementsUnknownTypesAndCapitalsAreReported) {
  const std::string plan = Plan("01", "src/a.ts");
  EXPECT_THAT(FindingsIn(Replaced(plan, "Write it.</action>", "</action>")),
              ElementsAre(Pair("empty-element", "error: the `<action>` of task 1 is empty")));
  EXPECT_THAT(FindingsIn(Replaced(plan, "type=\"auto\"", "type=\"banana\"")),
              ElementsAre(Pair("invalid-attribute-value", HasSubstr("error: `banana`"))));
  EXPECT_THAT(FindingsIn(Replaced(Replaced(plan, "<task ", "<Task "), "</task>", "</Task>")),
              ElementsAre(Pair("tag-case", HasSubstr("`Task` has capitals"))));
}

// The table of checks, 1: any value of wave and autonomous is valid.
TEST_F(UpstreamDefects, ValuesOfTheFrontMatterAreChecked) {
  std::string plan = Replaced(Plan("01", "src/a.ts"), "wave: 1", "wave: banana");
  plan = Replaced(plan, "autonomous: true", "autonomous: maybe");
  EXPECT_THAT(
      FindingsIn(plan),
      AllOf(Contains(Pair("invalid-front-matter-value", HasSubstr("error: `wave` is `banana`"))),
            Contains(Pair("invalid-front-matter-value", HasSubstr("error: `autonomous` is `maybe`")))));
}

// 11, 13: only the first line of an item is kept, lines with inner quotes are dropped, and items in braces
// are passed over, so that a file without the exports, or a link that is not there, passes.
TEST_F(UpstreamDefects, MustHavesAreReadWhole) {
  EXPECT_THAT(FindingsIn(WithMustHaves(kMustHaves)), IsEmpty());
  const json must_haves = Header()["must_haves"];
  ASSERT_EQ(must_haves["artifacts"].size(), 2U);
  const json& artifact = must_haves["artifacts"][0];
  EXPECT_EQ(artifact["path"]["value"], "src/a.ts");
  EXPECT_EQ(artifact["provides"]["value"], "The \"one\" store");
  EXPECT_EQ(artifact["min_lines"], 30);
  EXPECT_EQ(artifact["contains"]["value"], "say \"hi\"");
  ASSERT_EQ(artifact["exports"].size(), 2U);
  EXPECT_EQ(artifact["exports"][1]["value"], "POST");
  EXPECT_EQ(must_haves["artifacts"][1]["path"]["value"], "src/b.ts");
  ASSERT_EQ(must_haves["key_links"].size(), 2U);
  EXPECT_EQ(must_haves["key_links"][1]["to"]["value"], "src/a.ts");
}

// 13: an item in braces is never checked.
TEST_F(UpstreamDefects, ItemsInBracesAreChecked) {
  const std::string plan = Replaced(kMustHaves, "import.*a", "import(.*a");
  EXPECT_THAT(FindingsIn(WithMustHaves(Replaced(plan, "{path: \"src/b.ts\"", "{path: \"src/c.ts\""))),
              ElementsAre(Pair("invalid-key-link-pattern", HasSubstr("error")),
                          Pair("unowned-artifact", HasSubstr("`src/c.ts`"))));
}

// 12: searches for `prisma\\.message`, backslashes and all, and never finds it.
TEST_F(UpstreamDefects, EscapesInDoubleQuotesAreDecoded) {
  Write("01-01-PLAN.md", WithMustHaves(kMustHaves));
  EXPECT_EQ(Header()["must_haves"]["key_links"][0]["pattern"]["value"], "prisma\\.message");
  // On request, what that tool will not find:
  EXPECT_THAT(Gsdc({"-q", "-W", "undecoded-pattern"}).err, HasSubstr("search for `prisma\\\\.message`"));
}

// 14: one of its parsers finds the must-haves behind a byte-order mark, the others none; with CRLF none does.
TEST_F(UpstreamDefects, MustHavesDoNotDependOnBytesAroundThem) {
  const std::string plan = WithMustHaves(kMustHaves);
  std::string crlf;
  for (const char c : plan) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const std::string& text : {"\xEF\xBB\xBF" + plan, crlf}) {
    Write("01-01-PLAN.md", text);
    const json must_haves = Header()["must_haves"];
    EXPECT_EQ(must_haves["artifacts"].size(), 2U);
    EXPECT_EQ(must_haves["artifacts"][0]["contains"]["value"], "say \"hi\"");
    EXPECT_EQ(must_haves["key_links"].size(), 2U);
  }
  EXPECT_THAT(FindingsIn(crlf), IsEmpty());
  EXPECT_THAT(FindingsIn("\xEF\xBB\xBF" + plan), ElementsAre(Pair("byte-order-mark", HasSubstr("warning"))));
}

// 15: reports all eight fields as missing.
TEST_F(UpstreamDefects, ABlankLineBeforeTheFrontMatterIsTheOnlyFinding) {
  EXPECT_THAT(FindingsIn("\n" + Plan("01", "src/a.ts")),
              ElementsAre(Pair("missing-front-matter", HasSubstr("does not begin on the first line"))));
  Gsdc({"--fix"});
  EXPECT_THAT(Findings(), IsEmpty());
}

// 17: answers valid:false and exits with 0.
TEST_F(UpstreamDefects, AnInvalidPlanFailsTheRun) {
  Write("01-01-PLAN.md", Plan("01", "src/a.ts"));
  EXPECT_EQ(Gsdc({}).exit_code, 0);
  const std::string no_action = Replaced(Task(1, "src/a.ts"), "  <action>Write it.</action>\n", "");
  Write("01-01-PLAN.md", Plan("01", "src/a.ts", Replaced(no_action, "  <done>It works</done>\n", "")));
  EXPECT_EQ(Gsdc({}).exit_code, 1);
}

// 18: documents a limit of agents at once that no code reads, and reads a configuration without checking it.
TEST_F(UpstreamDefects, TheConfigurationIsReadAndChecked) {
  const std::string two =
      Replaced(Task(1, "src/a.ts"), "<task ", "<task depends-on=\"\" parallel=\"can-parallelize\" ") +
      Replaced(Task(2, "src/b.ts"), "<task ", "<task depends-on=\"\" parallel=\"can-parallelize\" ");
  Write("01-01-PLAN.md", Plan("01", "src/a.ts, src/b.ts", two));
  const auto seconds = [&](std::string_view config) {
    test::WriteFile(dir_ / ".gsdc.yaml", config);
    return Manifest()["schedule"].dump();
  };
  EXPECT_NE(seconds("max-parallel: 1\n"), seconds("max-parallel: 2\n"));
  test::WriteFile(dir_ / ".gsdc.yaml", "max-paralel: 2\n");
  EXPECT_EQ(Gsdc({}).exit_code, 2);
}

// 19: has no code for it; an agent is told to compare the strings of files_modified.
TEST_F(UpstreamDefects, OverlapsAreFoundInWhatTheTasksWrite) {
  const std::string second = Plan("02", "./src/a.ts");
  Write("01-01-PLAN.md", Plan("01", "src/a.ts"));
  Write("01-02-PLAN.md", second);
  EXPECT_THAT(Findings(),
              ElementsAre(Pair("wave-write-conflict", HasSubstr("error: plans 01-01 and 01-02"))));
  Write("01-02-PLAN.md", Replaced(second, "files_modified: [./src/a.ts]", "files_modified: [src/b.ts]"));
  EXPECT_THAT(Findings(), ElementsAre(Pair("files-modified-mismatch",
                                           HasSubstr("src/a.ts`, which its files_modified does not list")),
                                      Pair("wave-write-conflict", HasSubstr("error"))));
}

}  // namespace
}  // namespace gsd
