// The runner and its parts without a real process: a virtual clock lets hours pass at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "executor/agent_result.h"
#include "executor/event_log.h"
#include "executor/plain_workspace.h"
#include "executor/progress.h"
#include "executor/prompt.h"
#include "executor/report.h"
#include "executor/run_folder.h"
#include "executor/runner.h"
#include "executor/simulate_agent.h"
#include "executor/summary.h"
#include "executor/text.h"
#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Time that passes only when somebody waits for it; interruptions come when they were ordered.
class FakeClock : public Clock {
 public:
  Millis Now() const override { return now_; }
  std::chrono::system_clock::time_point Today() const override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1795350000)) +
           now_;  // 2026-11-22 12:20 UTC
  }
  std::vector<Wakeup> Wait(std::optional<Millis> until) override {
    const auto next = interruptions.upper_bound(now_);
    if (next != interruptions.end() && (!until || next->first <= *until)) {
      now_ = next->first;
      return {next->second};
    }
    if (!until) {
      ADD_FAILURE() << "would wait for ever";
      std::abort();
    }
    now_ = std::max(now_, *until);
    return {};
  }
  std::map<Millis, Wakeup> interruptions;

 private:
  Millis now_{0};
};

class NoVerification : public Verification {
 public:
  void Start(TaskIndex, std::vector<std::string>, std::filesystem::path, std::filesystem::path) override {}
  void Poll(std::vector<VerifyResult>&) override {}
  std::optional<Millis> NextDeadline() const override { return std::nullopt; }
  void StopAll(StopHow) override {}
};

struct Ran {
  RunRecord record;
  std::vector<std::string> events;  // "start 08-02:1"
};

Ran Simulate(const Manifest& manifest, SimulateOptions simulate = {}, SchedulerOptions schedule = {},
             RunnerOptions options = {}, std::map<Millis, Wakeup> interruptions = {}) {
  FakeClock clock;
  clock.interruptions = std::move(interruptions);
  Scheduler scheduler(MakeWorkPlan(manifest), schedule);
  SimulateAgent agent(manifest, clock, simulate);
  Ran ran;
  PlainWorkspace workspace("/");
  NoVerification verification;
  const auto journal = Journal::OpenInMemory();
  RunRow run;
  run.id = options.run = "test";
  EXPECT_TRUE((*journal)->PutRun(run).ok());
  options.verify = false;
  options.retry.retries = 0;
  options.max_parallel = schedule.max_parallel;
  ran.record =
      RunTasks({manifest, scheduler, agent, workspace, verification, **journal, clock}, options, {},
               [&](const RunEvent& event) {
                 const std::string id = manifest.tasks.empty() ? "" : manifest.tasks[event.task].id.substr(6);
                 switch (event.kind) {
                   case RunEventKind::kTaskStarted:
                     ran.events.push_back("start " + id);
                     break;
                   case RunEventKind::kTaskFinished:
                     ran.events.push_back(fmt::format("{} {}", OutcomeName(event.result->outcome), id));
                     break;
                   case RunEventKind::kTaskSkipped:
                     ran.events.push_back("skip " + id);
                     break;
                   case RunEventKind::kCheckpointWaiting:
                     ran.events.push_back("wait " + id);
                     break;
                   case RunEventKind::kCheckpointApproved:
                     ran.events.push_back("approve " + id);
                     break;
                   case RunEventKind::kDraining:
                     ran.events.push_back("draining");
                     break;
                   case RunEventKind::kStopping:
                     ran.events.push_back("stopping");
                     break;
                   default:
                     break;
                 }
               });
  return ran;
}

std::vector<std::string> States(const RunRecord& record) {
  std::vector<std::string> states;
  for (const auto& task : record.tasks) states.emplace_back(TaskStateName(task.state));
  return states;
}

TEST(Runner, TheExampleTakesItsCriticalPath) {
  const Ran ran = Simulate(ExampleManifest());
  EXPECT_EQ(ExitCodeOf(ran.record), 0);
  EXPECT_EQ(ran.record.ended - ran.record.started, Millis(78 * 60 / 2));  // 78 minutes at 0.0005
  EXPECT_THAT(ran.events,
              testing::ElementsAre("start 1", "ok 1", "start 2", "ok 2", "start 3", "ok 3", "start 6",
                                   "start 5", "start 4", "ok 4", "ok 5", "ok 6", "start 7", "ok 7"));
  EXPECT_EQ(ran.record.tasks[5].result->tokens->Total(), 12500);
}

TEST(Runner, AFailureStopsTheRun) {
  const Ran ran = Simulate(ExampleManifest(), {0.0005, {4}, {}});
  EXPECT_EQ(ExitCodeOf(ran.record), 1);
  // 4 and 6 were running already and finish.
  EXPECT_THAT(States(ran.record),
              testing::ElementsAre("done", "done", "done", "done", "failed", "done", "skipped"));
}

TEST(Runner, KeepGoing) {
  const Ran one = Simulate(ExampleManifest(), {0.0005, {3}, {}}, {ScheduleMode::kDataflow, 1, false});
  EXPECT_THAT(States(one.record),
              testing::ElementsAre("done", "done", "done", "failed", "done", "done", "skipped"));
  const Ran early = Simulate(ExampleManifest(), {0.0005, {5}, {}}, {ScheduleMode::kDataflow, 1, false});
  EXPECT_THAT(States(early.record),
              testing::ElementsAre("done", "done", "done", "cancelled", "cancelled", "failed", "skipped"));
  const Ran going = Simulate(ExampleManifest(), {0.0005, {5}, {}}, {ScheduleMode::kDataflow, 1, true});
  EXPECT_THAT(States(going.record),
              testing::ElementsAre("done", "done", "done", "done", "done", "failed", "skipped"));
  EXPECT_EQ(ExitCodeOf(going.record), 1);
}

TEST(Runner, SimulatedTimeout) {
  const Ran ran = Simulate(ExampleManifest(), {0.0005, {}, Millis(30 * 60 * 1000)});
  EXPECT_EQ(ran.record.tasks[5].result->outcome, Outcome::kTimeout);
  EXPECT_EQ(ExitCodeOf(ran.record), 1);
}

TEST(Runner, CheckpointsWaitAndTheRestGoesOn) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 3, "human-verify");
  const Ran ran = Simulate(manifest);
  EXPECT_EQ(ExitCodeOf(ran.record), 3);
  EXPECT_THAT(States(ran.record),
              testing::ElementsAre("done", "done", "done", "waiting", "done", "done", "blocked"));
  const std::string report = RunReport(manifest, ran.record, "simulate");
  EXPECT_THAT(report, HasSubstr("5 of 7 tasks done"));
  EXPECT_THAT(report, HasSubstr("waiting: 08-02:4 Implement user profile API (human-verify)"));
  EXPECT_THAT(report, HasSubstr("Open http://localhost:3000\n      and log in\n"));
}

TEST(Runner, AutoApproveNeverPassesWhatOnlyAPersonCanDo) {
  RunnerOptions approve;
  approve.auto_approve = true;
  const auto code = [&](const char* kind, const char* gate) {
    Manifest manifest = ExampleManifest();
    MakeCheckpoint(manifest, 3, kind, gate);
    return ExitCodeOf(Simulate(manifest, {}, {}, approve).record);
  };
  EXPECT_EQ(code("human-verify", "blocking"), 0);
  EXPECT_EQ(code("decision", "blocking"), 0);
  EXPECT_EQ(code("human-action", "blocking"), 3);
  EXPECT_EQ(code("human-verify", "blocking-human"), 3);
  EXPECT_EQ(code("something-new", "blocking"), 3);
}

TEST(Runner, FirstInterruptDrainsSecondStops) {
  const Ran drained = Simulate(ExampleManifest(), {}, {}, {}, {{Millis(850), Wakeup::kInterrupt}});
  EXPECT_EQ(ExitCodeOf(drained.record), 130);
  EXPECT_THAT(States(drained.record),
              testing::ElementsAre("done", "done", "done", "done", "done", "done", "cancelled"));
  EXPECT_THAT(drained.events, testing::Contains("draining"));
  const Ran stopped = Simulate(ExampleManifest(), {}, {}, {},
                               {{Millis(850), Wakeup::kInterrupt}, {Millis(900), Wakeup::kInterrupt}});
  EXPECT_EQ(ExitCodeOf(stopped.record), 130);
  EXPECT_THAT(States(stopped.record), testing::ElementsAre("done", "done", "done", "cancelled", "cancelled",
                                                           "cancelled", "cancelled"));
  const Ran terminated = Simulate(ExampleManifest(), {}, {}, {}, {{Millis(100), Wakeup::kTerminate}});
  EXPECT_EQ(ExitCodeOf(terminated.record), 130);
  EXPECT_EQ(terminated.record.CountIn(TaskState::kCancelled), 7U);
  EXPECT_EQ(terminated.record.ended, Millis(100));
}

TEST(Runner, NothingToDoIsDone) { EXPECT_EQ(ExitCodeOf(Simulate(EmptyManifest()).record), 0); }

std::string PromptOf(const Manifest& manifest, size_t task) {
  PromptInput input;
  input.plan = &manifest.plans[0];
  input.tasks = {&manifest.tasks[task]};
  return BuildPrompt(input);
}

TEST(Prompt, HoldsTheTaskByteForByte) {
  Manifest manifest = ExampleManifest();
  manifest.tasks[3].action = "GET `a && b` <x>\r\n  indented\n\n";
  manifest.tasks[3].verify.text = "curl -X GET | jq '.a'";
  const std::string prompt = PromptOf(manifest, 3);
  EXPECT_THAT(prompt, HasSubstr("**Task 4: Implement user profile API**"));
  EXPECT_THAT(
      prompt,
      HasSubstr("**Action**:\nGET `a && b` <x>\r\n  indented\n\n\n\n**Verify**: curl -X GET | jq '.a'\n"));
  EXPECT_THAT(prompt, HasSubstr("**Files**: src/4.ts\n"));
  EXPECT_THAT(prompt, HasSubstr("**Read first**: src/lib/db.ts\n"));
  EXPECT_THAT(prompt, HasSubstr("Implement three independent API features."));
  EXPECT_THAT(prompt, HasSubstr("DO NOT commit"));
  manifest.tasks[3].name = "Profile";
  EXPECT_THAT(PromptOf(manifest, 3), HasSubstr("**Task 4: Profile**"));
}

TEST(AgentResult, IsTakenOrRefused) {
  AttemptResult result;
  ASSERT_TRUE(
      ReadAgentResult(R"({"success":true,"text":"hi","tokens":{"input":1,"output":2,"cache_creation":3,
      "cache_read":4},"usd":0.5,"session":"s","more":[1]})",
                      result)
          .ok());
  EXPECT_EQ(result.tokens->Total(), 6);
  EXPECT_EQ(result.tokens->cache_read, 4);
  EXPECT_EQ(result.usd, 0.5);
  EXPECT_EQ(result.text, "hi");
  AttemptResult failed;
  ASSERT_TRUE(ReadAgentResult(R"({"success":false})", failed).ok());
  EXPECT_EQ(failed.outcome, Outcome::kFailed);
  EXPECT_EQ(failed.message, "the agent reports that it did not succeed");
  EXPECT_FALSE(failed.tokens);
  AttemptResult told;
  ASSERT_TRUE(ReadAgentResult(R"({"success":false,"text":"no such table:\n users"})", told).ok());
  EXPECT_EQ(told.message, "the agent reports that it did not succeed: no such table:  users");
  for (const char* bad : {"", "{", "[]", "7", R"({"success":"yes"})", R"({"tokens":{"input":-1}})",
                          R"({"tokens":3})", R"({"usd":-1})", R"({"tokens":{"input":1.5}})"}) {
    AttemptResult untouched;
    EXPECT_FALSE(ReadAgentResult(bad, untouched).ok()) << bad;
    EXPECT_FALSE(untouched.tokens);
  }
}

TEST(RunFolder, IgnoresItselfAndIsUnique) {
  TempDir dir;
  const FakeClock clock;
  const auto first = MakeRunFolder(dir.path(), clock.Today());
  const auto second = MakeRunFolder(dir.path(), clock.Today());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->id, second->id);
  EXPECT_THAT(first->id, testing::MatchesRegex("20261122-1[0-9]{5}-[0-9a-f]{4}"));
  EXPECT_EQ(ReadFile(dir / ".gsd/.gitignore"), "*\n");
}

TEST(RunFolder, TaskNamesAreSafeAndOneToOne) {
  EXPECT_EQ(TaskFolderName("08-02:4"), "08-02_4");
  EXPECT_EQ(TaskFolderName("02.1-01:4"), "02.1-01_4");
  EXPECT_EQ(TaskFolderName("a_b/../c"), "a%5Fb%2F..%2Fc");
  EXPECT_EQ(TaskFolderName(".."), "%2E.");
  EXPECT_LE(TaskFolderName(std::string(4000, '/')).size(), 255U);
  EXPECT_NE(TaskFolderName(std::string(4000, '/')), TaskFolderName(std::string(4001, '/')));
}

TEST(Text, ForPeople) {
  EXPECT_EQ(FormatDuration(Millis(1249)), "1.2 s");
  EXPECT_EQ(FormatDuration(Millis(99000)), "99 s");
  EXPECT_EQ(FormatDuration(Millis(245000)), "4 min 05 s");
  EXPECT_EQ(FormatDuration(Millis(7320000)), "2 h 02 min");
  EXPECT_EQ(FormatCount(36500), "36,500");
  EXPECT_EQ(FormatCount(-100), "-100");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(OneLine("a\nb\x1b[31m"), "a b\\x1b[31m");
  EXPECT_EQ(FormatTime(FakeClock().Today()), "2026-11-22T12:20:00.000Z");
}

TEST(SummaryPath, FollowsThePlan) {
  EXPECT_EQ(SummaryPath("phases/08/08-02-PLAN.md"), "phases/08/08-02-SUMMARY.md");
  EXPECT_EQ(SummaryPath("PLAN.md"), "SUMMARY.md");
  EXPECT_EQ(SummaryPath("x/setup.md"), "x/setup-SUMMARY.md");
}

// Writes the summaries of a run of the example in `dir`; the text of the one that was written.
std::string Summarise(const TempDir& dir, const std::string& agent, SimulateOptions simulate,
                      std::vector<WrittenSummary>* written = nullptr) {
  const Manifest manifest = ExampleManifest();
  const Ran ran = Simulate(manifest, simulate);
  std::filesystem::create_directories(dir / "phases/08-features");
  std::filesystem::create_directories(dir / "run");
  const SummaryContext context{manifest, ran.record,     dir.path(), {"20261122-121500-ab12", dir / "run"},
                               agent,    "gsd-run 0.1.0"};
  const auto all = WriteSummaries(context, BuildSummaries(context));
  EXPECT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].error, "");
  if (written != nullptr) *written = all;
  return ReadFile(all[0].path);
}

TEST(Summary, OfARealRun) {
  const TempDir dir;
  const std::string text = Summarise(dir, "command", {});
  EXPECT_THAT(text,
              testing::StartsWith(
                  "---\nphase: 08-features\nplan: 02\nsubsystem: null\ntags: []\n"
                  "requires:\n  - plan: 08-01\naffects: []\nkey-decisions: []\nstatus: complete\n"
                  "completed: 2026-11-22\nduration: 2.3 s\ngenerator: gsd-run 0.1.0\n"
                  "run: 20261122-121500-ab12\nagent: command\nestimate:\n  tokens: 43500\n  tasks: 7\n"
                  "  confidence: med\nactuals:\n  tokens: 43500\n"
                  "  tasks: 7\n  commits: 0\nexecution:\n  parallel_batches: 1\n  subagent_spawns: 7\n"
                  "  total_subagent_tokens: 43500\n  main_context_tokens: 0\n"
                  "  main_context_tokens_estimated: 0\n"
                  "  parallelization_efficiency: 1.54\n"
                  "  token_savings_vs_sequential: 6500  # baseline: estimated\n---\n\n# 08-02 summary\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "| 08-02:4 Implement user profile API | done | 1 | haiku | 0.5 | 6000 | 6000 | ~0.0122 |  |  |\n"));
  EXPECT_THAT(text, HasSubstr("- src/7.ts\n"));
  EXPECT_THAT(text, Not(HasSubstr("imulated")));
}

TEST(Summary, OfAFailedRun) {
  const TempDir dir;
  const std::string text = Summarise(dir, "command", {0.0005, {1}, {}});
  EXPECT_THAT(text, HasSubstr("status: halted\n"));
  EXPECT_THAT(text, HasSubstr("## Failed\n\n- 08-02:2 Extend database schema: told to fail"));
  EXPECT_THAT(text, testing::ContainsRegex("## Skipped, since something they depend on failed\n\n- 08-02:3 "
                                           "[A-Za-z ]+: 08-02:2 failed\n- 08-02:4 "));
  EXPECT_THAT(text, Not(HasSubstr("- src/2.ts")));
}

TEST(Summary, OfASimulationSaysSo) {
  const TempDir dir;
  const std::string text = Summarise(dir, "simulate", {});
  EXPECT_THAT(text, HasSubstr("status: simulated\n"));
  EXPECT_THAT(text, HasSubstr("agent: simulate\n"));
  EXPECT_THAT(text, HasSubstr("---\n\n> **Simulated: nothing was really done.**"));
  EXPECT_THAT(text, Not(HasSubstr("actuals")));
}

TEST(Summary, KeepsWhatIsNotItsOwn) {
  const TempDir dir;
  const auto path = dir / "phases/08-features/08-02-SUMMARY.md";
  std::vector<WrittenSummary> written;
  WriteFile(path, "---\nphase: 08\n---\n\ngenerator: gsd-run 0.1.0\nby hand\n");
  Summarise(dir, "command", {}, &written);
  EXPECT_EQ(written[0].path, dir / "run/08-02-SUMMARY.md");
  EXPECT_THAT(written[0].note, HasSubstr("was not written by gsd-run and is kept"));
  EXPECT_THAT(ReadFile(path), HasSubstr("by hand"));

  std::filesystem::remove(path);
  Summarise(dir, "simulate", {}, &written);
  EXPECT_EQ(written[0].path, path);
  Summarise(dir, "command", {}, &written);  // a real one replaces a simulated one
  EXPECT_EQ(written[0].path, path);
  Summarise(dir, "simulate", {}, &written);  // and not the other way round
  EXPECT_THAT(written[0].note, HasSubstr("tells of a real run"));
  EXPECT_THAT(ReadFile(path), HasSubstr("agent: command"));
}

TEST(Report, DryRun) {
  EXPECT_THAT(DryRunReport(ExampleManifest(), {}),
              HasSubstr("batch 4: 08-02:4, 08-02:5, 08-02:6  (in parallel)\n"));
  EXPECT_THAT(DryRunReport(ExampleManifest(), {}),
              HasSubstr("   28 min 00 s     35 min 00 s      12,500  sonnet    08-02:6 Impl"));
  EXPECT_THAT(
      DryRunReport(ExampleManifest(), {}),
      HasSubstr(
          "7 tasks, 43,500 tokens expected, 1 h 18 min with 5 at once (2 h 00 min one after the other)\n"));
}

}  // namespace
}  // namespace gsd::test
