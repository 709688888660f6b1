// BuildManifest: what stands in a plan arrives in the manifest, byte for byte, under the right names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <utility>

#include "backends/backend.h"
#include "backends/checkpoint_text.h"
#include "backends/commit_message.h"
#include "backends/manifest_paths.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using test::Compiled;
using test::CompileData;
using test::CompileTexts;
using test::Data;

using Strings = std::vector<std::string>;

std::string PlanText(std::string_view plan, std::string_view header, std::string_view tasks) {
  return "---\nphase: 05-x\nplan: " + std::string(plan) + "\n" + std::string(header) + "---\n<tasks>\n" +
         std::string(tasks) + "</tasks>\n";
}

Manifest BuildFromTasks(std::string_view tasks, std::string_view header = "") {
  return BuildManifest(CompileTexts({{"05-01-PLAN.md", PlanText("01", header, tasks)}})->result());
}

TEST(ManifestBuild, Golden) {
  const auto compiled = CompileData({"mail.md"});
  std::string first, second;
  ASSERT_TRUE(EmitManifest(compiled->result(), first).ok());
  ASSERT_TRUE(EmitManifest(CompileData({"mail.md"})->result(), second).ok());
  EXPECT_EQ(first, second);
  test::ExpectGolden(Data("mail.manifest.expected"), first);
}

TEST(ManifestBuild, WhatTheExecutorReadsBack) {
  for (const std::string name : {"mail.md", "odd.md"}) {
    std::string json, again;
    ASSERT_TRUE(EmitManifest(CompileData({name})->result(), json).ok());
    const Result<Manifest> manifest = ReadManifest(json);
    ASSERT_TRUE(manifest.ok()) << name << ": " << manifest.error();
    WriteManifest(*manifest, again);
    EXPECT_EQ(json, again);
  }
}

// Tasks as large as one may be: their sums are larger than that.
TEST(ManifestBuild, SumsOfLargeTasksAreReadBack) {
  std::string tasks;
  for (int i = 1; i <= 20; ++i)
    tasks += "<task type=\"auto\" depends-on=\"" + (i > 1 ? std::to_string(i - 1) : "") + "\">\n<name>Task " +
             std::to_string(i) +
             ": a</name>\n<metrics><estimated-tokens>999999999k</estimated-tokens>"
             "<estimated-duration>999999999h</estimated-duration></metrics>\n</task>\n";
  std::string json;
  ASSERT_TRUE(
      EmitManifest(CompileTexts({{"05-01-PLAN.md", PlanText("01", "", tasks)}})->result(), json).ok());
  const Result<Manifest> manifest = ReadManifest(json);
  ASSERT_TRUE(manifest.ok()) << manifest.error();
  EXPECT_EQ(manifest->schedule.sequential_seconds, 20'000'000'000);
  EXPECT_GT(manifest->budget.estimated_tokens.high, 10'000'000'000'000);
}

TEST(ManifestBuild, APathThatCannotBeNamedIsRefused) {
  const std::string text = PlanText("01", "", "");
  EXPECT_TRUE(CheckPlanPaths(CompileTexts({{"größe-PLAN.md", text}})->plans).ok());
  for (const auto& [path, mistake] :
       {std::pair("caf\xE9-PLAN.md", "is not UTF-8"), {"a\nb-PLAN.md", "control"}}) {
    const Status checked = CheckPlanPaths(CompileTexts({{path, text}})->plans);
    ASSERT_FALSE(checked.ok()) << path;
    EXPECT_THAT(checked.error(), testing::HasSubstr(mistake));
  }
  const test::TempDir temp;
  test::WriteFile(temp / "05-caf\xE9-PLAN.md", test::ReadFile(Data("mail.md")));
  const auto run =
      test::Run({test::Gsdc().string(), ".", "--force", "--emit=manifest", "-o", "m.json"}, temp.path());
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, testing::HasSubstr("is not UTF-8"));
  EXPECT_FALSE(std::filesystem::exists(temp / "m.json"));
}

TEST(ManifestBuild, ValidAgainstItsSchema) {
  const auto schema = test::SourceDir() / "schemas/manifest.schema.json";
  for (const Strings& names :
       {Strings{"mail.md"}, Strings{"odd.md"}, Strings{"mail.md", "odd.md"}, Strings{}}) {
    std::string json;
    ASSERT_TRUE(EmitManifest(CompileData(names)->result(), json).ok());
    EXPECT_EQ(test::SchemaMistakes(schema, json), "");
  }
}

TEST(ManifestBuild, TextsAreCopiedExactly) {
  const auto compiled = CompileData({"mail.md"});
  const Manifest manifest = BuildManifest(compiled->result());
  ASSERT_EQ(manifest.tasks.size(), 5U);
  const ManifestTask& queue = manifest.tasks[0];
  EXPECT_EQ(queue.id, "03-02:1");
  EXPECT_EQ(queue.plan, "03-02");
  EXPECT_EQ(queue.action, "\n    Keep jobs in order & lose none: `a && b` stays as it is.\n  ");
  EXPECT_EQ(queue.verify.text, "\n    <automated>npm test -- queue && npm run lint</automated>\n  ");
  EXPECT_EQ(queue.verify.automated, Strings{"npm test -- queue && npm run lint"});
  EXPECT_EQ(queue.done, "Jobs survive a restart");
  EXPECT_EQ(queue.files, (Strings{"src/queue.ts", "src/queue-store.ts"}));
  EXPECT_EQ(queue.complexity.source, "declared");
  EXPECT_EQ(manifest.tasks[2].verify.automated, (Strings{"npm test -- retry", "npm run typecheck"}));
  EXPECT_EQ(manifest.tasks[2].done, "Five attempts, then a dead letter");
  const ManifestPlan& plan = manifest.plans[0];
  EXPECT_EQ(plan.sha256, Sha256Hex(compiled->sources[0]->text()));
  EXPECT_EQ(plan.objective, "Send mail from a queue.\n\nOutput: a queue, a sender, retries.");
  EXPECT_EQ(plan.path, "mail.md");
}

TEST(ManifestBuild, ReadsAreReadFirstAndKnownContext) {
  const Manifest manifest = BuildManifest(CompileData({"mail.md"})->result());
  // docs/queue.md and src/types.ts are asked for; of <context>, src/queue.ts is written by task 1 and
  // PROJECT.md is nowhere.
  EXPECT_EQ(manifest.tasks[0].reads, (Strings{"docs/queue.md", "src/types.ts", "src/queue.ts"}));
}

TEST(ManifestBuild, LimitsAndEstimates) {
  const Manifest manifest = BuildManifest(CompileData({"mail.md"})->result());
  EXPECT_EQ(manifest.tasks[0].token_budget, 9000);
  EXPECT_EQ(manifest.tasks[0].max_tokens, 9000);
  EXPECT_EQ(manifest.tasks[1].token_budget, std::nullopt);
  EXPECT_EQ(manifest.tasks[1].max_tokens, 20000);  // the document's default
  const ManifestTask& retry = manifest.tasks[2];
  EXPECT_EQ(retry.max_tokens, std::max<int64_t>(20000, retry.estimated_tokens.high));
  const ManifestTask& choice = manifest.tasks[3];
  EXPECT_EQ(choice.estimated_tokens.high, 0);
  EXPECT_EQ(choice.max_tokens, 0);
}

TEST(ManifestBuild, EveryDependencyHasItsReason) {
  const Manifest manifest = BuildManifest(CompileData({"mail.md", "odd.md"})->result());
  for (const ManifestTask& task : manifest.tasks) {
    ASSERT_EQ(task.depends_on.size(), task.dependencies.size());
    for (size_t i = 0; i < task.depends_on.size(); ++i) {
      EXPECT_EQ(task.depends_on[i], task.dependencies[i].id);
      EXPECT_FALSE(task.dependencies[i].reason.empty()) << task.id;
    }
  }
  EXPECT_EQ(manifest.tasks[3].depends_on, (Strings{"03-02:1", "03-02:2", "03-02:3"}));
  EXPECT_EQ(manifest.tasks[3].dependencies[0].source, "declared");
}

TEST(ManifestBuild, CheckpointOptions) {
  const Manifest manifest = BuildManifest(CompileData({"mail.md"})->result());
  ASSERT_TRUE(manifest.tasks[3].checkpoint.has_value());
  const ManifestCheckpoint& checkpoint = *manifest.tasks[3].checkpoint;
  EXPECT_EQ(checkpoint.kind, "decision");
  EXPECT_EQ(checkpoint.gate, "blocking");
  EXPECT_EQ(checkpoint.decision, "Which provider sends our mail?");
  EXPECT_EQ(checkpoint.context, "The choice fixes the price.");
  EXPECT_EQ(checkpoint.resume_signal, "Select: ses or own");
  ASSERT_EQ(checkpoint.options.size(), 2U);
  EXPECT_EQ(checkpoint.options[0].id, "ses");
  EXPECT_EQ(checkpoint.options[0].name, "Amazon SES");
  EXPECT_EQ(checkpoint.options[0].pros, "Cheap");
  EXPECT_EQ(checkpoint.options[1].cons, "Blacklists");
  EXPECT_FALSE(manifest.tasks[0].checkpoint.has_value());
}

TEST(ManifestBuild, OptionsFromAList) {
  const Manifest manifest = BuildFromTasks(
      "<task type=\"checkpoint:decision\">\n  <name>Choose</name>\n  <decision>Which?</decision>\n  "
      "<options>\n"
      "  - redis: Use Redis\n  - **memory** — Keep it in memory\n  1. Neither of the two\n  That is all.\n"
      "  </options>\n</task>\n");
  const std::vector<ManifestOption>& options = manifest.tasks[0].checkpoint->options;
  ASSERT_EQ(options.size(), 3U);
  EXPECT_EQ(options[0].id + "|" + options[0].name, "redis|Use Redis");
  EXPECT_EQ(options[1].id + "|" + options[1].name, "memory|Keep it in memory");
  EXPECT_EQ(options[2].id + "|" + options[2].name, "option-3|Neither of the two");
}

TEST(ManifestBuild, PlansThatDependOnEachOther) {
  const std::string task = "<task type=\"auto\" id=\"1\" depends-on=\"\">\n  <name>a</name>\n  <files>src/";
  const auto compiled = CompileTexts(
      {{"p/05-01-PLAN.md", PlanText("01", "", task + "a.ts</files>\n</task>\n")},
       {"p/05-02-PLAN.md", PlanText("02", "depends_on: [\"01\"]\n", task + "b.ts</files>\n</task>\n")},
       {"p/05-03-PLAN.md", PlanText("03", "status: superseded\n", task + "c.ts</files>\n</task>\n")}});
  const Manifest manifest = BuildManifest(compiled->result());
  ASSERT_EQ(manifest.plans.size(), 2U);  // a superseded plan is not run
  ASSERT_EQ(manifest.tasks.size(), 2U);
  EXPECT_EQ(manifest.plans[1].depends_on, Strings{"05-01"});
  EXPECT_EQ(manifest.plans[0].wave, 1);
  EXPECT_EQ(manifest.plans[1].wave, 2);
  EXPECT_EQ(manifest.tasks[1].depends_on, Strings{"05-01:1"});
  EXPECT_EQ(manifest.tasks[1].dependencies[0].source, "plan");
  EXPECT_EQ(manifest.tasks[1].dependencies[0].reason, "plan 05-01 comes first");
  ASSERT_EQ(manifest.phases.size(), 1U);
  EXPECT_EQ(manifest.phases[0].phase, manifest.plans[0].phase);
  EXPECT_EQ(manifest.phases[0].plans, (Strings{"05-01", "05-02"}));
  const auto& [first, second] = std::tie(manifest.plans[0], manifest.plans[1]);
  EXPECT_GT(first.estimated_tokens.high, 0);
  EXPECT_EQ(manifest.phases[0].estimated_tokens.high,
            first.estimated_tokens.high + second.estimated_tokens.high);
  EXPECT_NEAR(manifest.phases[0].estimated_usd.expected,
              first.estimated_usd.expected + second.estimated_usd.expected, 1e-5);
}

TEST(ManifestBuild, ScheduleAndBatches) {
  const Manifest manifest = BuildManifest(CompileData({"mail.md"})->result());
  ASSERT_EQ(manifest.batches.size(), 4U);
  EXPECT_EQ(manifest.batches[1].batch_number, 2);
  EXPECT_EQ(manifest.batches[1].tasks, (Strings{"03-02:2", "03-02:3"}));
  EXPECT_EQ(manifest.batches[1].depends_on, Strings{"03-02:1"});
  EXPECT_TRUE(manifest.batches[1].can_parallelize);
  using Assignments = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(manifest.batches[1].subagent_model_assignments,
            (Assignments{{"03-02:2", "haiku"}, {"03-02:3", "opus"}}));
  EXPECT_TRUE(manifest.batches[2].subagent_model_assignments.empty());  // a person's
  ASSERT_EQ(manifest.schedule.levels.size(), 4U);
  EXPECT_EQ(manifest.schedule.levels[1], (Strings{"03-02:2", "03-02:3"}));
  EXPECT_EQ(manifest.schedule.critical_path, (Strings{"03-02:1", "03-02:3", "03-02:4", "03-02:5"}));
  EXPECT_GE(manifest.schedule.sequential_seconds, manifest.schedule.batch_seconds);
  EXPECT_GE(manifest.schedule.batch_seconds, manifest.schedule.dataflow_seconds);
  EXPECT_EQ(manifest.models.size(), 3U);
}

ManifestCommit Commit(std::string_view name, std::string_view files, std::string_view type = "auto",
                      std::string_view header = "") {
  const std::string task = "<task type=\"" + std::string(type) + "\">\n  <name>" + std::string(name) +
                           "</name>\n  <files>" + std::string(files) + "</files>\n</task>\n";
  return BuildFromTasks(task, header).tasks.at(0).commit;
}

TEST(CommitOf, TypeScopeSubject) {
  const ManifestCommit commit = Commit("Task 1: Build the\n   queue.", "src/a.ts");
  EXPECT_EQ(commit.type, "feat");
  EXPECT_EQ(commit.scope, "05-01");
  EXPECT_EQ(commit.subject, "Build the queue");
}

TEST(CommitOf, TypeFromNameAndFiles) {
  EXPECT_EQ(Commit("Task 1: Fix the sender", "src/a.ts").type, "fix");
  EXPECT_EQ(Commit("Fixture loader", "src/a.ts").type, "feat");
  EXPECT_EQ(Commit("Refactor the sender", "src/a.ts").type, "refactor");
  EXPECT_EQ(Commit("Add the sender", "tests/a.test.ts, src/b_test.go").type, "test");
  EXPECT_EQ(Commit("Add the sender", "tests/a.test.ts, src/b.go").type, "feat");
  EXPECT_EQ(Commit("Explain it", "docs/a.md, README.md").type, "docs");
  EXPECT_EQ(Commit("Upgrade react", "package.json").type, "chore");
  EXPECT_EQ(Commit("Build on push", ".github/workflows/ci.yml").type, "ci");
  EXPECT_EQ(Commit("Cover it", "", "tdd").type, "test");
  EXPECT_EQ(Commit("Parse dates", "src/a.ts, src/a.test.ts", "tdd").type, "feat");
  const ManifestCommit conventional = Commit("Task 2: fix(auth): reject old tokens", "src/a.ts");
  EXPECT_EQ(conventional.type, "fix");
  EXPECT_EQ(conventional.subject, "reject old tokens");
}

TEST(ManifestBuild, LinearInTheTasks) {
  std::string tasks;
  constexpr int kTasks = 20'000;
  for (int i = 1; i <= kTasks; ++i) {
    std::string depends_on;
    for (int back = 1; back <= 3 && back < i; ++back) {
      depends_on += (depends_on.empty() ? "" : ",") + std::to_string(i - back * 7 > 0 ? i - back * 7 : 1);
    }
    tasks += "<task type=\"auto\" id=\"" + std::to_string(i) + "\" depends-on=\"" + depends_on +
             "\">\n<name>n</name>\n<files>src/" + std::to_string(i) +
             ".ts</files>\n<action>a</action>\n</task>\n";
  }
  const auto compiled = CompileTexts({{"05-01-PLAN.md", PlanText("01", "", tasks)}});
  const auto start = std::chrono::steady_clock::now();
  std::string json;
  ASSERT_TRUE(EmitManifest(compiled->result(), json).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));  // 0.1 s in a release build
}

}  // namespace
}  // namespace gsd
