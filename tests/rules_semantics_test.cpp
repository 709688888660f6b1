// What the rules about order, waves, models and budgets find together, on projects of a few lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/backend.h"
#include "driver/gsdc_compile.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// A plan of phase 03 in its usual place.
PlanInput PlanFile(std::string_view number, std::string_view front, std::string_view tasks) {
  const std::string path = fmt::format(".planning/phases/03-x/03-{}-PLAN.md", number);
  return {path, path,
          fmt::format("---\nphase: 03-x\nplan: {}\ntype: execute\n{}---\n\n<tasks>\n\n{}\n</tasks>\n", number,
                      front, tasks)};
}

std::string TaskText(int number, std::string_view attributes, std::string_view files,
                     std::string_view more = "") {
  return fmt::format(
      "<task type=\"auto\" {}>\n  <name>Task {}: Work</name>\n  <files>{}</files>\n  "
      "<action>Work.</action>\n{}"
      "</task>\n",
      attributes, number, files, more);
}

RuleSelection Only(std::string_view rule) {
  return {.settings = {{"all", false, std::nullopt}, {std::string(rule), true, std::nullopt}}};
}

std::vector<Diagnostic> Lint(std::vector<PlanInput> plans, std::string_view rule,
                             const AnalysisOptions& options = {}) {
  return Compile(std::move(plans), options, Only(rule), EmptyWorkspace()).diagnostics;
}

TEST(DependencyCycle, StartsAtTheSmallestNumberAndSaysWhoWaits) {
  const auto found =
      Lint({PlanFile("01", "",
                     TaskText(3, "depends-on=\"5\"", "a") + TaskText(1, "depends-on=\"3\"", "b") +
                         TaskText(5, "depends-on=\"1\"", "c"))},
           "dependency-cycle");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].message, HasSubstr("1 → 5 → 3 → 1"));
  EXPECT_EQ(found[0].labels.size(), 3U);
}

TEST(DependencyCycle, ATangleIsAFewFindings) {
  // Five tasks that all wait for each other form 84 circles over 20 edges.
  std::string tasks;
  for (int i = 1; i <= 5; ++i) {
    std::string others;
    for (int j = 1; j <= 5; ++j) {
      if (j != i) others += (others.empty() ? "" : ",") + std::to_string(j);
    }
    tasks += TaskText(i, "depends-on=\"" + others + "\"", "f" + std::to_string(i));
  }
  const auto found = Lint({PlanFile("01", "", tasks)}, "dependency-cycle");
  EXPECT_EQ(found.size(), 10U);  // each pair once
}

TEST(WriteConflict, OneFindingForALaterTaskAndItsFixOrdersTheChain) {
  std::string tasks;
  for (int i = 1; i <= 10; ++i) tasks += TaskText(i, "depends-on=\"\"", "src/registry.ts");
  const auto found = Lint({PlanFile("01", "", tasks)}, "write-conflict");
  ASSERT_EQ(found.size(), 9U);
  for (const Diagnostic& finding : found) {
    ASSERT_TRUE(finding.fix);
    EXPECT_FALSE(finding.fix->safe);
    EXPECT_EQ(finding.fix->edits.size(), 1U);
  }
  EXPECT_EQ(found.back().fix->edits[0].text, "9");
}

TEST(WriteConflict, TheFixKeepsTheStyleOfTheList) {
  const auto fix_text = [](const std::string& last) {
    const auto found = Lint({PlanFile("01", "",
                                      TaskText(1, "id=\"t1\" depends_on=\"[]\"", "a") +
                                          TaskText(2, "id=\"t2\" depends_on=\"[]\"", "b") +
                                          TaskText(3, "id=\"t3\" depends_on=\"[]\"", "c") +
                                          TaskText(4, "id=\"t4\" " + last, "c"))},
                            "write-conflict");
    return found.size() == 1 && found[0].fix ? found[0].fix->edits[0].text : "no single fix";
  };
  EXPECT_EQ(fix_text("depends_on=\"t1 t2\""), " t3");
  EXPECT_EQ(fix_text("depends_on=\"[t1, t2]\""), ", t3");
  EXPECT_EQ(fix_text("depends_on=\"Task 1, Task 2\""), ", t3");
  EXPECT_EQ(fix_text("depends-on=\"1,2\""), ",3");
}

TEST(WaveWriteConflict, OneFindingForAPairHoweverManyFiles) {
  std::string files;
  for (int i = 0; i < 20; ++i) files += fmt::format("src/f{}.ts\n", i);
  const auto found = Lint({PlanFile("01", "wave: 1\ndepends_on: []\n", TaskText(1, "", files)),
                           PlanFile("02", "wave: 1\ndepends_on: []\n", TaskText(1, "", files))},
                          "wave-write-conflict");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::kError);
  EXPECT_THAT(found[0].message, HasSubstr("16 more"));
}

TEST(WaveWriteConflict, ADependencyThroughAnotherPlanIsEnough) {
  EXPECT_THAT(Lint({PlanFile("01", "depends_on: []\n", TaskText(1, "", "src/a.ts")),
                    PlanFile("02", "depends_on: [01]\n", TaskText(1, "", "src/b.ts")),
                    PlanFile("03", "depends_on: [02]\n", TaskText(1, "", "src/a.ts"))},
                   "wave-write-conflict"),
              IsEmpty());
}

TEST(WaveWriteConflict, AWaveNumberAloneIsANote) {
  const auto found = Lint({PlanFile("01", "wave: 1\ndepends_on: []\n", TaskText(1, "", "src/a.ts")),
                           PlanFile("02", "wave: 2\ndepends_on: []\n", TaskText(1, "", "src/a.ts"))},
                          "wave-write-conflict");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::kNote);
}

// `depends_on: ["3.1"]` beside a plan 03-01 is that plan, and not the file 3.1-PLAN.md of another project.
TEST(PlanDependencies, PhaseDotPlanMeansThePlanOfTheSameFolder) {
  PlanInput elsewhere = PlanFile("01", "", TaskText(1, "", "src/z.ts"));
  elsewhere.path = elsewhere.root_path = "app/phases/3/3.1-PLAN.md";
  const Compilation compilation =
      Compile({PlanFile("01", "", TaskText(1, "", "src/a.ts")),
               PlanFile("02", "depends_on: [\"3.1\"]\n", TaskText(1, "", "src/b.ts")), elsewhere},
              {}, {}, EmptyWorkspace());
  ASSERT_EQ(compilation.plans.graph.edges.size(), 1U);
  EXPECT_EQ(compilation.plans.graph.edges[0].from, PlanIndex{0});
  EXPECT_THAT(compilation.plans.graph.others, IsEmpty());
}

TEST(WaveMismatch, ANumberThatIsNoWaveIsNotComparedWithAny) {
  for (const char* wave : {"9223372036854775807", "-1", "many"}) {
    EXPECT_THAT(
        Lint({PlanFile("01", fmt::format("wave: {}\ndepends_on: []\n", wave), TaskText(1, "", "a.ts")),
              PlanFile("02", "wave: 2\ndepends_on: [01]\n", TaskText(1, "", "b.ts"))},
             "wave-mismatch"),
        IsEmpty())
        << wave;
  }
}

TEST(WaveMismatch, OneMistakeMovesEveryPlanBehindIt) {
  const auto found = Lint({PlanFile("01", "wave: 1\ndepends_on: []\n", TaskText(1, "", "a.ts")),
                           PlanFile("02", "wave: 1\ndepends_on: [01]\n", TaskText(1, "", "b.ts")),
                           PlanFile("03", "wave: 2\ndepends_on: [02]\n", TaskText(1, "", "c.ts"))},
                          "wave-mismatch");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].fix->edits[0].text, "2");
  EXPECT_EQ(found[1].fix->edits[0].text, "3");
  EXPECT_THAT(found[1].message, HasSubstr("belongs in wave 2"));
}

TEST(FilesModifiedMismatch, TheFixKeepsTheStyleOfTheList) {
  const auto fix_text = [](const std::string& list) {
    const auto found = Lint({PlanFile("01", "files_modified:" + list + "\n", TaskText(1, "", "src/b.ts"))},
                            "files-modified-mismatch");
    return found.size() == 1 && found[0].fix ? found[0].fix->edits[0].text : "no single fix";
  };
  EXPECT_EQ(fix_text(" [src/a.ts]"), ", src/b.ts");
  EXPECT_EQ(fix_text(" [\n  src/a.ts,  # first\n  'src/c.ts'\n]"), ", src/b.ts");
  EXPECT_EQ(fix_text(" []"), "src/b.ts");
  EXPECT_EQ(fix_text("\n- src/a.ts  # the store"), "\n- src/b.ts");
  EXPECT_EQ(fix_text("\n    - src/a.ts"), "\n    - src/b.ts");
  EXPECT_EQ(fix_text("\n  - path: src/a.ts\n    why: new"), "no single fix");
  EXPECT_EQ(fix_text(" src/a.ts"), "no single fix");
}

std::string Costly(int number, int thousands) {
  return TaskText(number, "model=\"sonnet\" depends-on=\"\"", "f" + std::to_string(number),
                  fmt::format("  <estimated-tokens>{}000</estimated-tokens>\n", thousands));
}

TEST(PlanOverBudget, AGivenBudgetIsForAllPlansTogether) {
  const std::vector<PlanInput> plans = {PlanFile("01", "", Costly(1, 20) + Costly(2, 20)),
                                        PlanFile("02", "", Costly(1, 20))};
  AnalysisOptions options;
  options.budget_tokens = 60'000;
  EXPECT_THAT(Lint(plans, "plan-over-budget", options), IsEmpty()) << "not asked for";
  options.budget_given = true;
  const auto found = Lint(plans, "plan-over-budget", options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::kError);
  EXPECT_THAT(found[0].message, AllOf(HasSubstr("2 plans"), HasSubstr("60,000")));
  options.budget_tokens = 78'000;  // a single number may be 30 % more
  EXPECT_THAT(Lint(plans, "plan-over-budget", options), IsEmpty());
}

TEST(PlanOverBudget, DollarsAreCheckedToo) {
  AnalysisOptions options;
  options.budget_usd = 0.01;
  const auto found = Lint({PlanFile("01", "", Costly(1, 20))}, "plan-over-budget", options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].message, HasSubstr("$0.01"));
}

TEST(UnaffordableModel, WhatTheTasksBeforeUsedUpIsOneFinding) {
  std::string tasks;
  for (int i = 1; i <= 30; ++i) tasks += Costly(i, 5);
  AnalysisOptions options;
  options.budget_tokens = 100'000;
  EXPECT_THAT(Lint({PlanFile("01", "", tasks)}, "unaffordable-model", options), IsEmpty()) << "not asked for";
  options.budget_given = true;
  EXPECT_EQ(Lint({PlanFile("01", "", tasks)}, "unaffordable-model", options).size(), 1U);
}

// The design document's own example (part 7.1), its dependencies, models and metrics.
TEST(DesignExample, IsNotReproachedForItsModelsAndBudgets) {
  const auto task = [](int number, std::string_view attributes, std::string_view files,
                       std::string_view tokens, std::string_view budget) {
    std::string metrics = fmt::format("  <metrics>\n    <estimated-tokens>{}</estimated-tokens>\n", tokens);
    if (!budget.empty()) metrics += fmt::format("    <token-budget>{}</token-budget>\n", budget);
    return TaskText(number, attributes, files, metrics + "  </metrics>\n");
  };
  const PlanInput plan = PlanFile(
      "02", "depends_on: []\n",
      task(1, "model=\"sonnet\" parallel=\"sequential\" depends-on=\"\"",
           "a/route.ts, b/route.ts, c/route.ts", "3000-5000", "") +
          task(2, "model=\"haiku\" parallel=\"sequential\" depends-on=\"1\"", "schema.prisma", "2000-3000",
               "") +
          task(3, "model=\"haiku\" parallel=\"sequential\" depends-on=\"1,2\"", "utils.ts", "3000-4000", "") +
          task(4, "model=\"haiku\" depends-on=\"1,2,3\" estimated-complexity=\"3\"", "a/route.ts, a.ts",
               "5000-7000", "8000") +
          task(5, "model=\"sonnet\" depends-on=\"1,2,3\" estimated-complexity=\"6\"", "b/route.ts, b.ts",
               "8000-12000", "15000") +
          task(6, "model=\"sonnet\" depends-on=\"1,2,3\" estimated-complexity=\"7\"", "c/route.ts, c.ts",
               "10000-15000", "18000") +
          task(7, "model=\"haiku\" depends-on=\"4,5,6\" estimated-complexity=\"4\"", "all.test.ts",
               "4000-6000", ""));
  AnalysisOptions options;
  options.profile = ScoringProfile::kDocument;  // these are stand-ins: their words say nothing of complexity
  for (const std::string_view rule : {"dependency-cycle",
                                      "unknown-dependency",
                                      "forward-dependency",
                                      "write-conflict",
                                      "checkpoint-in-parallel-batch",
                                      "unknown-model",
                                      "model-complexity-mismatch",
                                      "complexity-out-of-range",
                                      "unaffordable-model",
                                      "plan-over-budget",
                                      "task-over-token-budget",
                                      "inverted-range",
                                      "context-overflow",
                                      "context-pressure",
                                      "main-context-share",
                                      "undeclared-dependency",
                                      "read-write-race",
                                      "parallel-attribute-mismatch",
                                      "complexity-disagreement",
                                      "context-mode-mismatch",
                                      "breakdown-mismatch",
                                      "implausible-estimate"}) {
    EXPECT_THAT(Lint({plan}, rule, options), IsEmpty()) << rule;
  }
}

TEST(RedundantDependency, OneTaskThatAllOthersWaitForIsQuick) {
  std::string tasks = TaskText(1, "depends-on=\"\"", "f1");
  for (int i = 2; i <= 20'000; ++i) tasks += TaskText(i, "depends-on=\"1\"", fmt::format("f{}", i));
  tasks += TaskText(20'001, "depends-on=\"1,2\"", "last");
  EXPECT_EQ(Lint({PlanFile("01", "", tasks)}, "redundant-dependency").size(), 1U);
}

TEST(StaleDependencyGraph, WhatGsdcWroteAgreesWithTheTasksUntilTheyChange) {
  const std::string plan = PlanFile("01", "",
                                    TaskText(1, "depends-on=\"\"", "a") +
                                        TaskText(2, "depends-on=\"1\"", "b") + TaskText(3, "", "c"))
                               .text;
  std::vector<PlanInput> inputs = {{"01-01-PLAN.md", "01-01-PLAN.md", plan}};
  const Compilation first = Compile(inputs, {}, Only("stale-dependency-graph"), EmptyWorkspace());
  std::string annotated = *AnnotatePlan(first.plans, PlanIndex{0}, false);
  EXPECT_THAT(Lint({{"01-01-PLAN.md", "01-01-PLAN.md", annotated}}, "stale-dependency-graph"), IsEmpty());
  const std::string written = "depends-on=\"1\"";
  annotated.replace(annotated.find(written), written.size(), "depends-on=\"\"");
  EXPECT_EQ(Lint({{"01-01-PLAN.md", "01-01-PLAN.md", annotated}}, "stale-dependency-graph").size(), 1U);
}

// A folder in which every file says the same.
class FolderOf final : public Workspace {
 public:
  FolderOf(std::vector<std::string> names, std::string text)
      : names_(std::move(names)), text_(std::move(text)) {}
  std::optional<FileInfo> Stat(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> List(std::string_view) const override { return names_; }
  std::optional<std::string> ReadHead(std::string_view, size_t limit) const override {
    return text_.substr(0, limit);
  }

 private:
  std::vector<std::string> names_;
  std::string text_;
};

// Is `plan`, the only one that is compiled, finished when that stands beside it?
bool IsFinished(const std::string& plan, std::vector<std::string> beside, std::string summary = "Done.\n") {
  const Compilation compilation = Compile({{plan, plan, "<tasks>\n" + TaskText(1, "", "a") + "</tasks>\n"}},
                                          {}, {}, FolderOf(std::move(beside), std::move(summary)));
  return compilation.plans.units[0].finished();
}

TEST(FinishedPlans, APlanHasTheSummaryOfItsOwnNameOrNumbers) {
  EXPECT_TRUE(IsFinished("p/01-01-PLAN.md", {"01-01-SUMMARY.md"}));
  EXPECT_TRUE(IsFinished("p/01-01-auth-PLAN.md", {"01-01-SUMMARY.md"}));
  EXPECT_TRUE(IsFinished("p/setup-PLAN.md", {"setup-SUMMARY.md"}));
  for (const char* summary : {"01-01-SUMMARY.md", "FOO-SUMMARY.md", "SUMMARY.md", "PLAN-SUMMARY.md"})
    EXPECT_FALSE(IsFinished("p/setup-PLAN.md", {summary})) << summary;
  EXPECT_TRUE(IsFinished("p/PLAN.md", {"SUMMARY.md"}));
  EXPECT_TRUE(IsFinished("p/PLAN.md", {"PLAN-SUMMARY.md"}));
  for (const char* summary : {"01-01-SUMMARY.md", "FOO-SUMMARY.md", "setup-SUMMARY.md"})
    EXPECT_FALSE(IsFinished("p/PLAN.md", {summary})) << summary;
}

TEST(FinishedPlans, TheOnlyPlanOfAPhaseHasThePhasesSummary) {
  for (const char* plan : {"03-auth/PLAN.md", "03-auth/03-PLAN.md"}) {
    for (const char* summary : {"03-SUMMARY.md", "03-01-SUMMARY.md", "3-1-SUMMARY.md"})
      EXPECT_TRUE(IsFinished(plan, {summary})) << plan << " " << summary;
    for (const char* summary : {"04-SUMMARY.md", "04-01-SUMMARY.md", "03-02-SUMMARY.md", "FOO-SUMMARY.md"})
      EXPECT_FALSE(IsFinished(plan, {summary})) << plan << " " << summary;
  }
  EXPECT_FALSE(IsFinished("03-auth/PLAN.md", {"03-01-SUMMARY.md", "setup-PLAN.md"}));
  EXPECT_FALSE(IsFinished("03-auth/setup-PLAN.md", {"03-01-SUMMARY.md"}));
  EXPECT_TRUE(IsFinished("M007-S01/M007-S01-PLAN.md", {"M007-S01-01-SUMMARY.md"}));
}

TEST(FinishedPlans, WhatIsNotCalledLikeAPlanHasNoSummary) {
  for (const char* summary : {"SUMMARY.md", "01-01-SUMMARY.md", "README-SUMMARY.md"}) {
    EXPECT_FALSE(IsFinished("p/README.md", {summary})) << summary;
    EXPECT_FALSE(IsFinished("p/NOTES.txt", {summary})) << summary;
  }
}

TEST(FinishedPlans, ASummaryMaySayThatItIsNotDoneInEverySpellingOfYaml) {
  const auto finished = [](const std::string& summary) {
    return IsFinished("p/01-01-PLAN.md", {"01-01-SUMMARY.md"}, summary);
  };
  for (const char* status : {"halted", "simulated", "Halted", "\"halted\"", "'simulated'",
                             "halted # the tests fail", "\"halted\"  # why", "halted\r"}) {
    for (const char* begin : {"---\n", "\xEF\xBB\xBF---\n", "---\r\n", "---\n# about the run\nphase: 1\n"})
      EXPECT_FALSE(finished(fmt::format("{}status: {}\n---\n", begin, status))) << begin << status;
  }
  EXPECT_TRUE(finished("---\nstatus: complete # not halted\n---\n"));
  EXPECT_TRUE(finished("---\nrun:\n  status: halted\n---\n"));
  EXPECT_TRUE(finished("# Summary\n\nstatus: halted\n"));
  EXPECT_TRUE(finished("---\nstatus: [\n"));
}

TEST(UnknownPlanDependency, IsSilentOfAnExecutedPlan) {
  const auto lint = [](const Workspace& workspace) {
    return Compile({PlanFile("02", "depends_on: [\"03-09\"]\n", TaskText(1, "", "a"))}, {},
                   Only("unknown-plan-dependency"), workspace)
        .diagnostics;
  };
  EXPECT_EQ(lint(FolderOf({"03-02-PLAN.md"}, "")).size(), 1U);
  EXPECT_THAT(lint(FolderOf({"03-02-PLAN.md", "03-02-SUMMARY.md"}, "")), IsEmpty());
}

TEST(ParallelAttribute, TrueAndFalseMeanTheDocumentedWords) {
  const auto can_run_together = [](std::string_view first, std::string_view second) {
    const auto compilation = Compile({PlanFile("01", "", TaskText(1, first, "a") + TaskText(2, second, "b"))},
                                     {}, {}, EmptyWorkspace());
    return compilation.plans.units[0].batches[0].can_parallelize;
  };
  for (const char* yes : {"parallel=\"can-parallelize\"", "parallel=\"true\""}) {
    EXPECT_TRUE(can_run_together(yes, yes));
    for (const char* no :
         {"parallel=\"sequential\" depends-on=\"none\"", "parallel=\"false\" depends-on=\"none\""})
      EXPECT_FALSE(can_run_together(yes, no)) << no;
  }
}

TEST(SupersededPlans, AreNotChecked) {
  const PlanInput plan = PlanFile("01", "status: superseded\ndepends_on: [\"03-99\"]\n",
                                  TaskText(1, "depends-on=\"1,9\" model=\"sonet\"", "../x.ts"));
  for (const std::string_view rule : {"self-dependency", "unknown-dependency", "unknown-model",
                                      "path-escapes-root", "unknown-plan-dependency"}) {
    EXPECT_THAT(Lint({plan}, rule), IsEmpty()) << rule;
  }
}

}  // namespace
}  // namespace gsd::test
