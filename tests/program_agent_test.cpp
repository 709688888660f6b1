// The program agent over a program that misbehaves in all the ways that the real ones were seen to
// (stand_in_agent.cpp): what becomes of the attempt, in what time, and that nothing is left.
#include "executor/program_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/manifest_samples.h"
#include "tests/process_samples.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kAgents[] = {"claude", "codex", "gemini", "opencode"};

// A run in a folder of its own, with one agent.
struct World {
  TempDir dir;
  MovableClock clock;
  Manifest manifest = ExampleManifest();
  RunFolder run{fmt::format("run-{}", getpid()), dir / "runs/run"};
  ProcessTable processes{clock};
  ProgramOptions options;
  std::unique_ptr<ProgramAgent> agent;

  explicit World(const std::string& name) {
    options.agent = name;
    options.program = (fs::path(GSD_BIN_DIR) / "stand_in_agent").string();
    options.root = dir.path();
    options.limits.kill_grace = Millis(150);
    setenv("STAND_IN_PIDS", Pids().c_str(), 1);
  }
  ~World() {
    agent.reset();
    unsetenv("STAND_IN");
    unsetenv("STAND_IN_PIDS");
  }

  fs::path Pids() const { return dir / "pids"; }
  fs::path Attempt(int number = 1) const { return AttemptFolderOf(run.path, manifest.tasks[0].id, number); }
  ProgramAgent& Agent() {
    if (!agent) agent = std::make_unique<ProgramAgent>(manifest, clock, processes, run, options);
    return *agent;
  }
  void Start(const std::string& role, AttemptRequest request = {}) {
    setenv("STAND_IN", role.c_str(), 1);
    if (request.prompt.empty()) request.prompt = "Do it.";
    const Status started = Agent().Start(request);
    EXPECT_TRUE(started.ok()) << started.error();
  }
  AttemptResult Result() {
    std::vector<AttemptResult> ended;
    EXPECT_TRUE(Eventually([&] {
      Agent().Poll(ended);
      return !ended.empty();
    }));
    return ended.empty() ? AttemptResult{} : ended[0];
  }
  AttemptResult Play(const std::string& role, AttemptRequest request = {}) {
    Start(role, std::move(request));
    AttemptResult result = Result();
    ExpectNothingLeft(role);
    return result;
  }
  bool HasNotedPid() {
    return Eventually([&] { return !PidsIn(Pids()).empty(); });
  }
  void ExpectNothingLeft(const std::string& role) const {
    EXPECT_THAT(Living(Pids()), IsEmpty()) << role;
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << role << ": a child or a zombie is left";
  }
};

TEST(ProgramAgent, EveryProgramSucceeds) {
  for (const char* name : kAgents) {
    World world(name);
    const AttemptResult result = world.Play("ok");
    EXPECT_EQ(result.outcome, Outcome::kOk) << name << ": " << result.message;
    EXPECT_EQ(result.text, "done") << name;
    EXPECT_EQ(result.session, "s-1") << name;
    EXPECT_EQ(result.exit_code, 0) << name;
    ASSERT_TRUE(result.tokens) << name;
    EXPECT_EQ(result.tokens->input, 10) << name;
    EXPECT_EQ(result.tokens->output, 5) << name;
    EXPECT_TRUE(world.Agent().can_resume_sessions());
    EXPECT_EQ(ReadFile(world.Attempt() / "prompt.md"), "Do it.");
    for (const char* file : {"prompt.md", "stdout", "stderr"}) {
      EXPECT_EQ(fs::status(world.Attempt() / file).permissions(),
                fs::perms::owner_read | fs::perms::owner_write)
          << file;
    }
  }
}

// Lesson 1: what a pipe has not taken is lost.
TEST(ProgramAgentLessons, OutputGoesToRegularFilesAndIsWhole) {
  for (const char* name : kAgents) {
    World world(name);
    EXPECT_EQ(world.Play("regular-files").text, "regular") << name;
    EXPECT_EQ(world.Play("long-answer").text.size(), 1'000'000U) << name;
    EXPECT_EQ(world.Play("truncated").outcome, Outcome::kProtocol) << name;
  }
}

// Lesson 2.
TEST(ProgramAgentLessons, TheExitCodeAloneProvesNothing) {
  for (const char* name : kAgents) {
    World world(name);
    EXPECT_EQ(world.Play("empty").outcome, Outcome::kProtocol) << name;
    EXPECT_EQ(world.Play("garbage").outcome, Outcome::kProtocol) << name;
    EXPECT_EQ(world.Play("success-exit-1").outcome, Outcome::kFailed) << name;
    const AttemptResult error = world.Play("error-exit-0");
    EXPECT_EQ(error.outcome, Outcome::kTransient) << name << ": " << error.message;
    EXPECT_EQ(world.Play("after-the-result").outcome, Outcome::kOk) << name;
  }
  const AttemptResult denied = World("claude").Play("denied");
  EXPECT_EQ(denied.outcome, Outcome::kOk);
  EXPECT_THAT(denied.denials, ElementsAre("Bash: rm -rf x"));
}

// Lessons 3, 4 and 5: is_error decides, whatever subtype and the order of the keys say; modelUsage counts.
TEST(ProgramAgentLessons, ClaudesRecordsAreReadByMeaning) {
  World world("claude");
  EXPECT_EQ(world.Play("401").outcome, Outcome::kAuthentication);
  const AttemptResult ok = world.Play("ok");
  EXPECT_EQ(ok.outcome, Outcome::kOk);
  EXPECT_EQ(ok.tokens->input, 10);
  EXPECT_EQ(ok.tokens->cache_read, 3);
  EXPECT_EQ(ok.tokens->cache_creation, 2);
  EXPECT_EQ(ok.usd, 0.5);
}

TEST(ProgramAgentLessons, FailuresOfTheApiAreTold) {
  for (const char* name : kAgents) {
    World world(name);
    EXPECT_EQ(world.Play("401").outcome, Outcome::kAuthentication) << name;
    EXPECT_EQ(world.Play("529").outcome, Outcome::kTransient) << name;
    const AttemptResult quota = world.Play("quota");
    EXPECT_EQ(quota.outcome, Outcome::kQuota) << name << ": " << quota.message;
    EXPECT_EQ(quota.retry_after, Millis(9000'000)) << name;
    const bool tells_when = std::string_view(name) == "claude" || std::string_view(name) == "opencode";
    EXPECT_EQ(quota.resets_at.has_value(), tells_when) << name;
  }
}

// Lesson 6: codex counts the whole conversation.
TEST(ProgramAgentLessons, AResumedSessionIsCountedOnce) {
  World world("codex");
  EXPECT_EQ(world.Play("input-100").tokens->input, 100);
  AttemptRequest second;
  second.attempt = 2;
  second.session = "s-1";
  EXPECT_EQ(world.Play("input-250", second).tokens->input, 150);
  EXPECT_THAT(ReadFile(world.Attempt(2) / "stdout"), HasSubstr("250"));
  // Another runner, which has to look at what the attempts before have left.
  world.agent.reset();
  AttemptRequest third = second;
  third.attempt = 3;
  EXPECT_EQ(world.Play("input-250", third).tokens->input, 0);
  // One that was ended is in no counter.
  AttemptRequest fourth = second;
  fourth.attempt = 4;
  world.Start("hang", fourth);
  ASSERT_TRUE(world.HasNotedPid());
  world.Agent().StopAll(StopHow::kForcibly);
  EXPECT_EQ(world.Result().outcome, Outcome::kCancelled);
  AttemptRequest another_task = second;
  another_task.task = 1;
  another_task.attempt = 1;
  EXPECT_EQ(world.Play("input-250", another_task).tokens->input, 0);
}

// Lesson 7: retries cost minutes, and silence has no end.
TEST(ProgramAgentLessons, RetriesAndTimeAreLimited) {
  World world("claude");
  EXPECT_EQ(world.Play("variable-CLAUDE_CODE_MAX_RETRIES").text, "2");
  setenv("CLAUDE_CODE_MAX_RETRIES", "7", 1);  // the user's word stands
  EXPECT_EQ(world.Play("variable-CLAUDE_CODE_MAX_RETRIES").text, "7");
  unsetenv("CLAUDE_CODE_MAX_RETRIES");
  for (const char* name : kAgents) {
    World slow(name);
    slow.options.limits.timeout = std::chrono::hours(2);
    slow.Start("hang");
    ASSERT_TRUE(slow.HasNotedPid());
    slow.clock.Advance(std::chrono::hours(2));
    const AttemptResult late = slow.Result();
    EXPECT_EQ(late.outcome, Outcome::kTimeout) << name;
    EXPECT_EQ(late.message, "took longer than 2 h 00 min");
    slow.ExpectNothingLeft("hang");

    World silent(name);
    silent.options.limits.stall = std::chrono::minutes(10);
    silent.Start("hang");
    ASSERT_TRUE(silent.HasNotedPid());
    silent.clock.Advance(Millis(1000));
    std::vector<AttemptResult> ended;
    silent.Agent().Poll(ended);  // sees what it said at first
    silent.clock.Advance(std::chrono::minutes(10));
    const AttemptResult stalled = silent.Result();
    EXPECT_EQ(stalled.outcome, Outcome::kTimeout) << name;
    EXPECT_EQ(stalled.message, "said nothing for 10 min 00 s");
  }
}

// Lesson 8: whatever a tool command does to hold on.
TEST(ProgramAgentLessons, NothingOutlivesItsAttempt) {
  for (const char* name : kAgents) {
    for (const char* role : {"leaves-child", "leaves-session", "leaves-daemon", "leaves-scrubbed"}) {
      World world(name);
      EXPECT_EQ(world.Play(role).outcome, Outcome::kOk) << role;
      EXPECT_THAT(PidsIn(world.Pids()), testing::Not(IsEmpty()));
    }
  }
}

TEST(ProgramAgentLessons, NothingOutlivesAStop) {
  for (const char* role : {"hang", "survives", "slow-death", "hangs-scrubbed"}) {
    for (const StopHow how : {StopHow::kGently, StopHow::kForcibly}) {
      World world("claude");
      world.Start(role);
      ASSERT_TRUE(world.HasNotedPid());
      const auto begin = std::chrono::steady_clock::now();
      world.Agent().Stop(0, how);
      const AttemptResult result = world.Result();
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3)) << role;
      EXPECT_EQ(result.outcome, Outcome::kCancelled) << role;
      EXPECT_EQ(result.message, "interrupted");
      world.ExpectNothingLeft(role);
    }
  }
}

// Lesson 9: a prompt of any size from a file that ends, read or not.
TEST(ProgramAgentLessons, ThePromptIsAFile) {
  for (const char* name : kAgents) {
    World world(name);
    AttemptRequest request;
    request.prompt.assign(1'000'000, 'p');
    EXPECT_EQ(world.Play("measures-prompt", request).text, "1000000") << name;
    EXPECT_EQ(world.Play("reads-nothing", request).outcome, Outcome::kOk) << name;
    EXPECT_EQ(world.Play("closes-stdin", request).outcome, Outcome::kOk) << name;
  }
}

// Lesson 10.
TEST(ProgramAgentLessons, LitterIsRemoved) {
  World world("opencode");
  const AttemptResult result = world.Play("litter");
  EXPECT_EQ(result.text, (world.run.path / "tmp/1").string());
  EXPECT_TRUE(fs::is_empty(world.run.path / "tmp/1"));  // for the next attempt
  EXPECT_TRUE(fs::exists(world.Attempt() / "stdout"));
  EXPECT_EQ(world.Play("litter").text, (world.run.path / "tmp/1").string());
}

// Lesson 11: the first opencode has a fresh home to itself.
TEST(ProgramAgentLessons, TheFirstOpencodeRunsAlone) {
  AttemptRequest second;
  second.task = 1;
  {
    World world("opencode");
    world.Start("hang");
    world.Start("ok", second);
    ASSERT_TRUE(world.HasNotedPid());
    std::vector<AttemptResult> ended;
    world.Agent().Poll(ended);
    const fs::path output = AttemptFolderOf(world.run.path, world.manifest.tasks[1].id, 1) / "stdout";
    EXPECT_FALSE(fs::exists(output));
    EXPECT_LE(*world.Agent().NextDeadline(), world.clock.Now() + std::chrono::seconds(10));
    world.clock.Advance(std::chrono::seconds(10));
    EXPECT_EQ(world.Result().task, 1U);
    EXPECT_TRUE(fs::exists(output));
  }
  {
    World world("opencode");
    world.Start("ok");
    world.Start("ok", second);
    EXPECT_EQ(world.Result().task, 0U);
    EXPECT_EQ(world.Result().task, 1U);  // at once, the first has ended
  }
  {
    World world("opencode");
    world.Start("hang");
    world.Start("ok", second);
    world.Agent().Stop(1, StopHow::kGently);
    const AttemptResult cancelled = world.Result();
    EXPECT_EQ(cancelled.task, 1U);
    EXPECT_EQ(cancelled.outcome, Outcome::kCancelled);
  }
}

TEST(ProgramAgent, FloodsAreBounded) {
  for (const char* name : kAgents) {
    World world(name);
    world.options.limits.output_bytes = 8 << 20;
    rusage before = {}, after = {};
    getrusage(RUSAGE_SELF, &before);
    const AttemptResult flood = world.Play("flood");
    EXPECT_EQ(flood.outcome, Outcome::kFailed) << name;
    EXPECT_EQ(flood.message, "wrote more than 8,388,608 bytes of output");
    world.Start("flood-for-ever");
    ASSERT_TRUE(world.HasNotedPid());
    world.clock.Advance(Millis(1000));
    EXPECT_EQ(world.Result().outcome, Outcome::kFailed) << name;
    getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 150'000) << name;  // KiB
    fs::remove(world.Attempt() / "stdout");
  }
  for (const char* name : kAgents) EXPECT_EQ(World(name).Play("huge-line").outcome, Outcome::kOk) << name;
}

TEST(ProgramAgent, TheAttemptIsInTheEnvironment) {
  World world("codex");
  AttemptRequest request;
  request.attempt = 3;
  request.model = "opus";
  const std::string folder = TaskFolderName(world.manifest.tasks[0].id);
  EXPECT_EQ(world.Play("variable-GSD_RUN", request).text, world.run.id);
  EXPECT_EQ(world.Play("variable-GSD_TASK", request).text, world.manifest.tasks[0].id);
  EXPECT_EQ(world.Play("variable-GSD_ATTEMPT", request).text, "3");
  EXPECT_EQ(world.Play("variable-GSD_MODEL", request).text, "opus");
  EXPECT_EQ(world.Play("variable-GSD_ATTEMPT_ID", request).text, world.run.id + "/" + folder + "/3");
  fs::create_directories(world.dir / "elsewhere");
  request.workdir = world.dir / "elsewhere";
  EXPECT_EQ(world.Play("ok", request).outcome, Outcome::kOk);
}

TEST(ProgramAgent, MissingLimitsAreNotedOnce) {
  World world("codex");
  world.options.max_turns = 10;
  AttemptRequest request;
  request.usd_limit = 1;
  world.Play("ok", request);
  world.Play("ok", request);
  EXPECT_THAT(world.Agent().TakeNotes(),
              ElementsAre("codex knows no limit of its turns; only the time limit holds",
                          "codex knows no limit of its cost; only the time limit holds"));
  EXPECT_THAT(world.Agent().TakeNotes(), IsEmpty());
}

TEST(ProgramAgent, CheckFindsTheProgramAndItsVersion) {
  World good("claude");
  const Status found = good.Agent().Check();
  EXPECT_TRUE(found.ok()) << found.error();
  EXPECT_EQ(good.Agent().version(), "stand-in 1.2.3");
  good.ExpectNothingLeft("--version");

  World broken("gemini");
  setenv("STAND_IN", "broken", 1);
  EXPECT_THAT(broken.Agent().Check().error(), HasSubstr("exit code 3"));

  World missing("codex");
  missing.options.program = "no-such-agent-program";
  EXPECT_THAT(missing.Agent().Check().error(), HasSubstr("install it with: npm install -g @openai/codex"));
}

TEST(TemporaryFolders, AreAsNewEachTime) {
  const TempDir dir;
  WriteFile(dir / "tmp/1/of an earlier process", "");
  WriteFile(dir / "precious", "");
  {
    TemporaryFolders folders(dir / "tmp");
    const fs::path a = *folders.Take(), b = *folders.Take();
    EXPECT_NE(a, b);
    EXPECT_TRUE(fs::is_empty(a));
    WriteFile(a / "sub/file", "");
    fs::permissions(a / "sub", fs::perms::none);
    folders.GiveBack(a);
    EXPECT_EQ(*folders.Take(), a);
    EXPECT_TRUE(fs::is_empty(a));
    fs::remove(a);
    fs::create_directory_symlink(dir.path(), a);
    fs::permissions(b, fs::perms::all);
    folders.GiveBack(a);
    folders.GiveBack(b);
    for (const fs::path& path : {*folders.Take(), *folders.Take()}) {
      EXPECT_TRUE(fs::is_directory(fs::symlink_status(path)));
      EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    }
    EXPECT_NE(*folders.Take(), a);
  }
  EXPECT_FALSE(fs::exists(dir / "tmp"));
  EXPECT_TRUE(fs::exists(dir / "precious"));
}

TEST(ProgramAgent, WhatCannotStartSaysWhy) {
  World world("claude");
  world.options.program = "/no/such/program";
  AttemptRequest request;
  Status started = world.Agent().Start(request);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error(), HasSubstr("cannot start /no/such/program: No such file"));
  EXPECT_TRUE(fs::is_empty(world.run.path / "tmp/1"));
  WriteFile(world.dir / "file", "");
  world.run.path = world.dir / "file";
  started = world.Agent().Start(request);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error(), HasSubstr("cannot make"));
}

TEST(ProgramAgent, SuspendedAgentsKeepTheirTime) {
  World world("claude");
  world.options.limits.timeout = std::chrono::hours(1);
  world.Start("hang");
  ASSERT_TRUE(world.HasNotedPid());
  world.Agent().Suspend();
  world.clock.Advance(std::chrono::hours(10));
  world.Agent().Resume();
  std::vector<AttemptResult> ended;
  world.Agent().Poll(ended);
  EXPECT_GT(*world.Agent().NextDeadline(), world.clock.Now());
  world.Agent().StopAll(StopHow::kForcibly);
  EXPECT_EQ(world.Result().outcome, Outcome::kCancelled);
}

// --- command ---

AttemptResult PlayCommand(World& world, const std::string& script) {
  world.options.program = "/bin/sh";
  world.options.arguments = {"-c", script, "{task}", "{model}", "{workdir}", "{other}"};
  world.agent.reset();
  return world.Play("");
}

TEST(ProgramAgentCommand, KeepsItsContract) {
  World world("command");
  const AttemptResult ok =
      PlayCommand(world,
                  "cat > in; echo \"$0 $1 $2 $3\" > args; echo '{\"text\":\"hi\",\"tokens\":"
                  "{\"input\":4},\"usd\":1.5,\"session\":\"x\"}' > \"$GSD_RESULT\"");
  EXPECT_EQ(ok.outcome, Outcome::kOk) << ok.message;
  EXPECT_EQ(ok.text, "hi");
  EXPECT_EQ(ok.tokens->input, 4);
  EXPECT_EQ(ok.usd, 1.5);
  EXPECT_EQ(ok.session, "x");
  EXPECT_EQ(ReadFile(world.dir / "in"), "Do it.");
  EXPECT_THAT(ReadFile(world.dir / "args"), HasSubstr(world.manifest.tasks[0].id + " claude-"));
  EXPECT_THAT(ReadFile(world.dir / "args"), HasSubstr(world.dir.path().string() + " {other}\n"));
  EXPECT_FALSE(world.Agent().can_resume_sessions());
  EXPECT_EQ(PlayCommand(world, "exit 7").message, "exit code 7");
  EXPECT_EQ(PlayCommand(world, "kill -KILL $$").message, "ended by signal 9");
  EXPECT_EQ(PlayCommand(world, "echo oops > \"$GSD_RESULT\"").outcome, Outcome::kProtocol);
  EXPECT_EQ(PlayCommand(world, "echo '{\"success\":false}' > \"$GSD_RESULT\"").outcome, Outcome::kFailed);
  EXPECT_EQ(PlayCommand(world, "true").outcome, Outcome::kOk) << "took the result of another";
}

TEST(ProgramAgentCommand, ItIsNotAskedForItsVersion) {
  World world("command");
  world.options.program = "/bin/sh";
  world.options.arguments = {"-c", "touch ran"};
  EXPECT_TRUE(world.Agent().Check().ok());
  EXPECT_FALSE(fs::exists(world.dir / "ran"));
  EXPECT_EQ(world.Agent().version(), "");
}

}  // namespace
}  // namespace gsd::test
