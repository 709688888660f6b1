// The journal: what a run has begun, done and been told, so that another process can go on after the one that
// wrote it has died. An SQLite database, <root>/.gsd/journal.db.
//
// What is committed survives the death of the process at any point. It is not flushed to the disk each time
// (WAL, synchronous=NORMAL): a power failure or a crash of the machine may take the last transactions with
// it, never a part of one, and never leaves a file that cannot be read. A resumed run then does again what
// those told of.
//
// Several processes may have it open: one runner, and commands that read it or put an answer. A writer that
// meets another one waits up to kJournalPatience, then gets an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/agent.h"
#include "executor/scheduler.h"

namespace gsd {

inline constexpr Millis kJournalPatience{5000};

// Where it stands below a project's root.
inline std::filesystem::path JournalPath(const std::filesystem::path& root) {
  return root / ".gsd" / "journal.db";
}

// Texts may hold any bytes, at most 16 MiB each; whoever puts them bounds them. Times are milliseconds since
// 1970 (UTC), 0: not yet. What is read back lies within sane ranges, whatever stands in the file: times up to
// the year 2261, token counts up to 10^12 each, USD up to 10^9, none negative.

// How far a run has come. kRunning while nobody holds the run lock: its process died.
enum class RunState : uint8_t { kRunning, kWaiting, kDone, kFailed, kBudget, kInterrupted };
std::string_view RunStateName(RunState state);

struct RunRow {
  std::string id;
  std::string manifest_sha256;
  std::string agent;
  std::string options;       // JSON: those that resuming it needs
  std::string base, branch;  // git: where it began, where its work is collected; "" without git
  RunState state = RunState::kRunning;
  int64_t started = 0, ended = 0;
};

struct TaskRow {
  std::string task;  // its id in the manifest
  TaskState state = TaskState::kBlocked;
  std::string commit;      // of its work on the run's branch
  std::string text;        // what it delivered, for the prompts of the tasks that follow
  std::string message;     // why it failed or waits
  int64_t wait_until = 0;  // not to be tried again before; 0: at once
  int64_t answer = 0;      // the last AnswerRow::id that was acted on; 0: none
};

// How far an attempt has come; each step is committed before the next begins.
enum class AttemptStage : uint8_t { kStarting, kAgentEnded, kVerified, kEnded };
std::string_view AttemptStageName(AttemptStage stage);

struct AttemptRow {
  std::string task;
  int attempt = 1;
  std::string model;
  AttemptStage stage = AttemptStage::kStarting;
  std::optional<Outcome> outcome;  // once it is known
  std::string message;             // why not ok
  std::string place, base, tree;   // the work tree's name, the commit it began at, the tree that it left
  std::string commit, kept_branch, session;
  std::optional<TokenCounts> tokens;  // nothing: not reported
  std::optional<double> usd;
  bool counted = true;  // against --retries
  int64_t started = 0, ended = 0;
};

// What a person said at a checkpoint.
struct AnswerRow {
  enum class Kind : uint8_t { kApproved, kChosen, kRejected };
  std::string task;
  Kind kind = Kind::kApproved;
  std::string text;  // the chosen option's id, or why it was rejected
  int64_t at = 0;
  int64_t id = 0;  // given by the journal, ascending, never twice
};
std::string_view AnswerKindName(AnswerRow::Kind kind);

// An answer that has not been acted on yet, or null.
const AnswerRow* OpenAnswer(const TaskRow& task, const std::vector<AnswerRow>& answers);

class Journal {
 public:
  // Opens the file, or makes it in a folder that is there. Refused, and left as it is: what is no journal, is
  // damaged, was written by a newer version, or is a link.
  static Result<std::unique_ptr<Journal>> Open(const std::filesystem::path& file);
  // Never makes or changes a journal.
  static Result<std::unique_ptr<Journal>> OpenReadOnly(const std::filesystem::path& file);
  static Result<std::unique_ptr<Journal>> OpenInMemory();
  ~Journal();  // a transaction that is not committed is undone

  // One transaction, seen by others as a whole or not at all. It holds the write lock from Begin on. When a
  // step in it fails, Commit fails with that step's error. A failed Commit leaves the journal as it was
  // before Begin. Without a transaction each Put is one. In a journal opened for reading it is a view: what
  // is read up to Commit belongs together.
  Status Begin();
  Status Commit();

  // Puts a row in the place of the one with the same key: id; task; task and attempt. Answers are added;
  // their `id` is ignored. The run of all others must be there.
  Status PutRun(const RunRow& run);
  Status PutTask(const std::string& run, const TaskRow& task);
  Status PutAttempt(const std::string& run, const AttemptRow& attempt);
  Status PutAnswer(const std::string& run, const AnswerRow& answer);
  // With all that belongs to it.
  Status RemoveRun(const std::string& run);

  Result<std::vector<RunRow>> Runs();                                // newest first
  Result<std::vector<TaskRow>> Tasks(const std::string& run);        // by id
  Result<std::vector<AttemptRow>> Attempts(const std::string& run);  // by task id, then attempt
  Result<std::vector<AnswerRow>> Answers(const std::string& run);    // in the order given
  // Another number than before when another process has committed something since: an answer, for one.
  Result<int64_t> DataVersion();

 private:
  struct Database;
  explicit Journal(std::unique_ptr<Database> database);
  static Result<std::unique_ptr<Journal>> OpenAs(const std::filesystem::path& file, int flags);

  std::unique_ptr<Database> database_;
};

}  // namespace gsd
