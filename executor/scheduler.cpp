// List scheduling: whenever a slot is free, the ready task with the longest remaining path takes it. With N
// slots the makespan is at most sum/N + (1 - 1/N) * critical path (Graham 1969), whatever the graph, as long
// as no task is `sequential`; scheduler_test checks that bound. All steps together are O((tasks + edges) log
// tasks).
#include "executor/scheduler.h"

#include <algorithm>
#include <unordered_map>

namespace gsd {

std::string_view TaskStateName(TaskState state) {
  switch (state) {
    case TaskState::kBlocked:
      return "blocked";
    case TaskState::kReady:
      return "ready";
    case TaskState::kRunning:
      return "running";
    case TaskState::kDone:
      return "done";
    case TaskState::kFailed:
      return "failed";
    case TaskState::kSkipped:
      return "skipped";
    case TaskState::kWaiting:
      return "waiting";
    case TaskState::kCancelled:
      return "cancelled";
    case TaskState::kDelayed:
      return "delayed";
  }
  return "";
}

WorkPlan MakeWorkPlan(const Manifest& manifest) {
  std::unordered_map<std::string_view, uint32_t> plans, tasks;
  for (const auto& plan : manifest.plans) plans.emplace(plan.id, static_cast<uint32_t>(plans.size()));
  for (const auto& task : manifest.tasks) tasks.emplace(task.id, static_cast<uint32_t>(tasks.size()));
  WorkPlan work;
  work.plan_count = static_cast<uint32_t>(manifest.plans.size());
  work.tasks.reserve(manifest.tasks.size());
  for (const auto& task : manifest.tasks) {
    Work& item = work.tasks.emplace_back();
    item.depends_on.reserve(task.depends_on.size());
    for (const auto& id : task.depends_on) item.depends_on.push_back(tasks.at(id));
    item.seconds = task.estimated_seconds.expected;
    item.plan = plans.at(task.plan);
    item.sequential = task.parallel == "sequential";
    item.checkpoint = task.checkpoint.has_value();
  }
  for (const auto& batch : manifest.batches) {
    work.batch_parallel.push_back(batch.can_parallelize);
    auto& into = work.batches.emplace_back();
    for (const auto& id : batch.tasks) {
      into.push_back(tasks.at(id));
      work.tasks[into.back()].batch = static_cast<uint32_t>(work.batches.size() - 1);
    }
  }
  return work;
}

Scheduler::Scheduler(WorkPlan work, SchedulerOptions options, const std::vector<TaskIndex>& done)
    : work_(std::move(work)),
      options_(options),
      states_(work_.tasks.size(), TaskState::kBlocked),
      dependents_(work_.tasks.size()),
      missing_(work_.tasks.size()),
      remaining_(work_.tasks.size()),
      settled_(work_.tasks.size()),
      held_(work_.tasks.size()),
      joined_(work_.tasks.size()),
      reopened_for_(work_.tasks.size()),
      plans_(work_.plan_count) {
  GSD_CHECK(options_.max_parallel > 0);
  for (const auto& batch : work_.batches) unsettled_in_batch_.push_back(batch.size());
  for (TaskIndex task = 0; task < count(); ++task) {
    missing_[task] = work_.tasks[task].depends_on.size();
    for (TaskIndex dependency : work_.tasks[task].depends_on) dependents_[dependency].push_back(task);
  }
  ComputeRemainingPaths();
  for (TaskIndex task : done) {
    states_[task] = TaskState::kDone;
    Settle(task);
    for (TaskIndex dependent : dependents_[task]) --missing_[dependent];
  }
  for (TaskIndex task = 0; task < count(); ++task)
    if (missing_[task] == 0 && states_[task] == TaskState::kBlocked) MakeReady(task);
}

void Scheduler::ComputeRemainingPaths() {
  std::vector<size_t> missing = missing_;
  std::vector<TaskIndex> order;
  order.reserve(count());
  for (TaskIndex task = 0; task < count(); ++task)
    if (missing[task] == 0) order.push_back(task);
  for (size_t next = 0; next < order.size(); ++next)
    for (TaskIndex dependent : dependents_[order[next]])
      if (--missing[dependent] == 0) order.push_back(dependent);
  GSD_CHECK(order.size() == count());  // acyclic
  for (auto task = order.rbegin(); task != order.rend(); ++task) {
    int64_t longest = 0;
    for (TaskIndex dependent : dependents_[*task]) longest = std::max(longest, remaining_[dependent]);
    remaining_[*task] = longest + work_.tasks[*task].seconds;
  }
}

void Scheduler::MakeReady(TaskIndex task) {
  states_[task] = TaskState::kReady;
  newly_ready_.push_back(task);
  if (options_.mode == ScheduleMode::kBatch) {
    // Its batch's turn may have come while it could not start.
    if (batches_begun_ && work_.tasks[task].batch <= batch_) late_.push_back(task);
    return;
  }
  if (work_.tasks[task].checkpoint) {
    checkpoints_.push(task);
    return;
  }
  const uint32_t plan = work_.tasks[task].plan;
  plans_[plan].ready.push({remaining_[task], task});
  Admit(plan);
}

void Scheduler::Admit(uint32_t plan) {
  PlanQueue& queue = plans_[plan];
  while (!queue.ready.empty() && !queue.exclusive) {
    const Priority top = queue.ready.top();
    const bool sequential = work_.tasks[top.task].sequential;
    if (sequential && queue.admitted > 0) return;
    queue.exclusive = sequential;
    ++queue.admitted;
    queue.ready.pop();
    admitted_.push(top);
  }
}

std::vector<TaskIndex> Scheduler::TakeNewlyReady() { return std::exchange(newly_ready_, {}); }

std::vector<TaskIndex> Scheduler::TakeNewlySkipped() { return std::exchange(newly_skipped_, {}); }

std::optional<TaskIndex> Scheduler::NextToStart() {
  if (stopped_) return std::nullopt;
  const auto task = options_.mode == ScheduleMode::kDataflow ? NextInDataflow() : NextInBatches();
  if (!task) return std::nullopt;
  states_[*task] = TaskState::kRunning;
  if (!work_.tasks[*task].checkpoint) ++running_;
  return task;
}

std::optional<TaskIndex> Scheduler::NextInDataflow() {
  if (!checkpoints_.empty()) {
    const TaskIndex task = checkpoints_.front();
    checkpoints_.pop();
    return task;
  }
  if (running_ >= options_.max_parallel || admitted_.empty()) return std::nullopt;
  const TaskIndex task = admitted_.top().task;
  admitted_.pop();
  return task;
}

std::optional<TaskIndex> Scheduler::NextInBatches() {
  batches_begun_ = true;
  while (batch_ < work_.batches.size() && unsettled_in_batch_[batch_] == 0) {
    ++batch_;
    next_in_batch_ = 0;
  }
  const bool parallel = batch_ == work_.batches.size() || work_.batch_parallel[batch_];
  if (running_ >= (parallel ? options_.max_parallel : 1)) return std::nullopt;
  while (!late_.empty()) {
    const TaskIndex task = late_.back();
    late_.pop_back();
    if (states_[task] == TaskState::kReady) return task;
  }
  if (batch_ == work_.batches.size()) return std::nullopt;
  const auto& tasks = work_.batches[batch_];
  // All earlier batches are settled, so a task here is ready, skipped or held: blocked ones do not come up.
  while (next_in_batch_ < tasks.size() && states_[tasks[next_in_batch_]] != TaskState::kReady)
    ++next_in_batch_;
  if (next_in_batch_ == tasks.size()) return std::nullopt;
  return tasks[next_in_batch_++];
}

std::optional<TaskIndex> Scheduler::NextToJoin(TaskIndex first,
                                               const std::function<bool(TaskIndex)>& may_join) {
  if (stopped_) return std::nullopt;
  constexpr size_t kMostLooks = 64;
  const auto fits = [&](TaskIndex task) {
    const Work& work = work_.tasks[task];
    return states_[task] == TaskState::kReady && !work.checkpoint && !work.sequential &&
           work.plan == work_.tasks[first].plan && work.batch == work_.tasks[first].batch && may_join(task);
  };
  std::optional<TaskIndex> found;
  if (options_.mode == ScheduleMode::kBatch) {
    const auto& tasks = work_.batches[work_.tasks[first].batch];
    for (size_t i = 0; i < std::min(tasks.size(), kMostLooks) && !found; ++i)
      if (fits(tasks[i])) found = tasks[i];
  } else {
    std::vector<Priority> others;
    while (!admitted_.empty() && others.size() < kMostLooks && !found) {
      const Priority top = admitted_.top();
      admitted_.pop();
      if (fits(top.task)) {
        found = top.task;
      } else {
        others.push_back(top);
      }
    }
    for (const Priority& other : others) admitted_.push(other);
  }
  if (found) {
    states_[*found] = TaskState::kRunning;
    joined_[*found] = true;
  }
  return found;
}

void Scheduler::Leave(TaskIndex task) {
  const Work& work = work_.tasks[task];
  if (work.checkpoint) return;
  if (!joined_[task]) --running_;
  joined_[task] = false;
  if (options_.mode == ScheduleMode::kBatch) return;
  PlanQueue& queue = plans_[work.plan];
  --queue.admitted;
  queue.exclusive = false;
}

void Scheduler::OnFinished(TaskIndex task, TaskState state) {
  GSD_CHECK(states_[task] == TaskState::kRunning);
  GSD_CHECK(state == TaskState::kDone || state == TaskState::kFailed || state == TaskState::kWaiting ||
            state == TaskState::kCancelled);
  states_[task] = state;
  Settle(task);
  Leave(task);
  switch (state) {
    case TaskState::kDone:
      Release(task);
      break;
    case TaskState::kFailed:
      if (!options_.keep_going) StopStarting();
      Skip(task);
      break;
    case TaskState::kWaiting:
      Hold(task);
      break;
    default:
      StopStarting();
  }
  if (!work_.tasks[task].checkpoint && options_.mode == ScheduleMode::kDataflow)
    Admit(work_.tasks[task].plan);
}

void Scheduler::Delay(TaskIndex task) {
  GSD_CHECK(states_[task] == TaskState::kRunning);
  states_[task] = TaskState::kDelayed;
  Leave(task);
  if (options_.mode == ScheduleMode::kDataflow) Admit(work_.tasks[task].plan);
}

void Scheduler::Requeue(TaskIndex task) {
  GSD_CHECK(states_[task] == TaskState::kDelayed);
  MakeReady(task);
}

void Scheduler::Pass(TaskIndex checkpoint) {
  GSD_CHECK(work_.tasks[checkpoint].checkpoint);
  if (states_[checkpoint] == TaskState::kRunning) return OnFinished(checkpoint, TaskState::kDone);
  GSD_CHECK(states_[checkpoint] == TaskState::kWaiting);
  states_[checkpoint] = TaskState::kDone;
  Unhold(checkpoint);
  Release(checkpoint);
}

void Scheduler::Refuse(TaskIndex checkpoint) {
  GSD_CHECK(states_[checkpoint] == TaskState::kWaiting);
  states_[checkpoint] = TaskState::kFailed;
  Unhold(checkpoint);
  if (!options_.keep_going) StopStarting();
  Skip(checkpoint);
}

void Scheduler::Reopen(TaskIndex task, TaskIndex checkpoint) {
  GSD_CHECK(states_[checkpoint] == TaskState::kRunning || states_[checkpoint] == TaskState::kWaiting);
  const bool waited = states_[checkpoint] == TaskState::kWaiting;
  states_[checkpoint] = TaskState::kBlocked;
  missing_[checkpoint] = 1;
  Unsettle(checkpoint);
  if (waited) Unhold(checkpoint);
  reopened_for_[task].push_back(checkpoint);
  if (states_[task] != TaskState::kDone) return;  // it is being done once more already
  Unsettle(task);
  MakeReady(task);
}

// What waited for the task alone is ready now.
void Scheduler::Release(TaskIndex from) {
  const bool again = !reopened_for_[from].empty();
  const std::vector<TaskIndex> waiting = std::exchange(reopened_for_[from], {});
  for (TaskIndex dependent : again ? waiting : dependents_[from])
    if (--missing_[dependent] == 0 && states_[dependent] == TaskState::kBlocked) MakeReady(dependent);
}

void Scheduler::Settle(TaskIndex task) {
  if (settled_[task]) return;
  settled_[task] = true;
  if (!unsettled_in_batch_.empty()) --unsettled_in_batch_[work_.tasks[task].batch];
}

void Scheduler::Unsettle(TaskIndex task) {
  if (!settled_[task]) return;
  settled_[task] = false;
  if (!unsettled_in_batch_.empty()) ++unsettled_in_batch_[work_.tasks[task].batch];
}

// Marks everything that depends on `from` as skipped: it will not run.
void Scheduler::Skip(TaskIndex from) {
  std::vector<TaskIndex> open = {from};
  while (!open.empty()) {
    const TaskIndex task = open.back();
    open.pop_back();
    for (TaskIndex dependent : dependents_[task]) {
      if (states_[dependent] != TaskState::kBlocked) continue;
      states_[dependent] = TaskState::kSkipped;
      newly_skipped_.push_back(dependent);
      Settle(dependent);
      open.push_back(dependent);
    }
  }
}

// Marks everything that depends on `from` as held: it waits for a person.
void Scheduler::Hold(TaskIndex from) {
  std::vector<TaskIndex> open = {from};
  while (!open.empty()) {
    const TaskIndex task = open.back();
    open.pop_back();
    for (TaskIndex dependent : dependents_[task]) {
      if (states_[dependent] != TaskState::kBlocked || held_[dependent]) continue;
      held_[dependent] = true;
      Settle(dependent);
      open.push_back(dependent);
    }
  }
}

// The checkpoint `from` holds nothing any longer; others that wait may.
void Scheduler::Unhold(TaskIndex from) {
  std::vector<TaskIndex> open = {from};
  while (!open.empty()) {
    const TaskIndex task = open.back();
    open.pop_back();
    for (TaskIndex dependent : dependents_[task]) {
      if (!held_[dependent]) continue;
      held_[dependent] = false;
      Unsettle(dependent);
      open.push_back(dependent);
    }
  }
  for (TaskIndex task = 0; task < count(); ++task)
    if (states_[task] == TaskState::kWaiting) Hold(task);
}

void Scheduler::Close() {
  stopped_ = true;
  for (TaskIndex task = 0; task < count(); ++task) {
    const bool open = states_[task] == TaskState::kBlocked || states_[task] == TaskState::kReady ||
                      states_[task] == TaskState::kDelayed;
    if (open && !held_[task]) states_[task] = TaskState::kCancelled;
  }
}

size_t Scheduler::CountIn(TaskState state) const {
  return static_cast<size_t>(std::count(states_.begin(), states_.end(), state));
}

}  // namespace gsd
