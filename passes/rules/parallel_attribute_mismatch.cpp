#include "analysis/inference.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void CheckUnit(const PlanUnit& unit, Reporter& report) {
  Reachability reach(unit.graph.digraph);
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const Task& task = unit.plan.tasks[TaskId{i}];
    if (DeclaredParallel(task) != "can-parallelize") continue;
    const Attribute* parallel = FindAttribute(task, "parallel");
    const bool checkpoint = unit.tasks[TaskId{i}].checkpoint;
    if (!checkpoint && (!unit.graph.cycles.empty() || CompanionOf(unit, {i}, reach))) continue;
    auto finding = checkpoint
                       ? report.At(parallel->value_span,
                                   "{} is a checkpoint, so it cannot run beside other tasks", TaskNoun(task))
                       : report.At(parallel->value_span, "{} can never run beside another task of its plan",
                                   TaskNoun(task));
    if (!checkpoint) {
      finding.Help(
          "every other task waits for it, comes before it or runs alone; if one should run beside it, "
          "leave out what keeps them apart");
    }
    finding.SafeFix("write `sequential`", {{parallel->value_span, "sequential"}});
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    // The only task of a plan runs beside those of other plans.
    const size_t count = unit.plan.tasks.size();
    if (unit.open() && count > 1 && count <= kMostComparedTasks) CheckUnit(unit, report);
  }
}

}  // namespace

extern constinit const Rule parallel_attribute_mismatch = {
    {.name = "parallel-attribute-mismatch",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A task says that it can run in parallel, but its plan leaves nothing to run beside it.",
     .rationale =
         "Whoever wrote `can-parallelize` expected to save time here, and will not: every other task of the "
         "plan waits for this one, or this one for it, or is sequential or a checkpoint. Either a "
         "dependency is wrong, or the attribute is. `sequential` is never reported: it holds wherever it "
         "stands (needless-sequential, off by default, lists where it may cost time)."},
    Check};

}  // namespace gsd::rules
