// Real processes under the process table, the verifier and the system's clock.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "executor/attempt_files.h"
#include "executor/system_clock.h"
#include "executor/verifier.h"
#include "tests/process_samples.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ProcessEnd EndOf(ProcessTable& table, uint32_t id) {
  std::optional<ProcessEnd> end;
  EXPECT_TRUE(Eventually([&] {
    table.Poll();
    end = table.TakeEnd(id);
    return end.has_value();
  }));
  return end.value_or(ProcessEnd{});
}

// --- Spawn ---

TEST(Spawn, StreamsFolderAndEnvironment) {
  const TempDir dir;
  WriteFile(dir / "in", "from a file\n");
  SpawnRequest request = Script("cat; pwd; echo $A; echo oops >&2; exit 7");
  request.environment = {"A=b"};
  request.argv[0] = "/bin/sh";
  request.directory = dir.path();
  request.in = dir / "in";
  request.out = dir / "out";
  request.err = dir / "err";
  const auto child = Spawn(request);
  ASSERT_TRUE(child.ok()) << child.error();
  EXPECT_EQ(WaitFor(*child), 7);
  EXPECT_EQ(ReadFile(dir / "out"), "from a file\n" + fs::canonical(dir.path()).string() + "\nb\n");
  EXPECT_EQ(ReadFile(dir / "err"), "oops\n");
  EXPECT_EQ(fs::status(dir / "out").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Spawn, OneFileForBothStreams) {
  const TempDir dir;
  SpawnRequest request = Script("echo a; echo b >&2; echo c");
  request.out = request.err = dir / "log";
  EXPECT_EQ(WaitFor(*Spawn(request)), 0);
  EXPECT_EQ(ReadFile(dir / "log"), "a\nb\nc\n");
}

TEST(Spawn, ErrorsSayWhatFailed) {
  const TempDir dir;
  const auto error_of = [](const SpawnRequest& request) {
    const auto child = Spawn(request);
    EXPECT_FALSE(child.ok());
    return child.ok() ? "" : child.error();
  };
  SpawnRequest request = Script("true");
  request.directory = dir / "none";
  EXPECT_EQ(error_of(request), "cannot start /bin/sh: cannot change to the folder " +
                                   (dir / "none").string() + ": No such file or directory");
  request = Script("true");
  request.out = dir / "none/out";
  EXPECT_THAT(error_of(request), HasSubstr("cannot open " + (dir / "none/out").string()));
  request = Script("true");
  request.argv = {(dir / "no-program").string()};
  EXPECT_EQ(error_of(request),
            "cannot start " + (dir / "no-program").string() + ": No such file or directory");
  request.argv = {"no-such-program-here"};
  EXPECT_THAT(error_of(request), HasSubstr("no program no-such-program-here in PATH"));
  request = Script(std::string(200'000, 'x'));
  EXPECT_EQ(error_of(request), "cannot start /bin/sh: Argument list too long");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child that failed was not reaped";
}

TEST(Spawn, WhatAnAgentPutInTheWayIsNotFollowed) {
  const TempDir dir;
  WriteFile(dir / "precious", "kept");
  fs::create_symlink(dir / "precious", dir / "out");
  SpawnRequest request = Script("echo lost");
  request.out = dir / "out";
  EXPECT_FALSE(Spawn(request).ok());
  EXPECT_EQ(ReadFile(dir / "precious"), "kept");
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  request.out = dir / "pipe";
  EXPECT_FALSE(Spawn(request).ok());
  request.out.clear();
  request.in = dir / "pipe";  // would block for ever
  EXPECT_FALSE(Spawn(request).ok());
}

TEST(Spawn, NothingOfOursIsInherited) {
  const TempDir dir;
  const int open_here = open((dir / "secret").c_str(), O_RDWR | O_CREAT, 0600);  // without O_CLOEXEC
  ASSERT_GE(open_here, 3);
  struct sigaction ignore = {}, before = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  sigset_t blocked, mask_before;
  sigfillset(&blocked);
  sigprocmask(SIG_BLOCK, &blocked, &mask_before);
  SpawnRequest request = Script("ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' /proc/self/status");
  request.in = "/dev/null";
  request.out = dir / "out";
  const auto child = Spawn(request);
  sigset_t now;
  sigprocmask(SIG_SETMASK, &mask_before, &now);
  EXPECT_EQ(sigismember(&now, SIGUSR1), 1) << "our own mask was changed";
  sigaction(SIGPIPE, &before, nullptr);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(WaitFor(*child), 0);
  close(open_here);
  // 3 is the folder that ls reads.
  EXPECT_EQ(ReadFile(dir / "out"), "0 1 2 3 SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

// A runner that is killed takes its agents with it: nobody could end them any more.
TEST(Spawn, ChildrenDieWithTheirParent) {
  const TempDir dir;
  const pid_t runner = fork();
  if (runner == 0) {
    SpawnRequest request = Script("echo $$ > '" + (dir / "pid").string() + "'; exec sleep 1000");
    if (!Spawn(request).ok()) _exit(1);
    while (true) pause();
  }
  ASSERT_TRUE(Eventually([&] { return !PidsIn(dir / "pid").empty(); }));
  const pid_t agent = PidsIn(dir / "pid")[0];
  EXPECT_TRUE(IsThere(agent));
  kill(runner, SIGKILL);
  WaitFor(runner);
  // Its new parent reaps it, which may be nobody in a container: a zombie is dead enough.
  EXPECT_TRUE(Eventually([&] { return !VariableOf(agent, "PATH").value; }));
}

// --- ProcessTable ---

struct Table {
  TempDir dir;
  MovableClock clock;
  ProcessTable table{clock};
  fs::path pids = dir / "pids";
  std::string Note() const { return "echo $$ >> '" + pids.string() + "'; "; }
  uint32_t Start(const SpawnRequest& request, const ProcessLimits& limits = {}) {
    const auto id = table.Start(request, limits);
    EXPECT_TRUE(id.ok());
    return id.ok() ? *id : 0;
  }
  bool HasNoted(size_t count) {
    return Eventually([&] { return PidsIn(pids).size() >= count; });
  }
};

TEST(ProcessTable, EndsAreToldOnce) {
  Table t;
  const uint32_t id = t.Start(Script("exit 3"));
  const ProcessEnd end = EndOf(t.table, id);
  EXPECT_EQ(end.kind, ProcessEndKind::kItself);
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_GE(end.ended, end.started);
  EXPECT_FALSE(t.table.TakeEnd(id));
  EXPECT_FALSE(t.table.NextDeadline());
  EXPECT_EQ(EndOf(t.table, t.Start(Script("kill -KILL $$"))).exit_code, 128 + SIGKILL);
}

TEST(ProcessTable, ATimeoutAsksFirst) {
  Table t;
  ProcessLimits limits;
  limits.timeout = std::chrono::hours(1);
  const uint32_t id =
      t.Start(Script("trap 'exit 5' TERM; " + t.Note() + "while :; do sleep 0.01; done"), limits);
  ASSERT_TRUE(t.HasNoted(1));
  t.clock.Advance(std::chrono::minutes(59));
  t.table.Poll();
  EXPECT_FALSE(t.table.TakeEnd(id));
  t.clock.Advance(std::chrono::minutes(1));
  const ProcessEnd end = EndOf(t.table, id);
  EXPECT_EQ(end.kind, ProcessEndKind::kTimeout);
  EXPECT_EQ(end.exit_code, 5);
}

TEST(ProcessTable, AfterTheGraceItIsKilled) {
  Table t;
  ProcessLimits limits;
  limits.timeout = Millis(1);
  limits.kill_grace = std::chrono::hours(1);
  const uint32_t id = t.Start(Script("trap '' TERM; " + t.Note() + "while :; do sleep 0.01; done"), limits);
  ASSERT_TRUE(t.HasNoted(1));
  for (int i = 0; i < 20; ++i) {
    t.table.Poll();
    std::this_thread::sleep_for(Millis(1));
  }
  EXPECT_FALSE(t.table.TakeEnd(id));
  t.clock.Advance(std::chrono::hours(1));
  const ProcessEnd end = EndOf(t.table, id);
  EXPECT_EQ(end.kind, ProcessEndKind::kTimeout);
  EXPECT_EQ(end.exit_code, 128 + SIGKILL);
}

TEST(ProcessTable, ForcibleStopsDoNotWait) {
  Table t;
  const uint32_t id = t.Start(Script("trap '' TERM; " + t.Note() + "while :; do sleep 0.01; done"));
  ASSERT_TRUE(t.HasNoted(1));
  t.table.Stop(id, StopHow::kForcibly);
  EXPECT_EQ(EndOf(t.table, id).kind, ProcessEndKind::kStopped);
}

TEST(ProcessTable, AProcessThatIsStoppedHearsOfItsEnd) {
  Table t;
  const uint32_t id = t.Start(Script(t.Note() + "kill -STOP $$"));
  ASSERT_TRUE(t.HasNoted(1));
  t.table.Stop(id, StopHow::kGently);
  EXPECT_EQ(EndOf(t.table, id).exit_code, 128 + SIGTERM);
}

TEST(ProcessTable, SilenceIsAStall) {
  Table t;
  ProcessLimits limits;
  limits.stall = std::chrono::minutes(5);
  SpawnRequest request = Script("read line < '" + (t.dir / "go").string() + "'; echo something; " + t.Note() +
                                "exec sleep 1000");
  ASSERT_EQ(mkfifo((t.dir / "go").c_str(), 0600), 0);
  request.out = t.dir / "out";
  request.err = t.dir / "err";
  const uint32_t id = t.Start(request, limits);
  t.clock.Advance(std::chrono::minutes(4));
  t.table.Poll();
  WriteFile(t.dir / "go", "\n");
  ASSERT_TRUE(t.HasNoted(1));
  t.clock.Advance(Millis(1500));
  t.table.Poll();  // sees that the output has grown
  t.clock.Advance(std::chrono::minutes(4));
  t.table.Poll();
  EXPECT_FALSE(t.table.TakeEnd(id));
  t.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(EndOf(t.table, id).kind, ProcessEndKind::kStalled);
}

TEST(ProcessTable, OutputHasALimit) {
  Table t;
  ProcessLimits limits;
  limits.output_bytes = 1000;
  SpawnRequest request =
      Script("head -c 600 /dev/zero; head -c 600 /dev/zero >&2; " + t.Note() + "exec sleep 1000");
  request.out = t.dir / "out";
  request.err = t.dir / "err";
  const uint32_t running = t.Start(request, limits);
  ASSERT_TRUE(t.HasNoted(1));
  EXPECT_LE(*t.table.NextDeadline(), t.clock.Now() + Millis(1000));
  t.clock.Advance(Millis(1000));
  EXPECT_EQ(EndOf(t.table, running).kind, ProcessEndKind::kOutputLimit);
  request.argv[2] = "head -c 1001 /dev/zero";
  EXPECT_EQ(EndOf(t.table, t.Start(request, limits)).kind, ProcessEndKind::kOutputLimit);
  request.argv[2] = "head -c 1000 /dev/zero";
  EXPECT_EQ(EndOf(t.table, t.Start(request, limits)).kind, ProcessEndKind::kItself);
}

TEST(ProcessTable, SuspendedTimeDoesNotCount) {
  Table t;
  ProcessLimits limits;
  limits.timeout = std::chrono::hours(1);
  // The second has a session of its own, as tool commands have.
  const uint32_t id = t.Start(
      Script("setsid sh -c 'echo $$ >> " + t.pids.string() + "; exec sleep 1000' & " + t.Note() + "wait"),
      limits);
  ASSERT_TRUE(t.HasNoted(2));
  const auto state = [&](size_t i) {
    const std::string stat = test::Run({"cat", fmt::format("/proc/{}/stat", PidsIn(t.pids)[i])}).out;
    return stat[stat.rfind(") ") + 2];
  };
  t.table.Suspend();
  EXPECT_TRUE(Eventually([&] { return state(0) == 'T' && state(1) == 'T'; }));
  t.clock.Advance(std::chrono::hours(100));
  t.table.Poll();
  t.table.Resume();
  EXPECT_TRUE(Eventually([&] { return state(0) == 'S' && state(1) == 'S'; }));
  t.table.Poll();
  EXPECT_GT(*t.table.NextDeadline(), t.clock.Now());
  t.clock.Advance(std::chrono::minutes(50));
  t.table.Poll();
  EXPECT_FALSE(t.table.TakeEnd(id));
  t.clock.Advance(std::chrono::minutes(10));
  EXPECT_EQ(EndOf(t.table, id).kind, ProcessEndKind::kTimeout);
  EXPECT_THAT(Living(t.pids), IsEmpty());
}

// Between two programs a process has no environment for a moment, and must not be taken for one without.
TEST(ProcessTable, WhoseAProcessIsCanBeToldDuringAnExecve) {
  Table t;
  WriteFile(t.dir / "again", "#!/bin/sh\nexec \"$0\"\n");
  fs::permissions(t.dir / "again", fs::perms::owner_all);
  t.Start(Script("exec " + (t.dir / "again").string(), "attempt-a"));
  const auto children = ChildrenOf(getpid());
  ASSERT_EQ(children.size(), 1U);
  int early = 0;
  for (int i = 0; i < 20'000; ++i) {
    const EnvironmentLook look = VariableOf(children[0], kAttemptVariable);
    early += look.too_early ? 1 : 0;
    ASSERT_TRUE(look.too_early || look.value == "attempt-a");
  }
  EXPECT_LT(early, 10'000);
}

// A background command of one attempt lives while that attempt does, whatever else ends.
TEST(ProcessTable, StraysLiveAsLongAsTheirAttempt) {
  Table t;
  const std::string background = "(setsid sh -c 'echo $$ >> " + t.pids.string() + "; exec sleep 1000' &) ; ";
  ASSERT_EQ(mkfifo((t.dir / "a").c_str(), 0600), 0);
  const uint32_t a = t.Start(Script(background + "read x < " + (t.dir / "a").string(), "attempt-a"));
  ASSERT_TRUE(t.HasNoted(1));
  const uint32_t b = t.Start(Script(
      background + "while test $(wc -l < " + t.pids.string() + ") -lt 2; do sleep 0.01; done", "attempt-b"));
  ASSERT_TRUE(t.HasNoted(2));
  EXPECT_EQ(EndOf(t.table, b).exit_code, 0);
  EXPECT_THAT(Living(t.pids), ElementsAre(PidsIn(t.pids)[0]));
  EXPECT_FALSE(t.table.TakeEnd(a));
  WriteFile(t.dir / "a", "\n");
  EXPECT_EQ(EndOf(t.table, a).exit_code, 0);
  EXPECT_THAT(Living(t.pids), IsEmpty());
}

// What scrubs its environment could be anybody's who was there when it began.
TEST(ProcessTable, NamelessStraysLiveAsLongAsTheirPossibleMakers) {
  Table t;
  ASSERT_EQ(mkfifo((t.dir / "a").c_str(), 0600), 0);
  const uint32_t a = t.Start(Script("read x < " + (t.dir / "a").string(), "attempt-a"));
  const uint32_t b = t.Start(Script("(env -i setsid sh -c 'echo $$ >> " + t.pids.string() +
                                        "; exec sleep 1000' &); while ! test -s " + t.pids.string() +
                                        "; do sleep 0.01; done",
                                    "attempt-b"));
  EXPECT_EQ(EndOf(t.table, b).exit_code, 0);
  EXPECT_EQ(Living(t.pids).size(), 1U);
  std::this_thread::sleep_for(Millis(20));  // starts are told in hundredths of a second
  const uint32_t later = t.Start(Script("sleep 1000", "attempt-c"));  // cannot have made it
  WriteFile(t.dir / "a", "\n");
  EXPECT_EQ(EndOf(t.table, a).exit_code, 0);
  EXPECT_THAT(Living(t.pids), IsEmpty());
  t.table.Stop(later, StopHow::kForcibly);
  EndOf(t.table, later);
}

TEST(ProcessTable, ItsEndIsTheEndOfEverything) {
  const TempDir dir;
  const fs::path pids = dir / "pids";
  {
    MovableClock clock;
    ProcessTable table(clock);
    const std::string stubborn =
        "trap \"\" TERM; echo $$ >> " + pids.string() + "; while :; do sleep 100; done";
    ASSERT_TRUE(table
                    .Start(Script("setsid sh -c '" + stubborn + "' & (env -i setsid sh -c '" + stubborn +
                                  "' &) ; " + stubborn),
                           {})
                    .ok());
    ASSERT_TRUE(Eventually([&] { return PidsIn(pids).size() == 3; }));
  }
  EXPECT_THAT(Living(pids), IsEmpty());
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "children or zombies are left";
  int subreaper = 1;
  prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
  EXPECT_EQ(subreaper, 0);
}

TEST(ProcessTable, ChildrenFromBeforeAreNotItsBusiness) {
  const auto other = Spawn(Script("exec sleep 1000"));
  {
    Table t;
    EndOf(t.table, t.Start(Script("true")));
  }
  EXPECT_TRUE(IsThere(*other));
  EXPECT_FALSE(ExitCodeIfEnded(*other));
  kill(*other, SIGKILL);
  Reap(*other);
}

TEST(ProcessTable, AThousandThatLeaveNothingAreCheap) {
  Table t;
  SpawnRequest request = Script("");
  request.argv = {"/bin/true"};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    const uint32_t id = t.Start(request);
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    t.table.Poll();
    EXPECT_TRUE(t.table.TakeEnd(id)) << "nothing was left that had to be waited for";
  }
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begin);
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  EXPECT_LT(took, std::chrono::seconds(10));  // below 1 s where nothing else runs
}

TEST(KillMarked, FindsWhatADeadRunnerLeft) {
  const TempDir dir;
  const fs::path pids = dir / "pids";
  const std::string run = fmt::format("run-{}", getpid());
  const std::string hold = "echo $$ >> " + pids.string() + "; exec sleep 1000";
  // The middle process is this run's; the last has no name, but descends from it; the first is another's.
  SpawnRequest request = Script("GSD_RUN=" + run + "x sh -c '" + hold + "' & GSD_RUN=" + run +
                                " setsid sh -c 'env -i sh -c \"echo \\$\\$ >> " + pids.string() +
                                "; exec sleep 1000\" & " + hold + "' & wait");
  const auto child = Spawn(request);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(Eventually([&] { return PidsIn(pids).size() == 3; }));
  setenv("GSD_RUN", run.c_str(), 1);  // a runner that was started by an agent of the run
  EXPECT_EQ(KillMarked(run), 2U);
  unsetenv("GSD_RUN");
  EXPECT_EQ(KillMarked(run), 0U);
  size_t living = 0;
  for (pid_t pid : PidsIn(pids)) living += VariableOf(pid, "GSD_RUN").value ? 1 : 0;
  EXPECT_EQ(living, 1U);
  SignalGroup(*child, SIGKILL);
  Reap(*child);
}

// --- Verifier ---

struct Verify {
  TempDir dir;
  MovableClock clock;
  ProcessTable table{clock};
  RunFolder run{"run-1", dir.path()};
  VerifyOptions options;
  VerifyResult Result(const std::vector<std::string>& commands) {
    Verifier verifier(clock, table, run, options);
    verifier.Start(7, commands, dir.path(), dir.path());
    std::vector<VerifyResult> ended;
    EXPECT_TRUE(Eventually([&] {
      verifier.Poll(ended);
      return !ended.empty();
    }));
    EXPECT_EQ(ended.at(0).task, 7U);
    return ended.at(0);
  }
};

TEST(Verifier, CommandsRunInOrderUntilOneFails) {
  Verify v;
  EXPECT_TRUE(v.Result({}).ok);
  const VerifyResult good = v.Result({"echo 1 >> ran", "cd /\nfalse\necho 2", "pwd | tee -a ran"});
  EXPECT_TRUE(good.ok) << good.message;
  EXPECT_EQ(ReadFile(v.dir / "ran"), "1\n" + fs::canonical(v.dir.path()).string() + "\n");
  EXPECT_EQ(ReadFile(v.dir / "verify-2.log"), "2\n");

  const VerifyResult bad = v.Result({"true", "echo no >&2; exit 4", "touch never"});
  EXPECT_FALSE(bad.ok);
  EXPECT_FALSE(bad.stopped);
  EXPECT_EQ(bad.command, "echo no >&2; exit 4");
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_EQ(bad.message, "exit code 4");
  EXPECT_EQ(bad.output, "no");
  EXPECT_FALSE(fs::exists(v.dir / "never"));
}

TEST(Verifier, APipeFailsWithItsFirstPart) { EXPECT_FALSE(Verify().Result({"false | cat"}).ok); }

TEST(Verifier, OnlyTheEndOfALongOutputIsKept) {
  Verify v;
  const std::string output = v.Result({"seq 1 1000; false"}).output;
  EXPECT_EQ(Split(output, '\n').size(), 20U);
  EXPECT_TRUE(output.starts_with("981\n")) << output;
  const std::string wide =
      v.Result({"printf '\\303\\244%.0s' $(seq 5000); printf 'end\\377\\033[0m\\n'; false"}).output;
  EXPECT_LE(wide.size(), 4096U);
  EXPECT_TRUE(wide.ends_with("\u00e4end[0m")) << wide;
  EXPECT_TRUE(wide.starts_with("\u00e4"));
}

TEST(Verifier, LimitsAndStops) {
  Verify v;
  v.options.timeout = Millis(50);
  EXPECT_EQ(v.Result({"sleep 1000"}).message, "took longer than 0.1 s");
  v.options.timeout = std::chrono::minutes(10);
  v.options.output_bytes = 1000;
  EXPECT_THAT(v.Result({"head -c 2000 /dev/zero"}).message, HasSubstr("wrote more than 1,000 bytes"));
  Verifier verifier(v.clock, v.table, v.run, {});
  verifier.Start(1, {"sleep 1000"}, v.dir.path(), v.dir.path());
  verifier.Stop(1, StopHow::kForcibly);
  std::vector<VerifyResult> ended;
  ASSERT_TRUE(Eventually([&] {
    verifier.Poll(ended);
    return !ended.empty();
  }));
  EXPECT_TRUE(ended[0].stopped);
}

TEST(Verifier, WhatCannotStartIsAFailure) {
  Verify v;
  const VerifyResult result = v.Result({std::string(200'000, 'x')});
  EXPECT_FALSE(result.ok);
  EXPECT_FALSE(result.exit_code);
  EXPECT_THAT(result.message, HasSubstr("Argument list too long"));
}

// --- AttemptFiles ---

TEST(AttemptFiles, AFolderWithoutPermissionsIsRemoved) {
  const TempDir dir;
  WriteFile(dir / "a/b/c", "x");
  WriteFile(dir / "kept", "x");
  fs::create_directory_symlink(dir.path(), dir / "a/link");
  fs::permissions(dir / "a/b", fs::perms::none);
  RemoveFolder(dir / "a");
  EXPECT_FALSE(fs::exists(dir / "a"));
  EXPECT_TRUE(fs::exists(dir / "kept"));
}

TEST(AttemptFiles, PrivateFilesReplaceLinks) {
  const TempDir dir;
  WriteFile(dir / "precious", "kept");
  fs::create_symlink(dir / "precious", dir / "prompt.md");
  ASSERT_TRUE(WritePrivateFile(dir / "prompt.md", "text").ok());
  EXPECT_EQ(ReadFile(dir / "precious"), "kept");
  EXPECT_EQ(ReadFile(dir / "prompt.md"), "text");
  EXPECT_EQ(fs::status(dir / "prompt.md").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(WritePrivateFile(dir / "none/x", "").ok());
}

TEST(AttemptFiles, AHooksRepositoryIsNotTheTasks) {
  setenv("GIT_DIR", "/elsewhere", 1);
  EXPECT_THAT(TaskEnvironment({}), testing::Not(testing::Contains(testing::StartsWith("GIT_DIR="))));
  unsetenv("GIT_DIR");
}

// --- SystemClock ---

TEST(SystemClock, SignalsAndInputWakeIt) {
  SystemClock clock;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  clock.WatchInput(ends[0]);
  EXPECT_THAT(clock.Wait(clock.Now()), IsEmpty());
  kill(getpid(), SIGTSTP);
  EXPECT_THAT(clock.Wait(clock.Now()), ElementsAre(Wakeup::kSuspend));
  kill(getpid(), SIGHUP);
  kill(getpid(), SIGPIPE);  // ignored
  EXPECT_THAT(clock.Wait(clock.Now()), ElementsAre(Wakeup::kHangup));
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_THAT(clock.Wait(std::nullopt), ElementsAre(Wakeup::kInput));
  EXPECT_THAT(clock.Wait(std::nullopt), ElementsAre(Wakeup::kInput));
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 1);
  EXPECT_THAT(clock.Wait(clock.Now()), IsEmpty());
  close(ends[1]);
  EXPECT_THAT(clock.Wait(std::nullopt), ElementsAre(Wakeup::kInput));  // the end
  clock.WatchInput(-1);
  EXPECT_THAT(clock.Wait(clock.Now()), IsEmpty());
  close(ends[0]);
}

TEST(SystemClock, StoppedTimeDoesNotCount) {
  constexpr Millis kStopped(300);
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    SystemClock clock;
    const Millis before = clock.Now();
    clock.SuspendSelf();
    const bool told = clock.Wait(clock.Now()) == std::vector<Wakeup>{Wakeup::kContinue};
    _exit(clock.Now() - before < kStopped && told ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, WUNTRACED);
  ASSERT_TRUE(WIFSTOPPED(status));
  std::this_thread::sleep_for(kStopped);
  kill(child, SIGCONT);
  EXPECT_EQ(WaitFor(child), 0);
}

TEST(SystemClock, AnIgnoredHangupStaysIgnored) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGHUP, SIG_IGN);
    SystemClock clock;
    kill(getpid(), SIGHUP);
    _exit(clock.Wait(clock.Now()).empty() ? 0 : 1);
  }
  EXPECT_EQ(WaitFor(child), 0);
}

}  // namespace
}  // namespace gsd::test
