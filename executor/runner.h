// Carries out a manifest: one loop that starts what the scheduler gives, waits, collects what ended, has it
// verified and integrated, tries again what failed, and listens to people. What it does is in the journal
// before it is done; it is told as events; what it leaves is a record.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "executor/agent.h"
#include "executor/checkpoints.h"
#include "executor/clock.h"
#include "executor/journal.h"
#include "executor/ledger.h"
#include "executor/retry.h"
#include "executor/run_history.h"
#include "executor/scheduler.h"
#include "executor/verification.h"
#include "executor/workspace.h"

namespace gsd {

enum class RunEventKind : uint8_t {
  kRunStarted,
  kTaskReady,
  kTaskStarted,    // an attempt began
  kTaskVerifying,  // the agent is done; its work is being verified
  kTaskRetried,    // an attempt was not accepted; another follows. With its result, and why in `detail`
  kTaskFinished,   // with its last attempt's result
  kTaskSkipped,    // something it depends on failed
  kScopeWarning,   // --scope=warn: `detail` names the changes outside the declared files
  kWorkKept,       // what a failed attempt left is on the branch `detail`
  kCheckpointWaiting,
  kCheckpointApproved,  // `detail`: the answer
  kCheckpointRejected,  // `detail`: the reason
  kProviderPaused,      // nothing starts until `until`; `detail`: what the provider said
  kProviderResumed,
  kBudgetReached,  // the task does not fit into what remains
  kDraining,       // interrupted: what runs may finish, nothing new starts
  kStopping,       // interrupted again: what runs is being ended
  kSuspended,      // SIGTSTP; the agents are stopped, too
  kContinued,
  kTick,  // time has passed; for a live view
  kNote,  // `detail`: something to know
  kRunFinished,
};
inline constexpr size_t kRunEventKinds = static_cast<size_t>(RunEventKind::kRunFinished) + 1;

struct RunEvent {
  RunEventKind kind = RunEventKind::kTick;
  Millis at{0};  // on the run's clock
  std::chrono::system_clock::time_point today;
  TaskIndex task = 0;                     // of the kinds that concern one
  const AttemptResult* result = nullptr;  // of kTaskFinished and kTaskRetried
  int attempt = 0;
  std::string_view model;
  std::string_view detail;
  std::optional<Millis> until;  // when the next attempt, or the pause's end, is due
  Amount spent;                 // by all parts of the run, so far
};
using RunObserver = std::function<void(const RunEvent&)>;

// What became of a task. `result` is the last attempt's in this part of the run.
struct TaskRecord {
  TaskState state = TaskState::kBlocked;
  std::optional<AttemptResult> result;
  std::string model;               // of the last attempt
  std::string commit;              // that it became
  std::vector<std::string> files;  // changed by it
  std::string answer;              // of a checkpoint that was passed
  std::string kept;                // the branch with the work that was not accepted
};

struct RunRecord {
  std::vector<TaskRecord> tasks;  // as in the manifest
  std::vector<AttemptRecord> attempts;
  Millis started{0}, ended{0};
  std::chrono::system_clock::time_point started_today, ended_today;
  bool interrupted = false;
  bool over_budget = false;  // something could not start for want of budget
  std::string trouble;       // what ended the run before its time: authentication, the journal; else ""
  Amount spent;              // by all parts of the run
  size_t CountIn(TaskState state) const;
};

enum class ScopeMode : uint8_t { kEnforce, kWarn, kOff };
enum class CommitMode : uint8_t { kRunner, kAgent, kNone };

struct RunnerOptions {
  std::string run;             // its id
  bool auto_approve = false;   // pass human-verify and decision checkpoints
  std::optional<Millis> tick;  // how often to tell kTick while something runs
  RetryOptions retry;
  ScopeMode scope = ScopeMode::kEnforce;
  CommitMode commit = CommitMode::kNone;
  bool verify = true;
  size_t max_parallel = 5;  // what the scheduler was made with
  int tasks_per_agent = 1;  // small tasks of a batch that one agent may get together
  Ceilings ceilings;
  std::filesystem::path folder;  // of the run: each attempt has one in it
};

// Somebody at a terminal who answers checkpoints while the run goes on.
class Person {
 public:
  virtual ~Person() = default;
  virtual void Ask(TaskIndex checkpoint) = 0;
  // No longer to be asked: answered from elsewhere, or the run ends.
  virtual void Forget(TaskIndex checkpoint) = 0;
  struct Answer {
    TaskIndex checkpoint = 0;
    TypedAnswer answer;
  };
  // What has been typed by now.
  virtual std::vector<Answer> Answers() = 0;
  // Is there still somebody?
  virtual bool present() const = 0;
};

// All of them outlive the run; `person` may be null.
struct RunnerParts {
  const Manifest& manifest;
  Scheduler& scheduler;
  Agent& agent;
  Workspace& workspace;
  Verification& verification;
  Journal& journal;
  Clock& clock;
  Person* person = nullptr;
  // Told of each attempt that says something about its task alone: accepted, or failed by its own doing, and
  // not shared with other tasks. May be empty.
  std::function<void(const AttemptRecord&)> settled = {};
};

// `history`: what earlier parts of the run did; the scheduler was made with its finished tasks.
RunRecord RunTasks(RunnerParts parts, const RunnerOptions& options, RunHistory history,
                   const RunObserver& observer);

// The program's exit code for a run: 0 all done, 1 a task failed, 2 the run could not go on, 3 waiting at a
// checkpoint, 4 budget exhausted, 130 interrupted.
int ExitCodeOf(const RunRecord& record);

}  // namespace gsd
