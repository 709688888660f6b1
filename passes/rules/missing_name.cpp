#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      // The format's own templates give checkpoints no name. An empty one is for empty-element to say.
      if (IsCheckpoint(task) || !task.name.value.empty() || HasAny(task, {Tag::kName})) continue;
      report.At(FirstLine(*unit.source, task.open), "{} has no `<name>`", TaskNoun(task))
          .Help("add `<name>Task {}: …</name>`", task.number);
    }
  }
}

}  // namespace

extern constinit const Rule missing_name = {
    {.name = "missing-name",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "A task has no name.",
     .rationale =
         "The name is the subject of the task's commit and what logs, graphs and summaries call it. "
         "`<name>`, `<n>`, `<title>` and the attributes `name` and `title` all count; checkpoints need "
         "none."},
    Check};

}  // namespace gsd::rules
