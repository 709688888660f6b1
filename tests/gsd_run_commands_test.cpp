// gsd-run status, approve, choose, reject and clean: the program itself on real journals.
#include "driver/gsd_run_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "executor/journal.h"
#include "executor/process.h"
#include "executor/run_lock.h"
#include "executor/status_report.h"
#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Args = std::vector<std::string>;

constexpr int64_t kNoon = 1795348800000;  // 2026-11-22 12:00 UTC
constexpr int64_t kMinute = 60'000;
const std::string kRun = "20261122-120000-ab12";
const std::string kOldRun = "20261121-120000-cd34";

RunRow ARun(const std::string& id, RunState state, int64_t started = kNoon) {
  RunRow run;
  run.id = id;
  run.agent = "claude";
  run.state = state;
  run.started = started;
  run.ended = state == RunState::kRunning ? 0 : started + 42 * kMinute;
  return run;
}

TaskRow ATask(const std::string& id, TaskState state, std::string message = "") {
  TaskRow task;
  task.task = "08-02:" + id;
  task.state = state;
  task.message = std::move(message);
  return task;
}

AttemptRow AnAttempt(const std::string& id, int number, const std::string& model, Outcome outcome,
                     std::optional<TokenCounts> tokens = {}, std::optional<double> usd = {}) {
  AttemptRow attempt;
  attempt.task = "08-02:" + id;
  attempt.attempt = number;
  attempt.model = model;
  attempt.stage = AttemptStage::kEnded;
  attempt.outcome = outcome;
  attempt.tokens = tokens;
  attempt.usd = usd;
  attempt.started = kNoon;
  attempt.ended = kNoon + number * kMinute;
  return attempt;
}

// 4 waits for a verification and 5 for a decision, both reached; 7 is a checkpoint that is not.
Manifest WithCheckpoints() {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 3, "human-verify");
  MakeCheckpoint(manifest, 4, "decision");
  MakeCheckpoint(manifest, 6, "human-action");
  manifest.tasks[6].checkpoint->options.clear();
  return manifest;
}

// A project whose journal has an old run, done, and a newer one that waits.
class Project {
 public:
  Project() {
    const auto journal = Open();
    AddRun(*journal, ARun(kOldRun, RunState::kDone, kNoon - 24 * 60 * kMinute));
    RunRow run = ARun(kRun, RunState::kWaiting);
    run.base = "1a2b3c4";
    run.branch = "gsd/" + kRun;
    AddRun(*journal, run);
    const TokenCounts tokens = {1000, 2000, 500, 30'000};
    for (const auto& task :
         {ATask("1", TaskState::kDone), ATask("2", TaskState::kFailed, "exit code 1\nand more"),
          ATask("3", TaskState::kDone), ATask("4", TaskState::kWaiting), ATask("5", TaskState::kWaiting)})
      EXPECT_TRUE(journal->PutTask(kRun, task).ok());
    AttemptRow kept = AnAttempt("2", 1, "haiku", Outcome::kTimeout);
    kept.kept_branch = "gsd/kept";
    for (const auto& attempt : {AnAttempt("1", 1, "sonnet", Outcome::kOk, tokens, 0.25), kept,
                                AnAttempt("2", 2, "sonnet", Outcome::kFailed, tokens, 1.0),
                                AnAttempt("3", 1, "haiku", Outcome::kOk, tokens, 0.05)})
      EXPECT_TRUE(journal->PutAttempt(kRun, attempt).ok());
  }

  std::unique_ptr<Journal> Open() const {
    fs::create_directories(root() / ".gsd");
    auto journal = Journal::Open(JournalPath(root()));
    EXPECT_TRUE(journal.ok()) << journal.error();
    return std::move(*journal);
  }
  void AddRun(Journal& journal, const RunRow& run) const {
    EXPECT_TRUE(journal.PutRun(run).ok());
    WriteFile(RunDir(run.id) / "manifest.json", ToJson(WithCheckpoints()));
  }
  ProcessResult Run(Args args) const {
    args.insert(args.begin(), GsdRun().string());
    return test::Run(args, root(), {}, {"TZ=UTC"});
  }
  // Expects an error; returns what it says.
  std::string Error(const Args& args) const {
    const auto result = Run(args);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    EXPECT_EQ(result.out, "");
    return result.err;
  }
  std::vector<std::string> RunIds() const {
    const auto runs = Open()->Runs();
    std::vector<std::string> ids;
    for (const RunRow& run : *runs) ids.push_back(run.id);
    return ids;
  }
  fs::path root() const { return fs::canonical(dir_.path()); }
  fs::path RunDir(const std::string& id) const { return root() / ".gsd/runs" / id; }

 private:
  TempDir dir_;
};

TEST(Status, Text) {
  const Project project;
  const auto result = project.Run({"status"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, R"(RUN                   STATE    STARTED                  TIME  AGENT
20261122-120000-ab12  waiting  2026-11-22 12:00  42 min 00 s  claude
20261121-120000-cd34  done     2026-11-21 12:00  42 min 00 s  claude

run 20261122-120000-ab12: waiting, 2 of 7 tasks done
branch gsd/20261122-120000-ab12, from 1a2b3c4
gsd-run resume continues it

TASK     STATE    TRY  MODEL   OUTCOME        TIME  TOKENS   USD  NAME
08-02:1  done       1  sonnet  ok             60 s   3,500  0.25  Create API routes structure
08-02:2  failed     1  haiku   timeout        60 s                Extend database schema
                    2  sonnet  failed   2 min 00 s   3,500  1.00
08-02:3  done       1  haiku   ok             60 s   3,500  0.05  Create shared API utilities
08-02:4  waiting                                                  Implement user profile API
08-02:5  waiting                                                  Implement notifications API
08-02:6  blocked                                                  Implement analytics API
08-02:7  blocked                                                  Create integration test for all t…

spent: 10,500 tokens (3,000 in, 6,000 out, 1,500 into the cache), 90,000 from the cache, 1.3000 USD
       at least: 1 of 4 attempts report no tokens
  failed: 08-02:2: exit code 1 and more
  kept: branch gsd/kept (attempt 1 of 08-02:2)
  waiting: 08-02:4 Implement user profile API (human-verify)
    built:
      A login page
    to verify:
      Open http://localhost:3000
      and log in
    option a: Option A
    option b: Option B
    when finished:
      Type "approved"
    to answer:
      gsd-run approve 08-02:4
      gsd-run choose 08-02:4 a
      gsd-run choose 08-02:4 b
      gsd-run reject 08-02:4 "WHY"
  waiting: 08-02:5 Implement notifications API (decision)
    built:
      A login page
    to verify:
      Open http://localhost:3000
      and log in
    option a: Option A
    option b: Option B
    when finished:
      Type "approved"
    to answer:
      gsd-run choose 08-02:5 a
      gsd-run choose 08-02:5 b
      gsd-run reject 08-02:5 "WHY"
)");
}

TEST(Status, Json) {
  const Project project;
  ASSERT_EQ(project.Run({"choose", "5", "b"}).exit_code, 0);
  const auto result = project.Run({"status", "--format=json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["version"], 1);
  EXPECT_TRUE(json["runner"].is_null());
  ASSERT_EQ(json["runs"].size(), 2U);
  EXPECT_EQ(json["runs"][0]["state"], "waiting");
  EXPECT_EQ(json["runs"][0]["started"], "2026-11-22T12:00:00.000Z");
  EXPECT_EQ(json["runs"][0]["alive"], false);
  const auto& run = json["run"];
  EXPECT_EQ(run["id"], kRun);
  EXPECT_EQ(run["spent"]["tokens"]["cache_read"], 90'000);
  EXPECT_EQ(run["spent"]["attempts_without_tokens"], 1);
  EXPECT_DOUBLE_EQ(run["spent"]["usd"], 1.3);
  ASSERT_EQ(run["tasks"].size(), 7U);
  const auto& failed = run["tasks"][1];
  EXPECT_EQ(failed["name"], "Extend database schema");
  EXPECT_EQ(failed["message"], "exit code 1\nand more");
  ASSERT_EQ(failed["attempts"].size(), 2U);
  EXPECT_TRUE(failed["attempts"][0]["tokens"].is_null());
  EXPECT_EQ(failed["attempts"][0]["outcome"], "timeout");
  EXPECT_EQ(failed["attempts"][0]["kept_branch"], "gsd/kept");
  EXPECT_EQ(failed["attempts"][1]["tokens"]["output"], 2000);
  EXPECT_EQ(run["tasks"][4]["checkpoint"]["options"][1]["pros"], "cheap");
  EXPECT_TRUE(run["tasks"][5]["checkpoint"].is_null());
  EXPECT_EQ(run["answers"][0]["kind"], "chosen");
  EXPECT_EQ(run["answers"][0]["text"], "b");
  EXPECT_EQ(json["run"]["tasks"][5]["state"], "blocked");
}

TEST(Status, ARunThatDiedAndOneThatLives) {
  const Project project;
  ASSERT_TRUE(project.Open()->PutRun(ARun(kRun, RunState::kRunning)).ok());
  ASSERT_TRUE(project.Open()->PutTask(kRun, ATask("6", TaskState::kRunning)).ok());
  std::string out = project.Run({"status"}).out;
  EXPECT_THAT(out, HasSubstr("20261122-120000-ab12  died   2026-11-22 12:00               claude\n"));
  EXPECT_THAT(out, HasSubstr("ab12: died, 2 of 7 tasks done\ngsd-run resume continues it\n"));
  EXPECT_THAT(out, HasSubstr("08-02:6  died  "));
  const auto lock = RunLock::Take(RunLockPath(project.root()), kRun, kNoon);
  ASSERT_TRUE(lock.ok());
  out = project.Run({"status"}).out;
  EXPECT_THAT(out, HasSubstr("ab12  running  "));
  EXPECT_THAT(out, HasSubstr(fmt::format("carried out by pid {}\n", getpid())));
  EXPECT_THAT(out, HasSubstr("08-02:6  running  "));
  out = project.Run({"status", kOldRun}).out;
  EXPECT_THAT(out, HasSubstr(fmt::format("another gsd-run (pid {}, run {}, since 2026-11-22 12:00)", getpid(),
                                         kRun)));
  EXPECT_THAT(out, HasSubstr("run 20261121-120000-cd34: done, 0 of 7 tasks done\n\nTASK"));
}

TEST(Status, FindsTheProjectFromBelow) {
  const Project project;
  fs::create_directories(project.root() / "src/deep");
  const auto below = test::Run({GsdRun().string(), "status"}, project.root() / "src/deep");
  EXPECT_EQ(below.exit_code, 0) << below.err;
  const auto named = test::Run({GsdRun().string(), "status", "--root=" + project.root().string()}, "/");
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_THAT(project.Error({"status", "--root=src"}), HasSubstr("src: it has no .gsd/journal.db"));
  EXPECT_THAT(project.Error({"status", "--root=none"}), HasSubstr("--root=none: No such file or directory"));
  EXPECT_THAT(test::Run({GsdRun().string(), "status"}, "/").err, HasSubstr("nothing was run in /: neither"));
}

TEST(Status, Mistakes) {
  const Project project;
  EXPECT_THAT(project.Error({"status", "20261122-120000-ab13"}),
              HasSubstr("there is no run \"20261122-120000-ab13\"; did you mean 20261122-120000-ab12?"));
  EXPECT_THAT(project.Error({"status", "--format=xml"}), HasSubstr("Try gsd-run COMMAND --help."));
  EXPECT_EQ(project.Run({"status", "--help"}).exit_code, 0);
  fs::remove(project.RunDir(kRun) / "manifest.json");
  const auto result = project.Run({"status"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning: cannot read"));
  EXPECT_THAT(result.out, HasSubstr("08-02:2  failed  "));
  EXPECT_THAT(result.out, HasSubstr("waiting: 08-02:4:"));
  WriteFile(JournalPath(project.root()), "what is this? it surely is no database of anybody's, is it now?");
  EXPECT_THAT(project.Error({"status"}), HasSubstr("file is not a database; move it away"));
}

// Whatever plans, agents and other people's journals hold: lines of at most 100 columns, no escape sequences.
TEST(Status, HostileTexts) {
  ProjectStatus status;
  status.manifest = WithCheckpoints();
  const std::string evil = "\x1b[2J\a\r\n" + std::string(300, 'x');
  for (ManifestTask& task : status.manifest->tasks) {
    task.name = evil;
    if (!task.checkpoint) continue;
    task.checkpoint->kind = "\x1b]0;title\a";
    task.checkpoint->options = {{"it's; rm -rf $HOME", "\x1b[1m", "", ""}};
  }
  for (int i = 0; i < 30; ++i) status.runs.push_back(ARun(evil, RunState::kWaiting));
  status.runs[0].agent = evil;
  status.holder = LockHolder{7, evil, INT64_MAX};
  for (const char* id : {"1", "2", "3", "4", "5", "6", "7"}) {
    status.tasks.push_back(ATask(id, TaskState::kWaiting, evil));
    AttemptRow attempt =
        AnAttempt(id, 2'000'000'000, evil, Outcome::kAuthentication,
                  TokenCounts{1'000'000'000'000, 1'000'000'000'000, 1'000'000'000'000, 0}, 1e9);
    attempt.ended = 9214646399999;  // the largest that a journal returns
    attempt.kept_branch = "\x1b[31m";
    status.attempts.push_back(attempt);
  }
  status.tasks.push_back(ATask(evil, TaskState::kFailed, evil));
  const std::string text = StatusText(status);
  for (const char c : {'\x1b', '\a', '\r'}) EXPECT_EQ(text.find(c), std::string::npos);
  EXPECT_THAT(text, HasSubstr("gsd-run choose 08-02:4 'it'\\''s; rm -rf $HOME'\n"));
  EXPECT_THAT(text, HasSubstr("and 20 older ones\n"));
  const size_t table = text.find("TASK");
  const std::string_view rows = std::string_view(text).substr(table, text.find("spent:") - table);
  for (std::string_view line : Split(rows, '\n')) {
    EXPECT_LE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }), 100)
        << line;
  }
  EXPECT_FALSE(nlohmann::json::parse(StatusJson(status), nullptr, false).is_discarded());
}

TEST(Answer, ApproveChooseReject) {
  const Project project;
  auto result = project.Run({"approve", "08-02:4"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "08-02:4 Implement user profile API approved; gsd-run resume continues the run\n");
  EXPECT_THAT(project.Run({"status"}).out, HasSubstr("    approved; gsd-run resume continues the run\n"));
  EXPECT_THAT(project.Error({"reject", "4", "no"}),
              HasSubstr("08-02:4 has been answered already: approved\n"));

  const auto lock = RunLock::Take(RunLockPath(project.root()), kRun, kNoon);
  result = project.Run({"choose", "5", "b"});
  EXPECT_EQ(result.out, "08-02:5 Implement notifications API chosen b; the running gsd-run picks it up\n");
  EXPECT_THAT(project.Error({"choose", "5", "a"}), HasSubstr("answered already: chosen, b"));
  EXPECT_THAT(project.Run({"status"}).out, HasSubstr("    chosen: b; the running gsd-run picks it up\n"));

  const auto answers = project.Open()->Answers(kRun);
  ASSERT_EQ(answers->size(), 2U);
  EXPECT_EQ(answers->at(0).task, "08-02:4");
  EXPECT_EQ(answers->at(0).kind, AnswerRow::Kind::kApproved);
  EXPECT_EQ(answers->at(1).kind, AnswerRow::Kind::kChosen);
  EXPECT_EQ(answers->at(1).text, "b");
  EXPECT_GT(answers->at(1).at, kNoon - 365 * 24 * 60 * kMinute);

  // It was acted on, and the checkpoint waits again.
  TaskRow again = ATask("4", TaskState::kWaiting);
  again.answer = answers->at(0).id;
  ASSERT_TRUE(project.Open()->PutTask(kRun, again).ok());
  EXPECT_EQ(project.Run({"reject", "4", "still wrong"}).exit_code, 0);
  EXPECT_EQ(project.Open()->Answers(kRun)->at(2).text, "still wrong");
}

TEST(Answer, ASecretInAReasonIsMaskedAndTold) {
  const Project project;
  const std::string reason = "the key sk-ant-api03-" + std::string(40, 'x') + " is refused";
  EXPECT_THAT(
      project.Run({"reject", "4", reason}).out,
      HasSubstr("\nnote: there was a secret in the answer: it is kept, shown and passed on as [masked]\n"));
  EXPECT_EQ(project.Open()->Answers(kRun)->at(0).text, "the key [masked] is refused");
  EXPECT_THAT(project.Run({"reject", "5", "too dear"}).out, Not(HasSubstr("note:")));
}

TEST(Answer, AnOlderRunIsNamed) {
  const Project project;
  ASSERT_TRUE(project.Open()->PutTask(kOldRun, ATask("4", TaskState::kWaiting)).ok());
  EXPECT_THAT(project.Run({"status", kOldRun}).out,
              HasSubstr("gsd-run approve 08-02:4 --run=20261121-120000-cd34\n"));
  EXPECT_EQ(project.Run({"approve", "4", "--run=" + kOldRun}).out,
            "08-02:4 Implement user profile API approved; gsd-run resume 20261121-120000-cd34 continues the "
            "run\n");
  EXPECT_EQ(project.Open()->Answers(kOldRun)->size(), 1U);
  EXPECT_TRUE(project.Open()->Answers(kRun)->empty());
}

TEST(Answer, Mistakes) {
  const Project project;
  const auto refused = [&](const Args& args, const std::string& message) {
    EXPECT_THAT(project.Error(args), HasSubstr("gsd-run: error: " + message));
  };
  refused({"approve", "08-02:44"}, "there is no task \"08-02:44\"; did you mean 08-02:4?");
  refused({"approve", "9"}, "there is no task \"9\"");
  refused({"approve", "1"}, "08-02:1 is no checkpoint");
  refused({"approve", "7"}, "08-02:7 has not been reached yet");
  refused({"approve", "5"}, "08-02:5 is a decision: gsd-run choose 08-02:5 OPTION, which is one of a, b");
  refused({"choose", "5", "c"}, "08-02:5 has no option \"c\"; it has a, b");
  refused({"choose", "7", "a"}, "08-02:7 has no options: gsd-run approve 08-02:7, or reject");
  refused({"reject", "4", " \n"}, "say why");
  refused({"reject", "4", std::string(20'000, 'x')}, "the reason is longer than 16384 bytes");
  refused({"reject", "4"}, "WHY is required");
  refused({"approve"}, "TASK is required");
  refused({"approve", "4", "--run=x"}, "there is no run \"x\"");
  ASSERT_TRUE(project.Open()->PutTask(kRun, ATask("4", TaskState::kDone)).ok());
  refused({"approve", "4"}, "08-02:4 has been passed already");
  ASSERT_TRUE(project.Open()->PutTask(kRun, ATask("4", TaskState::kFailed)).ok());
  refused({"approve", "4"}, "08-02:4 waits no longer: it is failed");
  EXPECT_TRUE(project.Open()->Answers(kRun)->empty());

  Manifest twins = WithCheckpoints();
  twins.tasks[5].number = 4;
  WriteFile(project.RunDir(kRun) / "manifest.json", ToJson(twins));
  refused({"approve", "4"}, "several tasks have the number 4: 08-02:4, 08-02:6");

  ASSERT_TRUE(project.Open()->RemoveRun(kRun).ok() && project.Open()->RemoveRun(kOldRun).ok());
  refused({"approve", "4"}, "the journal knows no run");
  // An id from a journal never leads out of the project.
  ASSERT_TRUE(project.Open()->PutRun(ARun("../../x", RunState::kWaiting)).ok());
  refused({"approve", "4"}, "\"../../x\" is no run's name");
}

// Of several who answer at once, exactly one is heard, even while the runner is writing.
TEST(Answer, OnlyOneIsHeard) {
  const Project project;
  const auto journal = project.Open();
  ASSERT_TRUE(journal->Begin().ok());
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    SpawnRequest request;
    request.argv = {GsdRun().string(), "approve", "4"};
    request.environment = EnvironmentWith({});
    request.directory = project.root();
    request.out = request.err = project.root() / fmt::format("output-{}", i);
    const auto child = Spawn(request);
    ASSERT_TRUE(child.ok()) << child.error();
    children.push_back(*child);
  }
  ASSERT_TRUE(journal->PutTask(kRun, ATask("6", TaskState::kDone)).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // they come and find it locked
  ASSERT_TRUE(journal->Commit().ok());
  int heard = 0;
  for (const pid_t child : children) {
    const int code = WaitFor(child);
    EXPECT_THAT(code, testing::AnyOf(0, 2));
    heard += code == 0 ? 1 : 0;
  }
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(journal->Answers(kRun)->size(), 1U);
}

TEST(Clean, FinishedRunsOnly) {
  const Project project;
  const std::string failed = "20261120-120000-ef56";
  project.AddRun(*project.Open(), ARun(failed, RunState::kFailed, kNoon - 48 * 60 * kMinute));
  for (const std::string& id : {failed, kOldRun}) {
    fs::remove(project.RunDir(id) / "manifest.json");
    WriteFile(project.RunDir(id) / "a/stdout", std::string(1500, 'x'));
    fs::create_directory_symlink(project.root() / "src", project.RunDir(id) / "link");
  }
  WriteFile(project.root() / "src/kept", "kept");
  const std::string removal =
      " 20261121-120000-cd34 (done, begun 2026-11-21 12:00): 1 file, 1.5 kB\n"
      "VERB 20261120-120000-ef56 (failed, begun 2026-11-20 12:00): 1 file, 1.5 kB\n"
      "VERB 2 runs, 3.0 kB; 1 run not finished and kept (--all removes those, too)\n";
  const auto said = [&](std::string text, const std::string& verb) {
    for (size_t at; (at = text.find("VERB")) != std::string::npos;) text.replace(at, 4, verb);
    return verb + text;
  };
  auto result = project.Run({"clean", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, said(removal, "would remove"));
  EXPECT_EQ(project.RunIds().size(), 3U);
  EXPECT_TRUE(fs::exists(project.RunDir(failed) / "a/stdout"));

  result = project.Run({"clean", "--keep=1"});
  EXPECT_EQ(project.RunIds(), (Args{kRun, kOldRun}));
  EXPECT_FALSE(fs::exists(project.RunDir(failed)));
  EXPECT_TRUE(fs::exists(project.RunDir(kOldRun)));
  result = project.Run({"clean"});
  EXPECT_EQ(project.RunIds(), Args{kRun});
  EXPECT_EQ(ReadFile(project.root() / "src/kept"), "kept");
  result = project.Run({"clean"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "nothing to remove; 1 run not finished and kept (--all removes those, too)\n");
}

TEST(Clean, AllButNeverWhileARunnerWorks) {
  const Project project;
  const std::string stray = "20261119-120000-0000";
  WriteFile(project.RunDir(stray) / "x", "x");
  WriteFile(project.root() / ".gsd/runs/.other/x", "x");
  {
    const auto lock = RunLock::Take(RunLockPath(project.root()), kRun, kNoon);
    EXPECT_THAT(project.Error({"clean", "--all"}), HasSubstr("another gsd-run (pid "));
    EXPECT_EQ(project.RunIds().size(), 2U);
  }
  const auto result = project.Run({"clean", "--all"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("removed 20261119-120000-0000 (never begun): 1 file, 1 bytes\nremoved 3 runs"));
  EXPECT_TRUE(project.RunIds().empty());
  EXPECT_FALSE(fs::exists(project.RunDir(stray)));
  EXPECT_TRUE(fs::exists(project.root() / ".gsd/runs/.other/x"));
}

TEST(Clean, StatesThatAreKept) {
  const Project project;
  for (const RunState state :
       {RunState::kRunning, RunState::kWaiting, RunState::kBudget, RunState::kInterrupted}) {
    ASSERT_TRUE(project.Open()->PutRun(ARun(kRun, state)).ok());
    EXPECT_EQ(project.Run({"clean"}).exit_code, 0);
    EXPECT_EQ(project.RunIds(), Args{kRun}) << RunStateName(state);
  }
}

TEST(Clean, StaysInTheProject) {
  const Project project;
  WriteFile(project.root() / "victim/x", "x");
  ASSERT_TRUE(project.Open()->PutRun(ARun("../../victim", RunState::kDone)).ok());
  ASSERT_TRUE(project.Open()->PutRun(ARun("", RunState::kDone)).ok());
  EXPECT_EQ(project.Run({"clean"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(project.root() / "victim/x"));
  EXPECT_TRUE(fs::exists(project.RunDir(kRun)));
  EXPECT_EQ(project.RunIds(), Args{kRun});

  fs::rename(project.root() / ".gsd/runs", project.root() / "elsewhere");
  fs::create_directory_symlink(project.root() / "elsewhere", project.root() / ".gsd/runs");
  EXPECT_THAT(project.Error({"clean", "--all"}), HasSubstr("is a link to another place"));
  EXPECT_TRUE(fs::exists(project.root() / "elsewhere" / kRun));
}

TEST(Clean, TheRepositoryIsCleanedFirst) {
  const Project project;
  std::vector<std::string> calls;
  const auto clean = [&](Args args, const Result<std::string>& says) {
    args.insert(args.begin(), {"clean", "--root=" + project.root().string()});
    char* text = nullptr;
    size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    const int code = GsdRunCommandMain(
        args,
        [&](const fs::path& root, const RunRow& run, bool dry_run) {
          EXPECT_EQ(root, project.root());
          EXPECT_TRUE(fs::exists(project.RunDir(run.id)));
          calls.push_back(run.id + (dry_run ? " dry" : ""));
          return says;
        },
        out, out);
    std::fclose(out);
    const std::string shown(text, size);
    free(text);
    return fmt::format("{} {}", code, shown);
  };
  EXPECT_THAT(clean({"--dry-run"}, std::string("2 work trees")), HasSubstr("1 file, "));
  EXPECT_THAT(clean({}, Error{"git is broken"}),
              testing::AllOf(testing::StartsWith("2 "), HasSubstr("git is broken"),
                             HasSubstr("1 run could not be removed")));
  EXPECT_TRUE(fs::exists(project.RunDir(kOldRun)));
  EXPECT_THAT(clean({}, std::string("2 work trees")),
              testing::AllOf(testing::StartsWith("0 "), HasSubstr(", 2 work trees\n")));
  EXPECT_EQ(calls, (Args{kOldRun + " dry", kOldRun, kOldRun}));
  EXPECT_FALSE(fs::exists(project.RunDir(kOldRun)));
}

}  // namespace
}  // namespace gsd::test
