// Carries out a manifest: one loop that starts what the scheduler gives, waits, collects what ended and
// listens to Ctrl-C. Everything it does is told as events; what it leaves is a record.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "executor/agent.h"
#include "executor/clock.h"
#include "executor/scheduler.h"

namespace gsd {

enum class RunEventKind : uint8_t {
  kRunStarted,
  kTaskReady,
  kTaskStarted,
  kTaskFinished,  // with its result
  kTaskSkipped,   // something it depends on failed
  kCheckpointWaiting,
  kCheckpointApproved,  // by --auto-approve
  kDraining,            // interrupted: what runs may finish, nothing new starts
  kStopping,            // interrupted again: what runs is being ended
  kTick,                // time has passed; for a live view
  kRunFinished,
};

struct RunEvent {
  RunEventKind kind;
  Millis at;  // on the run's clock
  std::chrono::system_clock::time_point today;
  TaskIndex task = 0;                     // of the kinds that concern one
  const AttemptResult* result = nullptr;  // of kTaskFinished
};
using RunObserver = std::function<void(const RunEvent&)>;

// What became of a task. `result` is the last attempt's; a task that never started has none.
struct TaskRecord {
  TaskState state = TaskState::kBlocked;
  std::optional<AttemptResult> result;
};

struct RunRecord {
  std::vector<TaskRecord> tasks;  // as in the manifest
  Millis started{0}, ended{0};
  std::chrono::system_clock::time_point started_today, ended_today;
  bool interrupted = false;
  size_t CountIn(TaskState state) const;
};

struct RunnerOptions {
  bool auto_approve = false;   // pass human-verify and decision checkpoints
  std::optional<Millis> tick;  // how often to tell kTick while something runs
};

// May --auto-approve pass it? Never what only a person can do.
bool CanAutoApprove(const ManifestCheckpoint& checkpoint);
// What --auto-approve answers: "approved", or a decision's first option as "id (name)".
std::string AutoAnswer(const ManifestCheckpoint& checkpoint);

RunRecord RunTasks(const Manifest& manifest, Scheduler& scheduler, Agent& agent, Clock& clock,
                   const RunnerOptions& options, const RunObserver& observer);

// The program's exit code for a run: 0 all done, 1 a task failed, 3 waiting at a checkpoint, 130 interrupted.
int ExitCodeOf(const RunRecord& record);

}  // namespace gsd
