#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task) || task.from_feature) continue;
      if (HasAny(task, {Tag::kDone, Tag::kAcceptanceCriteria})) continue;
      report.At(TaskHead(task), "{} has no `<done>`", TaskNoun(task))
          .Help("add a `<done>` that says in a sentence what is true when the task is finished");
    }
  }
}

}  // namespace

extern constinit const Rule missing_done = {
    {.name = "missing-done",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "A task does not say when it is done.",
     .rationale =
         "`<done>` is the state that the agent works towards and that a reviewer checks; without it a task "
         "ends when the agent feels so. `<acceptance_criteria>` counts as well. Checkpoints end with their "
         "answer."},
    Check};

}  // namespace gsd::rules
