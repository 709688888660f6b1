// Whole runs in real git repositories, with bash scripts as agents: what is integrated, what is kept, what a
// person decides, and what is left after a kill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/run_repository.h"

namespace gsd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(IsolatedRun, TheWholeWay) {
  const Repository repo;
  const auto result = repo.Run("");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(repo.Log().size(), 7U);
  for (int n = 1; n <= 7; ++n)
    EXPECT_EQ(ReadFile(repo.dir / fmt::format("src/{}.ts", n)), fmt::format("task {}\n", n));
  EXPECT_EQ(repo.Git("status --porcelain"), "");
  EXPECT_EQ(repo.Git("rev-list --count HEAD"), "9");  // the start, seven tasks, the summary
  EXPECT_EQ(repo.Git("log --format='%(trailers:key=Gsd-Task,valueonly)' | grep -c :"), "7");
  EXPECT_THAT(ReadFile(repo.dir / kSummaryPath), HasSubstr("status: complete"));
  EXPECT_FALSE(fs::exists(repo.dir / ".gsd/worktrees") &&
               !fs::is_empty(repo.dir / ".gsd/worktrees" / repo.RunDir().filename()));
  EXPECT_EQ(repo.Git("worktree list | wc -l"), "1");
}

TEST(IsolatedRun, WhatTheUserIsDoingIsNotTouched) {
  const Repository repo;
  WriteFile(repo.dir / "README.md", "half a sentence\n");
  WriteFile(repo.dir / "staged.txt", "staged\n");
  repo.Git("add staged.txt");
  const std::string head = repo.Git("rev-parse HEAD"), index = ReadFile(repo.dir / ".git/index");
  const auto result = repo.Run("");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(repo.Git("rev-parse HEAD"), head);
  EXPECT_EQ(ReadFile(repo.dir / ".git/index"), index);
  EXPECT_EQ(ReadFile(repo.dir / "README.md"), "half a sentence\n");
  EXPECT_FALSE(fs::exists(repo.dir / "src"));
  EXPECT_THAT(result.out, HasSubstr("git merge gsd/"));
  EXPECT_THAT(result.err, HasSubstr("2 changed files are not committed"));
  EXPECT_EQ(repo.Git("show gsd/" + repo.RunDir().filename().string() + ":src/7.ts"), "task 7");
}

TEST(IsolatedRun, AFailureEscalatesAndIsToldToTheNextAttempt) {
  const Repository repo;
  const auto result =
      repo.Run("if [ $n = 4 ] && [ $GSD_ATTEMPT = 1 ]; then rm src/4.ts; mkdir -p src; : > src/4.ts; fi");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  const auto log = repo.Log();
  EXPECT_THAT(log, testing::Contains("08-02:4 1 claude-haiku"));
  EXPECT_THAT(log, testing::Contains("08-02:4 2 claude-sonnet"));
  EXPECT_THAT(ReadFile(repo.RunDir() / "08-02_4.2/prompt.md"),
              HasSubstr("verification failed: `test -s src/4.ts`: exit code 1"));
  EXPECT_THAT(result.out, HasSubstr("kept   08-02:4"));
}

TEST(IsolatedRun, WhatIsOutOfScopeIsNotAccepted) {
  const Repository repo;
  const auto result = repo.Run("if [ $n = 2 ]; then echo x > README.md; fi", {"--retries=1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("did not declare under files: changed README.md"));
  EXPECT_EQ(ReadFile(repo.dir / "README.md"), "hello\n");
  EXPECT_EQ(repo.Starts("08-02:2"), 2U);
  EXPECT_EQ(repo.Starts("08-02:3"), 0U);
  // The work is not lost.
  EXPECT_EQ(repo.Git("branch --list 'gsd/*-08-02_2.*' | wc -l"), "2");
}

TEST(IsolatedRun, AConflictIsDoneOnceMoreOnTheNewBase) {
  const Repository repo;
  // Both write one file that neither declares; the second on top of the first the next time.
  const auto result = repo.Run(R"(
if [ $n = 4 ] || [ $n = 5 ]; then
  touch $OUTSIDE/ready-$n-$GSD_ATTEMPT
  for i in $(seq 200); do test -e $OUTSIDE/ready-4-1 && test -e $OUTSIDE/ready-5-1 && break; sleep 0.02; done
  echo "line of $n" >> src/both.txt
fi)",
                               {"--scope=warn"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("conflicts with that of another task in src/both.txt"));
  EXPECT_EQ(repo.Starts("08-02:4") + repo.Starts("08-02:5"), 3U);
  EXPECT_EQ(repo.Git("show HEAD:src/both.txt | wc -l"), "2");
  EXPECT_THAT(result.out, HasSubstr("changed what it did not declare: created src/both.txt"));
}

TEST(IsolatedRun, ACheckpointWaitsForItsAnswer) {
  const Repository repo(WithCheckpoint("decision"));
  const auto waiting = repo.Run("");
  EXPECT_EQ(waiting.exit_code, 3) << waiting.out;
  EXPECT_THAT(waiting.out, HasSubstr("gsd-run choose 08-02:7 a"));
  EXPECT_EQ(repo.Log().size(), 6U);
  EXPECT_EQ(repo.Command({"approve", "7"}).exit_code, 2);
  EXPECT_EQ(repo.Command({"choose", "7", "b"}).exit_code, 0);
  const auto resumed = repo.Command({"resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(repo.Log().size(), 6U);  // no task ran again
  EXPECT_THAT(resumed.out, HasSubstr("passed 08-02:7"));
  EXPECT_EQ(repo.Git("status --porcelain"), "");
}

TEST(IsolatedRun, ARejectionFeedsTheNextAttempt) {
  const Repository repo(WithCheckpoint("human-verify"));
  ASSERT_EQ(repo.Run("echo \"try $GSD_ATTEMPT\" >> src/$n.ts").exit_code, 3);
  ASSERT_EQ(repo.Command({"reject", "7", "the button is red"}).exit_code, 0);
  const auto again = repo.Command({"resume"});
  EXPECT_EQ(again.exit_code, 3) << again.out << again.err;
  EXPECT_EQ(repo.Starts("08-02:6"), 2U);
  EXPECT_EQ(repo.Log().size(), 7U);
  EXPECT_THAT(ReadFile(repo.RunDir() / "08-02_6.2/prompt.md"), HasSubstr("the button is red"));
  EXPECT_EQ(repo.Git("show HEAD:src/6.ts | tail -1"), "try 2");
  ASSERT_EQ(repo.Command({"approve", "7"}).exit_code, 0);
  EXPECT_EQ(repo.Command({"resume"}).exit_code, 0);
}

TEST(IsolatedRun, ABudgetThatIsReachedStopsTheRunUntilThereIsMore) {
  const Repository repo;
  const std::string reports =
      R"(echo '{"tokens":{"input":4000,"output":0,"cache_creation":0,"cache_read":9}}' > "$GSD_RESULT")";
  const auto result = repo.Run(reports, {"--budget-tokens=14000"});
  EXPECT_EQ(result.exit_code, 4) << result.out;
  EXPECT_THAT(result.err, HasSubstr("and the budget is 14,000: --budget-tokens=N raises it"));
  EXPECT_THAT(result.out, HasSubstr("does not fit into what remains of the budget: up to "));
  EXPECT_THAT(result.out, HasSubstr("tokens are needed and 2,000 of 14,000 are left"));
  EXPECT_THAT(result.out, HasSubstr(" --budget-tokens=MORE` goes on with it"));
  EXPECT_EQ(repo.Log().size(), 3U);  // 12,000 tokens; the next ones need more than 2,000
  const auto resumed = repo.Command({"resume", "--budget-tokens=1000000"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(repo.Log().size(), 7U);
}

TEST(IsolatedRun, OneRunnerAtATime) {
  const Repository repo;
  const auto result = repo.Run("if [ $n = 1 ]; then cd $OUTSIDE/.. ; " + GsdRun().string() +
                               " status --root=" + repo.dir.path().string() + " > $OUTSIDE/status; " + "cd " +
                               repo.dir.path().string() + " && " + GsdRun().string() +
                               " manifest.json --agent=simulate > $OUTSIDE/second 2>&1; true; fi");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(ReadFile(repo.outside / "second"), HasSubstr("another gsd-run (pid"));
  EXPECT_THAT(ReadFile(repo.outside / "status"), HasSubstr("running"));
}

// Starts gsd-run and kills it, alone, after some time. Its exit status, or nothing when it had ended before.
bool KillAfter(const Repository& repo, const Args& args, std::chrono::microseconds when) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (const std::string& variable : repo.Environment()) putenv(strdup(variable.c_str()));
    if (chdir(repo.dir.path().c_str()) != 0) _exit(99);
    freopen("/dev/null", "w", stdout);
    freopen("/dev/null", "w", stderr);
    std::vector<char*> argv = {strdup(GsdRun().c_str())};
    for (const std::string& arg : args) argv.push_back(strdup(arg.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(98);
  }
  std::this_thread::sleep_for(when);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

size_t ProcessesOf(const std::string& run) {
  size_t found = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream environment(entry.path() / "environ", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(environment)), {});
    if (text.find("GSD_RUN=" + run) != std::string::npos) ++found;
  }
  return found;
}

// A few rounds each time; GSD_FAULT_ROUNDS=1000 for many.
TEST(IsolatedRun, KilledAtAnyMomentItIsFinishedByResume) {
  const char* wanted = std::getenv("GSD_FAULT_ROUNDS");
  const int rounds = wanted == nullptr ? 4 : std::atoi(wanted);
  std::mt19937 random(std::random_device{}());
  int kills = 0;
  for (int round = 0; round < rounds; ++round) {
    const Repository repo;
    // Finished means: told to the journal. A task is noted as finished once the next one of the run sees it.
    Args args = repo.RunArgs("sleep 0.0$((RANDOM % 5)); (setsid sleep 30 &)", {"--integrate=branch"});
    const auto pick = [&] { return std::chrono::microseconds(random() % 700'000); };
    if (KillAfter(repo, args, pick())) ++kills;
    for (int i = 0; i < 3 && fs::exists(repo.dir / ".gsd/journal.db"); ++i) {
      const std::string before = repo.Command({"status", "--format=json"}).out;
      const auto log_before = repo.Log();
      if (KillAfter(repo, {"resume"}, pick())) ++kills;
      // What was done before this part was not started by it.
      const auto status = nlohmann::json::parse(before, nullptr, false);
      if (status.is_discarded() || !status.contains("tasks")) continue;
      for (const auto& task : status["tasks"]) {
        if (task["state"] != "done") continue;
        const auto starts = [&](const std::vector<std::string>& log) {
          return std::count_if(log.begin(), log.end(), [&](const std::string& line) {
            return line.starts_with(task["id"].get<std::string>() + " ");
          });
        };
        ASSERT_EQ(starts(repo.Log()), starts(log_before)) << task["id"] << " ran again in round " << round;
      }
    }
    const auto last = fs::exists(repo.dir / ".gsd/journal.db") && !fs::is_empty(repo.dir / ".gsd/runs") &&
                              repo.Command({"status"}).out.find("run 2") != std::string::npos
                          ? repo.Command({"resume"})
                          : repo.Command(args);
    const bool was_done = last.err.find("all are done") != std::string::npos;
    ASSERT_TRUE(was_done || last.exit_code == 0) << "round " << round << "\n" << last.out << last.err;
    // Integrated here, not by the run: a kill while git itself changes the checkout is git's to survive.
    repo.Git(
        "for-each-ref --format='%(refname:short)' refs/heads/gsd | grep -E '^gsd/[0-9]+-[0-9]+-[0-9a-f]{4}$' "
        "| "
        "while read b; do git cat-file -e $b:src/7.ts 2> /dev/null && git merge -q --ff-only $b; done; true");
    for (int n = 1; n <= 7; ++n) {
      const std::string name = fmt::format("src/{}.ts", n);
      ASSERT_TRUE(fs::exists(repo.dir / name)) << name << " in round " << round << last.out;
      ASSERT_EQ(ReadFile(repo.dir / name), fmt::format("task {}\n", n));
      ASSERT_EQ(repo.Git(fmt::format("log --format=%H --grep='Gsd-Task: 08-02:{}' | wc -l", n)), "1")
          << "round " << round;
    }
    ASSERT_EQ(repo.Git("status --porcelain"), "") << "round " << round << "\n" << last.out << last.err;
    ASSERT_EQ(repo.Git("fsck --no-dangling --no-progress 2>&1 | grep -vc '^notice' || true"), "0");
    for (const auto& run : fs::directory_iterator(repo.dir / ".gsd/runs"))
      ASSERT_EQ(ProcessesOf(run.path().filename().string()), 0U) << "round " << round;
  }
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace gsd::test
