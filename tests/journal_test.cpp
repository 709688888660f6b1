// The journal and the run lock with real files and processes: whatever dies or fills up, what was committed
// is there and what was not is gone.
#include "executor/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <thread>

#include "executor/process.h"
#include "executor/run_lock.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kRun = "20261122-121500-ab12";
constexpr int64_t kNoon = 1795348800000;

std::unique_ptr<Journal> Opened(const fs::path& file) {
  auto journal = Journal::Open(file);
  EXPECT_TRUE(journal.ok()) << journal.error();
  return std::move(*journal);
}

RunRow ARun(std::string id = kRun, RunState state = RunState::kRunning) {
  RunRow run;
  run.id = std::move(id);
  run.agent = "simulate";
  run.state = state;
  run.started = kNoon;
  return run;
}

AnswerRow Approval(std::string task) { return {std::move(task), AnswerRow::Kind::kApproved, "", kNoon, 0}; }

// A child process that does something, tells "ready" and then waits for its end. What it asks of the journal
// is not checked there but by what it leaves.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      work();
      if (write(ends[1], "r", 1) == 1) pause();
      _exit(1);
    }
    close(ends[1]);
    char ready = 0;
    EXPECT_EQ(read(ends[0], &ready, 1), 1);
    close(ends[0]);
  }
  ~Child() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// A process that waits for Go(). Made before this process opens a journal: SQLite's connections do not
// survive a fork.
class Gated {
 public:
  explicit Gated(const std::function<bool()>& work) {
    EXPECT_EQ(pipe(ends_), 0);
    pid_ = fork();
    if (pid_ != 0) return;
    char byte;
    _exit(read(ends_[0], &byte, 1) == 1 && work() ? 0 : 1);
  }
  void Go() const { EXPECT_EQ(write(ends_[1], "g", 1), 1); }
  int Wait() const {
    close(ends_[0]);
    close(ends_[1]);
    return WaitFor(pid_);
  }

 private:
  int ends_[2];
  pid_t pid_ = -1;
};

// Runs in a process of its own and returns its exit code; `work` returns whether all was well there.
int ExitCodeOfFork(const std::function<bool()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work() ? 0 : 1);
  return WaitFor(pid);
}

TEST(Journal, RowsComeBackAsTheyWere) {
  TempDir dir;
  const std::string bytes("\0\xff\xfe caf\xc3\xa9 '\"\n\x1b[31m", 16);
  {
    auto journal = Opened(dir / "journal.db");
    ASSERT_TRUE(journal
                    ->PutRun({kRun, "abc", "claude", "{\"j\":5}", "base", "gsd/x", RunState::kBudget, kNoon,
                              kNoon + 5})
                    .ok());
    ASSERT_TRUE(journal->PutTask(kRun, {bytes, TaskState::kWaiting, "c0ffee", bytes, bytes, kNoon, 7}).ok());
    AttemptRow attempt;
    attempt.task = bytes;
    attempt.attempt = 3;
    attempt.model = "opus";
    attempt.stage = AttemptStage::kVerified;
    attempt.outcome = Outcome::kProtocol;
    attempt.message = bytes;
    attempt.place = "p";
    attempt.base = "b";
    attempt.tree = "t";
    attempt.commit = "c";
    attempt.kept_branch = "k";
    attempt.session = "s";
    attempt.tokens = TokenCounts{1, 2, 3, 4};
    attempt.usd = 0.125;
    attempt.counted = false;
    attempt.started = kNoon;
    attempt.ended = kNoon + 1;
    ASSERT_TRUE(journal->PutAttempt(kRun, attempt).ok());
    AttemptRow bare;
    bare.task = "a";
    ASSERT_TRUE(journal->PutAttempt(kRun, bare).ok());
    ASSERT_TRUE(journal->PutAnswer(kRun, {bytes, AnswerRow::Kind::kRejected, bytes, kNoon, 99}).ok());
  }
  auto opened = Journal::OpenReadOnly(dir / "journal.db");
  ASSERT_TRUE(opened.ok()) << opened.error();
  Journal& journal = **opened;
  const auto runs = journal.Runs();
  ASSERT_EQ(runs->size(), 1U);
  const RunRow& run = runs->front();
  EXPECT_EQ(std::tie(run.id, run.manifest_sha256, run.agent, run.options, run.base, run.branch),
            std::make_tuple(kRun, "abc", "claude", "{\"j\":5}", "base", "gsd/x"));
  EXPECT_EQ(run.state, RunState::kBudget);
  EXPECT_EQ(run.ended - run.started, 5);
  const auto tasks = journal.Tasks(kRun);
  ASSERT_EQ(tasks->size(), 1U);
  const TaskRow& task = tasks->front();
  EXPECT_EQ(std::tie(task.task, task.commit, task.text, task.message),
            std::make_tuple(bytes, "c0ffee", bytes, bytes));
  EXPECT_EQ(task.state, TaskState::kWaiting);
  EXPECT_EQ(std::pair(task.wait_until, task.answer), std::pair(kNoon, int64_t{7}));
  const auto attempts = journal.Attempts(kRun);
  ASSERT_EQ(attempts->size(), 2U);  // by id: NUL sorts first
  const AttemptRow& full = attempts->at(0);
  EXPECT_EQ(std::tie(full.task, full.model, full.message, full.place, full.base, full.tree, full.commit,
                     full.kept_branch, full.session),
            std::make_tuple(bytes, "opus", bytes, "p", "b", "t", "c", "k", "s"));
  EXPECT_EQ(std::tuple(full.attempt, full.stage, full.outcome, full.usd, full.counted),
            std::tuple(3, AttemptStage::kVerified, Outcome::kProtocol, 0.125, false));
  EXPECT_EQ(std::tuple(full.tokens->input, full.tokens->output, full.tokens->cache_creation,
                       full.tokens->cache_read, full.started, full.ended),
            std::tuple(1, 2, 3, 4, kNoon, kNoon + 1));
  const AttemptRow& bare = attempts->at(1);
  EXPECT_FALSE(bare.outcome || bare.tokens || bare.usd);
  EXPECT_TRUE(bare.counted);
  const auto answers = journal.Answers(kRun);
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_EQ(answers->front().text, bytes);
  EXPECT_EQ(answers->front().kind, AnswerRow::Kind::kRejected);
  EXPECT_EQ(answers->front().id, 1);
  EXPECT_FALSE(journal.PutRun(ARun()).ok());  // read-only
}

TEST(Journal, PuttingReplacesAndRemovingTakesAllAlong) {
  auto opened = Journal::OpenInMemory();
  ASSERT_TRUE(opened.ok());
  Journal& journal = **opened;
  RunRow run = ARun();
  ASSERT_TRUE(journal.PutRun(run).ok());
  ASSERT_TRUE(journal.PutTask(kRun, {"1", TaskState::kRunning, "", "", "", 0, 0}).ok());
  ASSERT_TRUE(journal.PutAnswer(kRun, Approval("1")).ok());
  run.state = RunState::kDone;
  ASSERT_TRUE(journal.PutRun(run).ok());
  ASSERT_TRUE(journal.PutTask(kRun, {"1", TaskState::kDone, "", "", "", 0, 0}).ok());
  EXPECT_EQ(journal.Runs()->at(0).state, RunState::kDone);
  ASSERT_EQ(journal.Tasks(kRun)->size(), 1U);
  EXPECT_EQ(journal.Tasks(kRun)->at(0).state, TaskState::kDone);
  EXPECT_FALSE(journal.PutTask("no such run", {}).ok());
  ASSERT_TRUE(journal.RemoveRun(kRun).ok());
  EXPECT_TRUE(journal.Runs()->empty());
  EXPECT_TRUE(journal.Tasks(kRun)->empty());
  EXPECT_TRUE(journal.Answers(kRun)->empty());
  // A number is never given twice, or an old answer could pass for a new one.
  ASSERT_TRUE(journal.PutRun(run).ok() && journal.PutAnswer(kRun, Approval("1")).ok());
  EXPECT_EQ(journal.Answers(kRun)->at(0).id, 2);
}

TEST(Journal, FiguresAreSaneWhateverStandsThere) {
  auto journal = Journal::OpenInMemory();
  RunRow run = ARun();
  run.started = INT64_MIN;
  run.ended = INT64_MAX;
  ASSERT_TRUE((*journal)->PutRun(run).ok());
  AttemptRow attempt;
  attempt.attempt = -1;
  attempt.tokens = TokenCounts{INT64_MAX, -1, 0, 0};
  attempt.usd = -1e300;
  ASSERT_TRUE((*journal)->PutAttempt(kRun, attempt).ok());
  EXPECT_EQ((*journal)->Runs()->at(0).started, 0);
  EXPECT_EQ((*journal)->Runs()->at(0).ended, 9214646399999);
  const AttemptRow read = (*journal)->Attempts(kRun)->at(0);
  EXPECT_EQ(read.attempt, 1);
  EXPECT_EQ(read.tokens->input, 1'000'000'000'000);
  EXPECT_EQ(read.tokens->output, 0);
  EXPECT_EQ(read.usd, 0);
}

TEST(Journal, RunsComeNewestFirst) {
  auto journal = Journal::OpenInMemory();
  for (const int i : {1, 3, 2}) {
    RunRow run = ARun(std::to_string(i));
    run.started = i;
    ASSERT_TRUE((*journal)->PutRun(run).ok());
  }
  EXPECT_EQ((*journal)->Runs()->front().id, "3");
  EXPECT_EQ((*journal)->Runs()->back().id, "1");
}

TEST(Journal, AnOpenAnswerIsOneThatWasNotActedOn) {
  TaskRow task;
  task.task = "1";
  std::vector<AnswerRow> answers = {Approval("2"), Approval("1"), Approval("1")};
  for (size_t i = 0; i < answers.size(); ++i) answers[i].id = static_cast<int64_t>(i) + 1;
  EXPECT_EQ(OpenAnswer(task, answers), &answers[1]);
  task.answer = 2;
  EXPECT_EQ(OpenAnswer(task, answers), &answers[2]);
  task.answer = 3;
  EXPECT_EQ(OpenAnswer(task, answers), nullptr);
}

TEST(Journal, AStepThatFailsFailsTheTransaction) {
  auto opened = Journal::OpenInMemory();
  Journal& journal = **opened;
  ASSERT_TRUE(journal.PutRun(ARun()).ok());
  ASSERT_TRUE(journal.Begin().ok());
  EXPECT_TRUE(journal.PutTask(kRun, {"1", TaskState::kDone, "", "", "", 0, 0}).ok());
  EXPECT_FALSE(journal.PutTask("no such run", {}).ok());
  EXPECT_FALSE(journal.Commit().ok());
  EXPECT_TRUE(journal.Tasks(kRun)->empty());
  ASSERT_TRUE(journal.Begin().ok());
  EXPECT_TRUE(journal.Commit().ok());
}

TEST(Journal, AnotherProcessesWritingIsNoticed) {
  TempDir dir;
  ASSERT_TRUE(Opened(dir / "journal.db")->PutRun(ARun()).ok());
  Gated child([&] { return Opened(dir / "journal.db")->PutAnswer(kRun, Approval("1")).ok(); });
  auto journal = Opened(dir / "journal.db");
  const auto before = journal->DataVersion();
  ASSERT_TRUE(journal->PutTask(kRun, {"1", TaskState::kWaiting, "", "", "", 0, 0}).ok());
  EXPECT_EQ(*journal->DataVersion(), *before);
  child.Go();
  ASSERT_EQ(child.Wait(), 0);
  EXPECT_NE(*journal->DataVersion(), *before);
  EXPECT_EQ(journal->Answers(kRun)->size(), 1U);
}

TEST(Journal, TwoAnswerWhileAWriterIsAtIt) {
  TempDir dir;
  ASSERT_TRUE(Opened(dir / "journal.db")->PutRun(ARun()).ok());
  const auto answer = [&](const char* task) {
    const auto journal = Journal::Open(dir / "journal.db");
    return journal.ok() && (*journal)->Begin().ok() && (*journal)->PutAnswer(kRun, Approval(task)).ok() &&
           (*journal)->Commit().ok();
  };
  Gated first([&] { return answer("1"); }), second([&] { return answer("2"); });
  auto journal = Opened(dir / "journal.db");
  ASSERT_TRUE(journal->Begin().ok());
  ASSERT_TRUE(journal->PutTask(kRun, {"1", TaskState::kWaiting, "", "", "", 0, 0}).ok());
  first.Go();
  second.Go();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // they come and find it locked
  EXPECT_TRUE(journal->Answers(kRun)->empty());
  ASSERT_TRUE(journal->Commit().ok());
  EXPECT_EQ(first.Wait(), 0);
  EXPECT_EQ(second.Wait(), 0);
  EXPECT_EQ(journal->Answers(kRun)->size(), 2U);
}

TEST(Journal, KilledBeforeCommitNothingHasHappened) {
  TempDir dir;
  ASSERT_TRUE(Opened(dir / "journal.db")->PutRun(ARun()).ok());
  std::unique_ptr<Journal> in_child;
  Child child([&] {
    in_child = Opened(dir / "journal.db");
    (void)in_child->PutTask(kRun, {"committed", TaskState::kDone, "", "", "", 0, 0}).ok();
    (void)in_child->Begin().ok();
    (void)in_child->PutTask(kRun, {"not committed", TaskState::kDone, "", "", "", 0, 0}).ok();
    (void)in_child->PutRun(ARun(kRun, RunState::kDone)).ok();
  });
  child.Kill();
  EXPECT_TRUE(Journal::OpenReadOnly(dir / "journal.db").ok());  // which must not spoil it
  auto journal = Opened(dir / "journal.db");
  EXPECT_EQ(journal->Runs()->at(0).state, RunState::kRunning);
  ASSERT_EQ(journal->Tasks(kRun)->size(), 1U);
  EXPECT_EQ(journal->Tasks(kRun)->at(0).task, "committed");
  EXPECT_TRUE(journal->PutRun(ARun(kRun, RunState::kDone)).ok());
}

TEST(Journal, AFullDiskIsToldAndWhatWasThereStays) {
  TempDir dir;
  ASSERT_TRUE(Opened(dir / "journal.db")->PutRun(ARun()).ok());
  EXPECT_EQ(ExitCodeOfFork([&] {
              auto journal = Opened(dir / "journal.db");
              // No file may grow further than this; without the signal a write just fails.
              signal(SIGXFSZ, SIG_IGN);
              const rlimit limit = {200'000, 200'000};
              if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
              TaskRow task;
              task.text = std::string(50'000, 'x');
              int committed = 0;
              for (int i = 0; i < 100; ++i) {
                task.task = fmt::format("{:03}", i);
                if (!journal->Begin().ok()) return false;
                (void)journal->PutTask(kRun, task).ok();
                const Status status = journal->Commit();
                if (!status.ok()) {
                  // Still there, and as it was; and it can still be written once there is room.
                  const auto tasks = journal->Tasks(kRun);
                  return status.error().find("journal.db: File too large") != std::string::npos &&
                         tasks.ok() && tasks->size() == static_cast<size_t>(committed) && committed > 0;
                }
                ++committed;
              }
              return false;
            }),
            0);
  auto journal = Opened(dir / "journal.db");
  EXPECT_GT(journal->Tasks(kRun)->size(), 0U);
  EXPECT_TRUE(journal->PutRun(ARun(kRun, RunState::kFailed)).ok());
}

TEST(Journal, WhatIsNoJournalIsRefusedAndKept) {
  TempDir dir;
  const fs::path file = dir / "journal.db";
  const auto refusal = [&] {
    const std::string before = ReadFile(file);
    const auto opened = Journal::Open(file);
    EXPECT_EQ(ReadFile(file), before);
    return opened.ok() ? "" : opened.error();
  };
  WriteFile(file, "this is not a database, and it is long enough to be seen as none by anybody who reads it");
  EXPECT_THAT(refusal(), StartsWith(file.string() + " is damaged or no journal of gsd-run: file is not a "
                                                    "database; move it away"));

  fs::remove(file);
  ASSERT_TRUE(Opened(file)->PutRun(ARun()).ok());
  const std::string good = ReadFile(file);
  const auto patched = [&](size_t offset, const std::string& bytes) {
    std::string changed = good;
    changed.replace(offset, bytes.size(), bytes);
    WriteFile(file, changed);
  };
  patched(60, std::string("\0\0\0\7", 4));  // PRAGMA user_version
  EXPECT_EQ(refusal(), file.string() +
                           " was written by a newer gsd-run (format 7, this one knows 1); use that "
                           "one, or move the file away");
  patched(68, "abcd");  // PRAGMA application_id
  EXPECT_THAT(refusal(), HasSubstr("it is another program's database"));

  // Pages of rubbish behind a good header: whatever is asked, an answer comes and no crash.
  patched(4096, std::string(good.size() - 4096, '\x7b'));
  auto damaged = Journal::Open(file);
  ASSERT_TRUE(damaged.ok()) << damaged.error();
  const auto runs = (*damaged)->Runs();
  ASSERT_FALSE(runs.ok());
  EXPECT_THAT(runs.error(), HasSubstr("is damaged or no journal"));
  EXPECT_FALSE((*damaged)->PutRun(ARun()).ok());
  damaged->reset();

  std::string renamed = good;
  renamed.replace(renamed.find("running"), 7, "jogging");
  WriteFile(file, renamed);
  EXPECT_THAT(Opened(file)->Runs().error(), HasSubstr("\"jogging\" has no meaning there"));

  WriteFile(file, "");
  EXPECT_THAT(Journal::OpenReadOnly(file).error(), HasSubstr("it is empty"));
  fs::remove(file);
  EXPECT_THAT(Journal::OpenReadOnly(file).error(), HasSubstr("No such file or directory"));
  EXPECT_FALSE(fs::exists(file));
}

TEST(Journal, IsNoLinkAndNoFolder) {
  TempDir dir;
  fs::create_symlink(dir / "elsewhere", dir / "journal.db");
  EXPECT_THAT(Journal::Open(dir / "journal.db").error(), HasSubstr("not a regular file"));
  EXPECT_FALSE(fs::exists(dir / "elsewhere"));
  fs::create_directory(dir / "folder");
  EXPECT_THAT(Journal::Open(dir / "folder").error(), HasSubstr("not a regular file"));
  EXPECT_THAT(Journal::Open(dir / "missing/journal.db").error(), HasSubstr("No such file or directory"));
  // A folder above it may be one.
  fs::create_directory_symlink(dir / "folder", dir / "link");
  EXPECT_TRUE(Journal::Open(dir / "link/journal.db").ok());
}

TEST(Journal, TenThousandTasks) {
  TempDir dir;
  auto journal = Opened(dir / "journal.db");
  ASSERT_TRUE(journal->PutRun(ARun()).ok());
  const auto start = std::chrono::steady_clock::now();
  constexpr int kTasks = 10'000;
  for (int i = 0; i < kTasks; ++i) {
    if (i % 5 == 0) {
      ASSERT_TRUE(journal->Begin().ok());
    }
    TaskRow task;
    task.task = fmt::format("01-{:02}:{}", i / 100, i);
    task.state = TaskState::kDone;
    task.commit = std::string(40, 'c');
    task.text = std::string(200, 't');
    AttemptRow attempt;
    attempt.task = task.task;
    attempt.model = "sonnet";
    attempt.outcome = Outcome::kOk;
    attempt.tokens = TokenCounts{1, 2, 3, 4};
    ASSERT_TRUE(journal->PutTask(kRun, task).ok());
    ASSERT_TRUE(journal->PutAttempt(kRun, attempt).ok());
    if (i % 5 == 4) {
      ASSERT_TRUE(journal->Commit().ok());
    }
  }
  EXPECT_EQ(journal->Tasks(kRun)->size(), size_t{kTasks});
  EXPECT_EQ(journal->Attempts(kRun)->size(), size_t{kTasks});
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  EXPECT_LT(took, Millis(3000)) << "expected are less than 300 ms";  // sanitizers, busy machines
}

TEST(RunLockTest, OneAtATimeAndNothingIsLeftOfTheDead) {
  TempDir dir;
  const fs::path file = dir / "lock";
  setenv("TZ", "UTC", 1);
  EXPECT_FALSE(ReadLockHolder(file)->has_value());
  std::optional<RunLock> in_child;
  Child child([&] {
    if (auto lock = RunLock::Take(file, kRun, kNoon); lock.ok()) in_child.emplace(std::move(*lock));
  });
  const auto holder = ReadLockHolder(file);
  ASSERT_TRUE(holder.ok() && holder->has_value());
  EXPECT_EQ((*holder)->pid, child.pid());
  EXPECT_EQ((*holder)->run, kRun);
  const auto second = RunLock::Take(file, "other", kNoon);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(),
            fmt::format("another gsd-run (pid {}, run {}, since 2026-11-22 12:00) works in this project",
                        child.pid(), kRun));
  child.Kill();
  EXPECT_FALSE(ReadLockHolder(file)->has_value());
  const auto third = RunLock::Take(file, "", kNoon);
  ASSERT_TRUE(third.ok()) << third.error();
  EXPECT_THAT(RunLock::Take(file, kRun, kNoon).error(), HasSubstr("cleaning up"));
}

TEST(RunLockTest, EndsWithTheScopeAndIsNotInherited) {
  TempDir dir;
  pid_t sleeper = 0;
  {
    const auto lock = RunLock::Take(dir / "lock", kRun, kNoon);
    ASSERT_TRUE(lock.ok());
    SpawnRequest request;
    request.argv = {"sleep", "60"};
    request.environment = EnvironmentWith({});
    const auto spawned = Spawn(request);
    ASSERT_TRUE(spawned.ok()) << spawned.error();
    sleeper = *spawned;
  }
  EXPECT_TRUE(RunLock::Take(dir / "lock", kRun, kNoon).ok());
  kill(sleeper, SIGKILL);
  WaitFor(sleeper);
}

TEST(RunLockTest, WhoLooksDoesNotStandInTheWay) {
  TempDir dir;
  ASSERT_TRUE(RunLock::Take(dir / "lock", kRun, kNoon).ok());
  Child looker([&] {
    if (fork() != 0) return;
    for (int i = 0; i < 3000; ++i) (void)ReadLockHolder(dir / "lock").ok();
    _exit(0);
  });
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(RunLock::Take(dir / "lock", kRun, kNoon).ok());
}

TEST(RunLockTest, RubbishAndLinks) {
  TempDir dir;
  const auto lock = RunLock::Take(dir / "lock", kRun, kNoon);
  for (const char* text : {"", "x", "1 2", "a b c", "-5 \x1b[31m 99999999999999999999", "\xff\xff\xff"}) {
    WriteFile(dir / "lock", text);
    const auto holder = ReadLockHolder(dir / "lock");
    ASSERT_TRUE(holder.ok() && holder->has_value()) << text;
    EXPECT_THAT(HolderMessage(**holder), StartsWith("another gsd-run works"));
  }
  WriteFile(dir / "lock", "7 \x1b[31m 9223372036854775807");
  EXPECT_THAT(HolderMessage(**ReadLockHolder(dir / "lock")), HasSubstr("(pid 7, run \\x1b[31m, since ?)"));
  WriteFile(dir / "file", "precious");
  fs::create_symlink(dir / "file", dir / "link");
  EXPECT_FALSE(RunLock::Take(dir / "link", kRun, kNoon).ok());
  EXPECT_EQ(ReadFile(dir / "file"), "precious");
  EXPECT_THAT(RunLock::Take(dir / "missing/lock", kRun, kNoon).error(), HasSubstr("No such file"));
}

// The kernel is made to refuse flock as such a file system would.
TEST(RunLockTest, AFileSystemWithoutLocks) {
  TempDir dir;
  EXPECT_EQ(ExitCodeOfFork([&] {
              sock_filter code[] = {
                  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
              };
              const sock_fprog program = {4, code};
              prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
              if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return true;  // not allowed here
              const auto lock = RunLock::Take(dir / "lock", kRun, kNoon);
              const auto holder = ReadLockHolder(dir / "lock");
              return !lock.ok() && !holder.ok() &&
                     lock.error().find("lock: No locks available; the project must be on a file system") !=
                         std::string::npos;
            }),
            0);
}

}  // namespace
}  // namespace gsd::test
