#include <algorithm>
#include <map>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void CheckUnit(const PlanUnit& unit, Reporter& report) {
  const bool any = std::any_of(unit.tasks.begin(), unit.tasks.end(),
                               [](const TaskFacts& facts) { return facts.checkpoint; });
  if (!any) return;
  // By set of dependencies: the tasks that would stand in one batch.
  std::map<std::vector<uint32_t>, std::vector<TaskId>> groups;
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const auto before = unit.graph.digraph.Predecessors(i);
    groups[{before.begin(), before.end()}].push_back({i});
  }
  for (const auto& [before, group] : groups) {
    std::vector<TaskId> work;
    for (const TaskId task : group) {
      if (!unit.tasks[task].checkpoint) work.push_back(task);
    }
    if (work.empty() || work.size() == group.size()) continue;
    const std::string others = TaskNouns(unit.plan, work);
    for (const TaskId id : group) {
      const Task& task = unit.plan.tasks[id];
      // An inferred order always puts a checkpoint after what stands before it.
      if (!unit.tasks[id].checkpoint || !task.depends_on) continue;
      const Attribute* attribute = FindAttribute(task, "depends-on");
      auto finding =
          report.At(attribute ? attribute->span : TaskHead(task),
                    "{} is a checkpoint, but {} {} not wait for it, nor it for {}", TaskNoun(task), others,
                    work.size() == 1 ? "does" : "do", work.size() == 1 ? "that one" : "them");
      finding.Label(TaskHead(unit.plan.tasks[work.front()]), "waits for the same tasks as the checkpoint");
      finding.Help(
          "let the checkpoint depend on what the person is to look at, or let the others depend on it");
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open()) CheckUnit(unit, report);
  }
}

}  // namespace

extern constinit const Rule checkpoint_in_parallel_batch = {
    {.name = "checkpoint-in-parallel-batch",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .summary = "A checkpoint has the same dependencies as other tasks, so that work goes on beside it.",
     .rationale =
         "A checkpoint is where a person looks at finished work before more is done. One that waits for the "
         "same tasks as its neighbours runs in the middle of their work: the person sees half of it, and "
         "what is rejected has been built upon. Let the checkpoint depend on the tasks that it judges, and "
         "let those that need its answer depend on it."},
    Check};

}  // namespace gsd::rules
