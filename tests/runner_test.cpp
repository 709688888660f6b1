// What the runner does when agents fail in every way, with a clock of its own: pauses of hours take no time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_run.h"
#include "tests/manifest_samples.h"

namespace gsd::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Tasks 1..n that do not depend on each other, 100 tokens at most each.
Manifest Independent(int count) {
  Manifest manifest = ExampleManifest();
  manifest.tasks.clear();
  for (int n = 1; n <= count; ++n) {
    manifest.tasks.push_back(SampleTask("08-02", n, "Do it", "haiku", false, {}, 100, 60));
    manifest.tasks.back().estimated_tokens = {50, 80, 100};
  }
  FillBatches(manifest);
  return manifest;
}

struct Fixture {
  explicit Fixture(Manifest of) : manifest(std::move(of)) {
    options.run = "run";
    options.max_parallel = 5;
    options.ceilings = {};
    RunRow row;
    row.id = "run";
    journal = std::move(*Journal::OpenInMemory());
    EXPECT_TRUE(journal->PutRun(row).ok());
  }

  RunRecord Run(const std::function<Script(TaskIndex, int)>& script) {
    SchedulerOptions schedule;
    schedule.max_parallel = options.max_parallel;
    schedule.keep_going = keep_going;
    auto history = ReadHistory(manifest, *journal, "run", {});
    EXPECT_TRUE(history.ok());
    Scheduler scheduler(MakeWorkPlan(manifest), schedule, history->done);
    agent = std::make_unique<FakeAgent>(manifest, clock, script);
    agent->sessions = sessions;
    PlainWorkspace workspace("/");
    FakeVerification verification;
    return RunTasks({manifest, scheduler, *agent, workspace, verification, *journal, clock}, options,
                    std::move(*history), [&](const RunEvent& event) {
                      events.push_back(event.kind);
                      if (event.kind == RunEventKind::kProviderPaused) ++pauses;
                    });
  }

  Manifest manifest;
  RunnerOptions options;
  bool keep_going = false, sessions = false;
  FakeTime clock;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<FakeAgent> agent;
  std::vector<RunEventKind> events;
  int pauses = 0;
};

TEST(RunnerFailures, AQuotaPausesAllStartsAndHalvesTheConcurrency) {
  Fixture run(Independent(12));
  run.options.max_parallel = 4;
  const RunRecord record = run.Run([](TaskIndex task, int attempt) {
    Script script;
    if (task < 4 && attempt == 1) script = {Outcome::kQuota, 0, hours(3)};
    return script;
  });
  EXPECT_EQ(ExitCodeOf(record), 0);
  EXPECT_EQ(run.pauses, 1);
  ASSERT_EQ(run.agent->starts.size(), 16U);
  // Four had started; then nothing for three hours; then two at once, and more with each success.
  EXPECT_EQ(run.agent->starts[3].first, Millis(0));
  EXPECT_GE(run.agent->starts[4].first, Millis(hours(3)));
  EXPECT_EQ(run.agent->starts[5].first, run.agent->starts[4].first);
  EXPECT_GT(run.agent->starts[6].first, run.agent->starts[5].first);
  for (const AttemptRequest& request : run.agent->requests) EXPECT_EQ(request.model, "haiku");
}

TEST(RunnerFailures, TransientTroubleIsTriedAgainLater) {
  Fixture run(Independent(1));
  run.options.retry.retries = 0;
  const RunRecord record = run.Run([](TaskIndex, int attempt) {
    return Script{attempt < 4 ? Outcome::kTransient : Outcome::kOk, 0, {}};
  });
  EXPECT_EQ(ExitCodeOf(record), 0);
  EXPECT_EQ(run.agent->starts.back().first, Millis(3000 + 4000 + 8000 + 16000));
}

TEST(RunnerFailures, AuthenticationStopsTheRunAtOnce) {
  Fixture run(Independent(10));
  run.options.max_parallel = 2;
  run.keep_going = true;
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{Outcome::kAuthentication, 0, {}}; });
  EXPECT_EQ(ExitCodeOf(record), 2);
  EXPECT_EQ(run.agent->starts.size(), 2U);
  EXPECT_EQ(record.trouble, "authentication");
}

TEST(RunnerFailures, NothingThatFailedIsCalledDone) {
  for (const Outcome outcome : {Outcome::kFailed, Outcome::kTimeout, Outcome::kTurns, Outcome::kBudget,
                                Outcome::kProtocol, Outcome::kTransient}) {
    Fixture run(Independent(1));
    const RunRecord record = run.Run([&](TaskIndex, int) { return Script{outcome, 10, {}}; });
    EXPECT_EQ(ExitCodeOf(record), 1) << OutcomeName(outcome);
    EXPECT_EQ(record.tasks[0].state, TaskState::kFailed);
    for (const AttemptRecord& attempt : record.attempts) EXPECT_FALSE(attempt.accepted);
  }
}

TEST(RunnerFailures, AFailureEscalatesWithinItsRetries) {
  Fixture run(Independent(1));
  run.Run([](TaskIndex, int) { return Script{Outcome::kFailed, 10, {}}; });
  std::vector<std::string> models;
  for (const AttemptRequest& request : run.agent->requests) models.push_back(request.model);
  EXPECT_THAT(models, ElementsAre("haiku", "sonnet", "opus"));
  EXPECT_THAT(run.agent->requests[1].prompt, HasSubstr("An earlier attempt was not accepted"));
  EXPECT_THAT(run.agent->requests[0].prompt, Not(HasSubstr("An earlier attempt")));
}

TEST(RunnerFailures, AVerificationThatFailsIsAFailure) {
  Manifest manifest = Independent(1);
  manifest.tasks[0].verify.automated = {"fail"};
  Fixture run(manifest);
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
  EXPECT_EQ(ExitCodeOf(record), 1);
  EXPECT_EQ(run.agent->starts.size(), 3U);
  EXPECT_THAT(run.agent->requests[2].prompt,
              HasSubstr("verification failed: `fail`: exit code 1\nthe last lines"));
}

TEST(RunnerBudget, WhatDoesNotFitWaitsForWhatRuns) {
  // Each reserves 100 on a smaller or larger factor and uses 10: one after the other they fit.
  Manifest manifest = Independent(5);
  for (ManifestTask& task : manifest.tasks) task.model = "sonnet";
  Fixture run(manifest);
  run.options.ceilings.tokens = 150;
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{Outcome::kOk, 10, {}}; });
  EXPECT_EQ(ExitCodeOf(record), 0);
  EXPECT_EQ(run.agent->most_at_once, 1U);
  EXPECT_EQ(record.spent.tokens, 50);
}

TEST(RunnerBudget, TheCeilingHolds) {
  Manifest manifest = Independent(20);
  for (ManifestTask& task : manifest.tasks) task.model = "sonnet";
  Fixture run(manifest);
  run.options.ceilings.tokens = 1000;
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{Outcome::kOk, 150, {}}; });
  EXPECT_EQ(ExitCodeOf(record), 4);
  EXPECT_TRUE(record.over_budget);
  // 1,000 and what the last five used beyond their reservations.
  EXPECT_LE(record.spent.tokens, 1000 + 5 * 50);
  EXPECT_EQ(record.spent.tokens, 150.0 * static_cast<double>(run.agent->starts.size()));
}

TEST(RunnerGroups, SmallTasksOfABatchShareAnAgent) {
  Manifest manifest = Independent(5);
  for (ManifestTask& task : manifest.tasks) task.complexity.score = 2;
  manifest.tasks[4].complexity.score = 7;
  Fixture run(manifest);
  run.options.tasks_per_agent = 3;
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
  EXPECT_EQ(ExitCodeOf(record), 0);
  EXPECT_EQ(run.agent->starts.size(), 3U);  // three, one, and the large one
  EXPECT_THAT(run.agent->requests[0].prompt, HasSubstr("Execute these tasks"));
  EXPECT_EQ(record.spent.tokens, 300);  // counted once
}

TEST(RunnerSessions, SequentialInheritedTasksGoOnWithOneSession) {
  Manifest manifest = ExampleManifest();
  for (ManifestTask& task : manifest.tasks)
    if (task.parallel == "sequential") task.context_mode = "inherited";
  Fixture run(manifest);
  run.options.ceilings = {};
  run.sessions = true;
  EXPECT_EQ(ExitCodeOf(run.Run([](TaskIndex, int) { return Script{}; })), 0);
  std::map<int, std::string> sessions;
  for (const AttemptRequest& request : run.agent->requests)
    sessions[manifest.tasks[request.task].number] = request.session;
  EXPECT_EQ(sessions[1], "");
  EXPECT_EQ(sessions[2], "session-1");
  EXPECT_EQ(sessions[4], "");  // it is parallel: it starts clean
  EXPECT_EQ(sessions[7], "session-1");
  EXPECT_THAT(run.agent->requests.back().prompt, HasSubstr("said by 08-02:6"));
}

TEST(RunnerResume, WhatIsDoneIsNotDoneAgain) {
  Fixture run(ExampleManifest());
  run.options.ceilings = {};
  run.options.retry.retries = 0;
  EXPECT_EQ(ExitCodeOf(run.Run([](TaskIndex task, int) {
              return Script{task == 4 ? Outcome::kFailed : Outcome::kOk, 100, {}};
            })),
            1);
  const size_t before = run.agent->starts.size();
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
  EXPECT_EQ(ExitCodeOf(record), 0);
  EXPECT_EQ(before + run.agent->starts.size(), 8U);  // seven, and the failed one once more
  EXPECT_EQ(run.agent->requests[0].attempt, 2);
  EXPECT_EQ(record.spent.tokens, 800);
  EXPECT_EQ(record.attempts.size(), 8U);
}

TEST(RunnerResume, TenThousandDoneTasksAreNoWork) {
  Manifest manifest = Independent(10'000);
  Fixture run(manifest);
  run.options.max_parallel = 1000;
  ASSERT_EQ(ExitCodeOf(run.Run([](TaskIndex, int) { return Script{}; })), 0);
  EXPECT_EQ(ExitCodeOf(run.Run([](TaskIndex, int) { return Script{}; })), 0);
  EXPECT_TRUE(run.agent->starts.empty());
}

}  // namespace
}  // namespace gsd::test
