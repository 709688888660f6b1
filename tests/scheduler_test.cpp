// The scheduler against a virtual clock: no process, no sleep. Properties over random graphs, then the rules
// one by one.
#include "executor/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <queue>
#include <set>

#include "analysis/schedule.h"
#include "tests/manifest_samples.h"

namespace gsd::test {
namespace {

// What happened in a virtual run.
struct Trace {
  std::vector<TaskIndex> order;         // as started
  std::vector<int64_t> started, ended;  // -1: never
  std::vector<TaskState> states;
  int64_t makespan = 0;
  size_t most_at_once = 0;
};

using Verdict = std::function<TaskState(TaskIndex)>;

// Runs to the end; `verdict` says what becomes of each task. Checkpoints without a duration end at once.
Trace RunVirtually(const WorkPlan& work, SchedulerOptions options, const Verdict& verdict) {
  Scheduler scheduler(work, options);
  Trace trace;
  trace.started.assign(work.tasks.size(), -1);
  trace.ended.assign(work.tasks.size(), -1);
  using End = std::pair<int64_t, TaskIndex>;
  std::priority_queue<End, std::vector<End>, std::greater<>> running;
  int64_t now = 0;
  while (true) {
    while (const auto task = scheduler.NextToStart()) {
      trace.order.push_back(*task);
      trace.started[*task] = now;
      for (TaskIndex dependency : work.tasks[*task].depends_on) {
        EXPECT_EQ(scheduler.state(dependency), TaskState::kDone) << "started before its dependency was done";
        EXPECT_LE(trace.ended[dependency], now);
      }
      if (work.tasks[*task].checkpoint && work.tasks[*task].seconds == 0) {
        trace.ended[*task] = now;
        scheduler.OnFinished(*task, verdict(*task));
      } else {
        running.emplace(now + work.tasks[*task].seconds, *task);
        trace.most_at_once = std::max(trace.most_at_once, scheduler.running());
      }
    }
    if (running.empty()) break;
    const auto [time, task] = running.top();
    running.pop();
    now = trace.ended[task] = time;
    scheduler.OnFinished(task, verdict(task));
  }
  scheduler.Close();
  trace.makespan = now;
  for (TaskIndex task = 0; task < work.tasks.size(); ++task) trace.states.push_back(scheduler.state(task));
  return trace;
}

TaskState AlwaysDone(TaskIndex) { return TaskState::kDone; }

std::set<TaskIndex> Dependents(const WorkPlan& work, TaskIndex of) {
  std::set<TaskIndex> found;
  for (TaskIndex task = 0; task < work.tasks.size(); ++task)  // dependencies come earlier in these manifests
    for (TaskIndex dependency : work.tasks[task].depends_on)
      if (dependency == of || found.contains(dependency)) found.insert(task);
  return found;
}

std::vector<std::string> StartOrder(const Manifest& manifest, SchedulerOptions options) {
  std::vector<std::string> ids;
  for (TaskIndex task : RunVirtually(MakeWorkPlan(manifest), options, AlwaysDone).order)
    ids.push_back(manifest.tasks[task].id);
  return ids;
}

TEST(Scheduler, RandomGraphsFinishWithinGrahamsBound) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const Manifest manifest =
        RandomManifest(seed, 1 + static_cast<int>(seed % 70), 1 + static_cast<int>(seed % 4), false);
    const WorkPlan work = MakeWorkPlan(manifest);
    for (size_t slots : {1U, 2U, 5U}) {
      const Trace trace = RunVirtually(work, {ScheduleMode::kDataflow, slots, false}, AlwaysDone);
      EXPECT_LE(trace.most_at_once, slots);
      EXPECT_THAT(trace.states, testing::Each(TaskState::kDone));
      int64_t sum = 0, path = 0;
      const Scheduler fresh(work, {});
      for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
        sum += work.tasks[task].seconds;
        path = std::max(path, fresh.remaining_path(task));
      }
      const auto n = static_cast<int64_t>(slots);
      EXPECT_LE(trace.makespan * n, sum + (n - 1) * path) << "seed " << seed;
      EXPECT_GE(trace.makespan, path);
      if (slots == 1) {
        EXPECT_EQ(trace.makespan, sum);
      }
    }
  }
}

// What gsdc says a run takes is what it takes here.
TEST(Scheduler, TheCompilersMakespanIsTheSame) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    WorkPlan work = MakeWorkPlan(
        RandomManifest(seed, 1 + static_cast<int>(seed % 60), 1 + static_cast<int>(seed % 4), seed % 3 != 0));
    std::vector<std::pair<uint32_t, uint32_t>> edges;
    std::vector<int64_t> seconds;
    SlotRules rules;
    for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
      Work& of = work.tasks[task];
      of.checkpoint = (task * 7 + seed) % 11 == 0;
      if (of.checkpoint && seed % 2 == 0) of.seconds = 0;
      for (const TaskIndex before : of.depends_on) edges.emplace_back(before, task);
      seconds.push_back(of.seconds);
      rules.group.push_back(of.plan);
      rules.occupancy.push_back(of.checkpoint   ? Occupancy::kNothing
                                : of.sequential ? Occupancy::kGroup
                                                : Occupancy::kSlot);
    }
    const Digraph graph(static_cast<uint32_t>(work.tasks.size()), edges);
    for (const int slots : {1, 2, 5}) {
      const Trace trace =
          RunVirtually(work, {ScheduleMode::kDataflow, static_cast<size_t>(slots), false}, AlwaysDone);
      EXPECT_EQ(DataflowMakespan(graph, seconds, slots, rules), trace.makespan) << "seed " << seed;
    }
  }
}

TEST(Scheduler, SequentialTasksRunAloneInTheirPlan) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const WorkPlan work = MakeWorkPlan(RandomManifest(seed, 40, 3, true));
    const Trace trace = RunVirtually(work, {ScheduleMode::kDataflow, 5, false}, AlwaysDone);
    EXPECT_THAT(trace.states, testing::Each(TaskState::kDone)) << "seed " << seed;
    for (TaskIndex a = 0; a < work.tasks.size(); ++a)
      for (TaskIndex b = 0; b < work.tasks.size(); ++b) {
        if (a == b || !work.tasks[a].sequential || work.tasks[a].plan != work.tasks[b].plan) continue;
        EXPECT_TRUE(trace.ended[a] <= trace.started[b] || trace.ended[b] <= trace.started[a])
            << "seed " << seed << ": " << a << " beside " << b;
      }
  }
}

TEST(Scheduler, BatchModeIsABarrier) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const WorkPlan work = MakeWorkPlan(RandomManifest(seed, 50, 3, true));
    const Trace trace = RunVirtually(work, {ScheduleMode::kBatch, 3, false}, AlwaysDone);
    EXPECT_LE(trace.most_at_once, 3U);
    EXPECT_THAT(trace.states, testing::Each(TaskState::kDone)) << "seed " << seed;
    for (TaskIndex a = 0; a < work.tasks.size(); ++a)
      for (TaskIndex b = 0; b < work.tasks.size(); ++b)
        if (work.tasks[a].batch < work.tasks[b].batch) {
          EXPECT_LE(trace.ended[a], trace.started[b]);
        }
  }
}

TEST(Scheduler, KeepGoingSkipsExactlyTheTransitiveDependents) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const WorkPlan work = MakeWorkPlan(RandomManifest(seed, 40, 3, true));
    const TaskIndex bad = seed % 40;
    const auto verdict = [&](TaskIndex task) { return task == bad ? TaskState::kFailed : TaskState::kDone; };
    const auto mode = seed % 2 == 0 ? ScheduleMode::kDataflow : ScheduleMode::kBatch;
    const Trace trace = RunVirtually(work, {mode, 4, true}, verdict);
    const auto skipped = Dependents(work, bad);
    for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
      const TaskState expected = task == bad              ? TaskState::kFailed
                                 : skipped.contains(task) ? TaskState::kSkipped
                                                          : TaskState::kDone;
      EXPECT_EQ(trace.states[task], expected) << "seed " << seed << " task " << task;
    }
  }
}

TEST(Scheduler, WithoutKeepGoingNothingStartsAfterAFailure) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const WorkPlan work = MakeWorkPlan(RandomManifest(seed, 40, 3, true));
    const TaskIndex bad = seed % 40;
    const auto mode = seed % 2 == 0 ? ScheduleMode::kDataflow : ScheduleMode::kBatch;
    const Trace trace = RunVirtually(work, {mode, 4, false}, [&](TaskIndex task) {
      return task == bad ? TaskState::kFailed : TaskState::kDone;
    });
    const auto skipped = Dependents(work, bad);
    for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
      if (task == bad) continue;
      EXPECT_LE(trace.started[task], trace.ended[bad]);
      const TaskState expected = skipped.contains(task)     ? TaskState::kSkipped
                                 : trace.started[task] >= 0 ? TaskState::kDone
                                                            : TaskState::kCancelled;
      EXPECT_EQ(trace.states[task], expected) << "seed " << seed << " task " << task;
    }
  }
}

TEST(Scheduler, AWaitingCheckpointHoldsOnlyWhatDependsOnIt) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Manifest manifest = RandomManifest(seed, 40, 3, true);
    const TaskIndex gate = seed % 40;
    MakeCheckpoint(manifest, gate, "human-verify");
    const WorkPlan work = MakeWorkPlan(manifest);
    const auto mode = seed % 2 == 0 ? ScheduleMode::kDataflow : ScheduleMode::kBatch;
    const Trace trace = RunVirtually(work, {mode, 4, false}, [&](TaskIndex task) {
      return task == gate ? TaskState::kWaiting : TaskState::kDone;
    });
    const auto held = Dependents(work, gate);
    for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
      const TaskState expected = task == gate          ? TaskState::kWaiting
                                 : held.contains(task) ? TaskState::kBlocked
                                                       : TaskState::kDone;
      EXPECT_EQ(trace.states[task], expected) << "seed " << seed << " task " << task;
    }
  }
}

TEST(Scheduler, TheExampleGoesAlongTheCriticalPath) {
  EXPECT_THAT(
      StartOrder(ExampleManifest(), {}),
      testing::ElementsAre("08-02:1", "08-02:2", "08-02:3", "08-02:6", "08-02:5", "08-02:4", "08-02:7"));
  EXPECT_THAT(
      StartOrder(ExampleManifest(), {ScheduleMode::kBatch, 5, false}),
      testing::ElementsAre("08-02:1", "08-02:2", "08-02:3", "08-02:4", "08-02:5", "08-02:6", "08-02:7"));
  const Trace trace = RunVirtually(MakeWorkPlan(ExampleManifest()), {}, AlwaysDone);
  EXPECT_EQ(trace.most_at_once, 3U);
  EXPECT_EQ(trace.makespan, (10 + 6 + 12 + 35 + 15) * 60);
}

TEST(Scheduler, TiesGoByManifestOrder) {
  Manifest manifest = ExampleManifest();
  for (auto& task : manifest.tasks) task.estimated_seconds = {60, 60, 60};
  EXPECT_THAT(StartOrder(manifest, {}), testing::ElementsAre("08-02:1", "08-02:2", "08-02:3", "08-02:4",
                                                             "08-02:5", "08-02:6", "08-02:7"));
}

TEST(Scheduler, CancelledTasksStopTheRun) {
  Scheduler scheduler(MakeWorkPlan(ExampleManifest()), {});
  EXPECT_EQ(scheduler.TakeNewlyReady(), std::vector<TaskIndex>{0});
  const auto first = scheduler.NextToStart();
  ASSERT_TRUE(first);
  EXPECT_FALSE(scheduler.NextToStart());
  scheduler.StopStarting();
  scheduler.OnFinished(*first, TaskState::kCancelled);
  EXPECT_FALSE(scheduler.NextToStart());
  scheduler.Close();
  EXPECT_EQ(scheduler.CountIn(TaskState::kCancelled), 7U);
}

TEST(Scheduler, NothingToDo) {
  Scheduler scheduler(MakeWorkPlan(EmptyManifest()), {});
  EXPECT_FALSE(scheduler.NextToStart());
  Scheduler batches(MakeWorkPlan(EmptyManifest()), {ScheduleMode::kBatch, 5, false});
  EXPECT_FALSE(batches.NextToStart());
}

// 100,000 tasks of one plan, all sequential and independent: the worst case for finding what may start.
TEST(Scheduler, ManySequentialTasksOfOnePlanAreQuick) {
  WorkPlan work;
  work.plan_count = 1;
  work.tasks.resize(100000);
  for (auto& task : work.tasks) {
    task.seconds = 1;
    task.sequential = true;
  }
  const Trace trace = RunVirtually(work, {}, AlwaysDone);
  EXPECT_EQ(trace.makespan, 100000);
  EXPECT_EQ(trace.most_at_once, 1U);
}

}  // namespace
}  // namespace gsd::test
