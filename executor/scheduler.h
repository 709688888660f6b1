// Which task may start now? A pure state machine: no thread, no clock, no process. The runner asks
// NextToStart() until there is nothing, and tells what became of each task; a test does the same with a
// virtual clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

#include "backends/manifest.h"

namespace gsd {

// An index into Manifest::tasks.
using TaskIndex = uint32_t;

// The life of a task. Only the arrows named here exist:
//   blocked → ready        all it depends on is done
//   blocked → skipped      something it depends on, directly or not, failed
//   ready   → running      handed out by NextToStart()
//   running → done | failed
//   running → waiting      a checkpoint that only a person can pass; what depends on it stays blocked
//   waiting → done         the person has answered (Pass)
//   running → delayed → ready    it is to be tried again, later (Delay, Requeue)
//   done    → ready        a person rejected what it made (Reopen); the checkpoint is blocked again
//   running → cancelled    the run was interrupted
//   blocked, ready, delayed → cancelled   the run ended before it could start (Close)
enum class TaskState : uint8_t {
  kBlocked,
  kReady,
  kRunning,
  kDone,
  kFailed,
  kSkipped,
  kWaiting,
  kCancelled,
  kDelayed
};
std::string_view TaskStateName(TaskState state);

// Dataflow starts what is ready, longest remaining path first. Batch does one batch after the other, with a
// barrier.
enum class ScheduleMode : uint8_t { kDataflow, kBatch };

// What the scheduler needs to know of a task.
struct Work {
  std::vector<TaskIndex> depends_on;
  int64_t seconds = 0;  // expected
  uint32_t plan = 0;
  uint32_t batch = 0;       // 0-based
  bool sequential = false;  // dataflow: runs with no other task of its plan beside it
  bool checkpoint = false;  // takes no slot: no agent runs
};

struct WorkPlan {
  std::vector<Work> tasks;
  std::vector<std::vector<TaskIndex>> batches;
  std::vector<bool> batch_parallel;
  uint32_t plan_count = 0;
};
// The manifest must be valid (ReadManifest has seen to it).
WorkPlan MakeWorkPlan(const Manifest& manifest);

struct SchedulerOptions {
  ScheduleMode mode = ScheduleMode::kDataflow;
  size_t max_parallel = 5;
  bool keep_going = false;  // after a failure, go on with what does not depend on it
};

class Scheduler {
 public:
  // `done`: the tasks that an earlier part of the run has finished.
  Scheduler(WorkPlan work, SchedulerOptions options, const std::vector<TaskIndex>& done = {});

  // The next task to start, now running; nothing when no slot is free, nothing is ready or starting has
  // stopped.
  std::optional<TaskIndex> NextToStart();
  // What became of a running task: kDone, kFailed, kWaiting or kCancelled.
  void OnFinished(TaskIndex task, TaskState state);
  // A running task gives its slot back and is to be tried again, once it is requeued.
  void Delay(TaskIndex task);
  void Requeue(TaskIndex task);
  // A checkpoint that waits or runs has been passed.
  void Pass(TaskIndex checkpoint);
  // A checkpoint that waits has been refused for good: it has failed.
  void Refuse(TaskIndex checkpoint);
  // What the checkpoint, which waits or runs, was to judge is done once more: `task`, which is done, is ready
  // again, and the checkpoint waits for it. What else depends on the task is not undone.
  void Reopen(TaskIndex task, TaskIndex checkpoint);
  void SetMaxParallel(size_t slots) { options_.max_parallel = slots; }
  // Takes another ready task, now running, that may share an agent with `first`, which was handed out just
  // now: of its plan and batch, and accepted by `may_join`. It takes no slot of its own.
  std::optional<TaskIndex> NextToJoin(TaskIndex first, const std::function<bool(TaskIndex)>& may_join);
  // Nothing starts from here on; what runs may finish.
  void StopStarting() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  // The run is over: what could not start is cancelled. What stands behind a waiting checkpoint stays
  // blocked.
  void Close();

  TaskState state(TaskIndex task) const { return states_[task]; }
  size_t count() const { return states_.size(); }
  size_t running() const { return running_; }  // checkpoints not counted
  size_t CountIn(TaskState state) const;
  // Expected seconds from the start of this task to the end of the last one that depends on it.
  int64_t remaining_path(TaskIndex task) const { return remaining_[task]; }
  // Tasks that became ready since the last call, in the order in which they did.
  std::vector<TaskIndex> TakeNewlyReady();
  // The same for those that were skipped.
  std::vector<TaskIndex> TakeNewlySkipped();

 private:
  // Larger is better: longest remaining path first, then manifest order.
  struct Priority {
    int64_t remaining;
    TaskIndex task;
    bool operator<(const Priority& other) const {
      return remaining != other.remaining ? remaining < other.remaining : task > other.task;
    }
  };
  using Queue = std::priority_queue<Priority>;
  // The tasks of a plan that are ready. They are admitted to the common queue in order of priority, a
  // sequential one only when no other is admitted or running, and then none beside it.
  struct PlanQueue {
    Queue ready;
    size_t admitted = 0;  // in the common queue or running
    bool exclusive = false;
  };

  void ComputeRemainingPaths();
  void MakeReady(TaskIndex task);
  void Admit(uint32_t plan);
  void Leave(TaskIndex task);
  void Release(TaskIndex from);
  void Hold(TaskIndex from);
  void Unhold(TaskIndex from);
  void Settle(TaskIndex task);
  void Unsettle(TaskIndex task);
  void Skip(TaskIndex from);
  std::optional<TaskIndex> NextInDataflow();
  std::optional<TaskIndex> NextInBatches();

  WorkPlan work_;
  SchedulerOptions options_;
  std::vector<TaskState> states_;
  std::vector<std::vector<TaskIndex>> dependents_;
  std::vector<size_t> missing_;  // dependencies that are not done yet
  std::vector<int64_t> remaining_;
  std::vector<bool> settled_;  // nothing more will happen to it in this run; a barrier may pass
  std::vector<bool> held_;     // stands behind a waiting checkpoint
  std::vector<bool> joined_;   // runs in the slot of another
  std::vector<std::vector<TaskIndex>> reopened_for_;  // the checkpoints that it is done once more for
  std::vector<TaskIndex> newly_ready_, newly_skipped_;
  size_t running_ = 0;
  bool stopped_ = false;

  // Dataflow.
  std::vector<PlanQueue> plans_;
  Queue admitted_;
  std::queue<TaskIndex> checkpoints_;

  // Batch.
  std::vector<size_t> unsettled_in_batch_;
  size_t batch_ = 0;
  size_t next_in_batch_ = 0;
  bool batches_begun_ = false;
  std::vector<TaskIndex> late_;  // became ready after their turn had come
};

}  // namespace gsd
