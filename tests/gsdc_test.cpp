// The program gsdc as its users meet it: exit codes, outputs, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kGood =
    "---\nphase: 01-base\nplan: \"01\"\ntype: execute\n---\n\n<tasks>\n\n"
    "<task type=\"auto\">\n  <name>Task 1: Write the store</name>\n  <files>src/store.ts</files>\n  "
    "<action>Write "
    "it.</action>\n  <verify>npm test</verify>\n  <done>It stores</done>\n</task>\n\n"
    "<task type=\"auto\">\n  <name>Task 2: Use the store</name>\n  <files>src/app.ts</files>\n  "
    "<action>Import "
    "`src/store.ts`.</action>\n  <verify>npm test</verify>\n  <done>It is used</done>\n</task>\n\n</tasks>\n";

class GsdcTest : public testing::Test {
 protected:
  GsdcTest() { test::WriteFile(Plan(), kGood); }

  std::filesystem::path Plan() const { return dir_ / "01-01-PLAN.md"; }
  test::ProcessResult Gsdc(std::vector<std::string> args, std::string_view input = {}) const {
    args.insert(args.begin(), test::Gsdc().string());
    return test::Run(args, dir_.path(), input);
  }
  // A plan whose second task depends on itself and on something unknown.
  void BreakPlan() const {
    std::string text = kGood;
    text.insert(text.find(">\n  <name>Task 2"), " depends-on=\"1, 2, 9\"");
    test::WriteFile(Plan(), text);
  }

  test::TempDir dir_;
};

TEST_F(GsdcTest, AGoodPlanIsSilent) {
  const auto result = Gsdc({"01-01-PLAN.md"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(GsdcTest, TheExitCodeDoesNotDependOnTheFormat) {
  BreakPlan();
  for (const char* format : {"text", "json", "sarif"}) {
    EXPECT_EQ(Gsdc({"01-01-PLAN.md", std::string("--format=") + format}).exit_code, 1) << format;
  }
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "-W", "no-unknown-dependency", "-W", "no-self-dependency"}).exit_code, 0);
  EXPECT_EQ(Gsdc({"missing.md"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"--frmat=json", "01-01-PLAN.md"}).exit_code, 2);
  EXPECT_EQ(Gsdc({}).exit_code, 2);
}

TEST_F(GsdcTest, JsonHasPositionsAndFixes) {
  BreakPlan();
  const json found = json::parse(Gsdc({"01-01-PLAN.md", "--format=json"}).out);
  EXPECT_EQ(found["version"], 1);
  ASSERT_EQ(found["diagnostics"].size(), 2U);
  const json& self = found["diagnostics"][0];
  EXPECT_EQ(self["rule"], "self-dependency");
  EXPECT_EQ(self["span"]["begin"]["line"], 17);
  EXPECT_TRUE(self["fix"]["safe"].get<bool>());
  EXPECT_EQ(found["summary"]["errors"], 2);
}

TEST_F(GsdcTest, FixesAreAppliedOnceAndKeepEverythingElse) {
  BreakPlan();
  const std::string before = test::ReadFile(Plan());
  const auto diff = Gsdc({"--diff", "01-01-PLAN.md"});
  EXPECT_THAT(diff.out, HasSubstr("+<task type=\"auto\" depends-on=\"1, 9\">"));
  EXPECT_EQ(diff.exit_code, 1);
  EXPECT_EQ(test::ReadFile(Plan()), before);
  EXPECT_EQ(Gsdc({"--fix", "01-01-PLAN.md"}).exit_code, 1);  // the unknown one is left
  std::string expected = before;
  expected.replace(expected.find("1, 2, 9"), 7, "1, 9");
  EXPECT_EQ(test::ReadFile(Plan()), expected);
  Gsdc({"--fix", "01-01-PLAN.md"});
  EXPECT_EQ(test::ReadFile(Plan()), expected);
}

TEST_F(GsdcTest, AnnotatingWritesEverythingThatWasMissingOnce) {
  ASSERT_EQ(Gsdc({"01-01-PLAN.md", "-o", "plan.annotated.md"}).exit_code, 0);
  const std::string once = test::ReadFile(dir_ / "plan.annotated.md");
  for (const char* piece :
       {"subagent=\"general-purpose\"", "model=\"haiku\"", "parallel=\"sequential\"", "depends-on=\"1\"",
        "context-mode=\"fresh\"", "estimated-complexity=\"3\"", "<estimated-tokens>",
        "<task_dependency_graph>", "names 'src/store.ts', which task 1 writes"}) {
    EXPECT_THAT(once, HasSubstr(piece));
  }
  EXPECT_EQ(Gsdc({"plan.annotated.md", "--emit=annotated"}).out, once);
}

TEST_F(GsdcTest, InPlaceKeepsThePermissionsAndIsIdempotent) {
  chmod(Plan().c_str(), 0640);
  ASSERT_EQ(Gsdc({"--in-place", "01-01-PLAN.md"}).exit_code, 0);
  const std::string once = test::ReadFile(Plan());
  EXPECT_NE(once, kGood);
  struct stat info = {};
  ASSERT_EQ(stat(Plan().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
  ASSERT_EQ(Gsdc({"--in-place", "01-01-PLAN.md"}).exit_code, 0);
  EXPECT_EQ(test::ReadFile(Plan()), once);
}

// A comment that never ends would end at the first arrow of the graph that we insert: everything after it
// would read differently.
TEST_F(GsdcTest, WhatAnnotationsWouldChangeIsNotAnnotated) {
  std::string broken = kGood;
  broken.insert(broken.find("<tasks>"), "<!-- notes\n\n");
  test::WriteFile(dir_ / "01-02-PLAN.md", broken);
  for (const char* flag : {"--in-place", "--emit=annotated"}) {
    const auto result = Gsdc({flag, "01-02-PLAN.md"});
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("01-02-PLAN.md: not annotated: its markup is so broken"));
    EXPECT_EQ(test::ReadFile(dir_ / "01-02-PLAN.md"), broken);
  }
  // Beside it, the plan that can be annotated is.
  EXPECT_EQ(Gsdc({"--in-place", "01-02-PLAN.md", "01-01-PLAN.md"}).exit_code, 2);
  EXPECT_NE(test::ReadFile(Plan()), kGood);
}

TEST_F(GsdcTest, NoManifestWithErrorsUnlessForced) {
  BreakPlan();
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "-o", "m.json"}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "m.json"));
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "-o", "m.json", "--force"}).exit_code, 1);
  EXPECT_EQ(json::parse(test::ReadFile(dir_ / "m.json"))["tasks"].size(), 2U);
}

TEST_F(GsdcTest, TheOutputDoesNotDependOnTheThreads) {
  for (int i = 10; i < 90; ++i) {
    std::string text = kGood;
    if (i % 3 == 0) text.insert(text.find(">\n  <name>Task 2"), " depends-on=\"1, 2, 9\"");
    test::WriteFile(dir_ / ("02-" + std::to_string(i) + "-PLAN.md"), text);
  }
  const auto one = Gsdc({".", "-j1", "--format=json"});
  EXPECT_EQ(one.exit_code, 1);
  for (const char* jobs : {"-j2", "-j8", "-j64"}) EXPECT_EQ(Gsdc({".", jobs, "--format=json"}).out, one.out);
  // Of several files that cannot be read, the first is named.
  const auto missing = Gsdc({"-j8", "01-01-PLAN.md", "x-PLAN.md", "y-PLAN.md"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("cannot read x-PLAN.md"));
}

TEST_F(GsdcTest, ADashIsStandardOutput) {
  const std::string manifest = Gsdc({"01-01-PLAN.md", "--emit=manifest"}).out;
  ASSERT_FALSE(manifest.empty());
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=manifest=-"}).out, manifest);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=manifest", "-o", "-"}).out, manifest);
  EXPECT_THAT(Gsdc({"01-01-PLAN.md", "--format=json", "--report=-"}).out, HasSubstr("\"diagnostics\""));
  const auto unclear = Gsdc({"01-01-PLAN.md", "-o", "-"});
  EXPECT_EQ(unclear.exit_code, 2);
  EXPECT_THAT(unclear.err, HasSubstr("say with --emit=KIND"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "-"));
}

TEST_F(GsdcTest, ReasonsAreExplained) {
  EXPECT_THAT(
      Gsdc({"--explain-deps", "01-01-PLAN.md"}).out,
      HasSubstr(
          "01-01:2 waits for 01-01:1  (inferred, named-path: names `src/store.ts`, which task 1 writes"));
  EXPECT_THAT(Gsdc({"--explain-routing", "01-01-PLAN.md"}).out,
              HasSubstr("01-01:1 → haiku: complexity 3 (computed)"));
  EXPECT_THAT(Gsdc({"--explain-waves", "01-01-PLAN.md"}).out, HasSubstr("phase .: 1 plan in 1 wave"));
  EXPECT_THAT(Gsdc({"--explain=dependency-cycle"}).out, HasSubstr("dependency-cycle"));
  EXPECT_EQ(Gsdc({"--explain=nonsense"}).exit_code, 2);
}

TEST_F(GsdcTest, StandardInputStandsForAFile) {
  const auto result =
      Gsdc({"-", "--stdin-filename=.planning/phases/01-base/01-07-PLAN.md", "--emit=ast"}, kGood);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("01-07-PLAN.md"));
  // Among the others, it takes the place of what is on disk.
  BreakPlan();
  EXPECT_EQ(Gsdc({"."}).exit_code, 1);
  EXPECT_EQ(Gsdc({".", "-", "--stdin-filename=01-01-PLAN.md"}, kGood).exit_code, 0);
  EXPECT_EQ(Gsdc({"-", "01-01-PLAN.md", "--stdin-filename=01-01-PLAN.md"}, kGood).exit_code, 0);
}

TEST_F(GsdcTest, PlansStandBelowTheGivenRoot) {
  std::filesystem::create_directory(dir_ / "other");
  const auto result = Gsdc({"01-01-PLAN.md", "--root=other", "-o", "manifest.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("01-01-PLAN.md is not below --root=other"));
}

TEST_F(GsdcTest, FoldersAreWalkedWithoutWhatGitIgnores) {
  test::WriteFile(dir_ / ".gitignore", "build/\n*-02-PLAN.md\n!keep-02-PLAN.md\n");
  for (const char* path :
       {"build/01-05-PLAN.md", "01-02-PLAN.md", "keep-02-PLAN.md", "a/01-03-PLAN.md", "a/notes.md"}) {
    test::WriteFile(dir_ / path, "no front matter\n");
  }
  const json found = json::parse(Gsdc({".", "--format=json"}).out);
  std::set<std::string> paths;
  for (const json& diagnostic : found["diagnostics"]) paths.insert(diagnostic["path"]);
  EXPECT_EQ(paths, (std::set<std::string>{"a/01-03-PLAN.md", "keep-02-PLAN.md"}));
}

TEST_F(GsdcTest, FilesOfOtherFormatsArePassedOverInFoldersOnly) {
  const std::string slice = ".gsd/milestones/M001/slices/S01/S01-PLAN.md", note = "rework-plan.md";
  test::WriteFile(dir_ / slice, "# S01\n\n- [ ] **T01: Add it**\n");
  test::WriteFile(dir_ / note, "\xEF\xBB\xBF---\ntitle: [thoughts\n---\n");
  EXPECT_THAT(json::parse(Gsdc({".", "--format=json"}).out)["diagnostics"], IsEmpty());
  for (const std::string& path : {slice, note}) {
    const json found = json::parse(Gsdc({path, "--rule-set=all", "--format=json"}).out)["diagnostics"];
    ASSERT_EQ(found.size(), 1U) << found;
    EXPECT_EQ(found[0]["rule"], "no-tasks");
    EXPECT_EQ(found[0]["severity"], "note");
  }
  // A plan of ours may have moved there.
  test::WriteFile(dir_ / slice, std::string("# S01\n\n") + kGood);
  EXPECT_EQ(json::parse(Gsdc({".", "--format=json"}).out)["diagnostics"].size(), 1U);
}

TEST_F(GsdcTest, AFolderWithoutPlansIsNoMistake) {
  std::filesystem::create_directory(dir_ / "empty");
  const auto result = Gsdc({"empty", "--format=json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("no plan found in empty"));
  EXPECT_TRUE(json::parse(result.out)["diagnostics"].empty());
  EXPECT_EQ(Gsdc({"empty", "-o", "manifest.json"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"no-such-folder"}).exit_code, 2);
}

TEST_F(GsdcTest, WhatCannotBeWrittenIsSaid) {
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=dot=/dev/full"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=dot=missing/folder/x.dot"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=dot", "--emit=mermaid"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "-o", "what.xyz"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--budget-usd=nan"}).exit_code, 2);
}

TEST_F(GsdcTest, OutputsDestroyNeitherPlansNorEachOther) {
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=ast=01-01-PLAN.md"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--format=json", "--report=./01-01-PLAN.md"}).exit_code, 2);
  EXPECT_EQ(Gsdc({"01-01-PLAN.md", "--emit=ast=x", "--emit=dot=x"}).exit_code, 2);
  EXPECT_EQ(test::ReadFile(Plan()), kGood);
}

TEST_F(GsdcTest, AFullStandardOutputIsAFailure) {
  for (const char* what : {"--emit=manifest", "--format=sarif", "--list-rules", "--help"}) {
    const auto result =
        test::Run({"sh", "-c", "exec \"$0\" 01-01-PLAN.md \"$1\" > /dev/full", test::Gsdc().string(), what},
                  dir_.path());
    EXPECT_EQ(result.exit_code, 2) << what;
  }
}

}  // namespace
}  // namespace gsd
