#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const Task& task = unit.plan.tasks[TaskId{i}];
      const TaskEstimate& estimate = unit.tasks[TaskId{i}].estimate;
      // A default estimate says nothing of this task.
      if (!MetricsOf(task).budget || estimate.source == EstimateSource::kDefault) continue;
      const Range& budget = *MetricsOf(task).budget;
      int64_t expected = estimate.tokens.expected, high = estimate.tokens.high;
      if (estimate.source == EstimateSource::kDeclared && MetricsOf(task).tokens) {
        // As written, without the margin that a single number gets elsewhere.
        expected = MetricsOf(task).tokens->Midpoint();
        high = std::max(MetricsOf(task).tokens->low, MetricsOf(task).tokens->high);
      }
      const bool expected_over = expected > budget.high;
      if (!expected_over && high <= budget.high) continue;
      auto finding = report.At(budget.span, "{} is estimated at {} {} tokens, over its budget of {}",
                               TaskNoun(task), expected_over ? "about" : "up to",
                               Grouped(expected_over ? expected : high), Grouped(budget.high));
      if (MetricsOf(task).tokens) finding.Label(MetricsOf(task).tokens->span, "the estimate");
      if (expected_over) {
        finding.Help("it would be stopped before it is done; raise the budget, or split the task");
      } else {
        finding.Help("it fits when all goes well; leave room up to the estimate's upper end");
        finding.As(Severity::kWarning);
      }
    }
  }
}

}  // namespace

extern constinit const Rule task_over_token_budget = {
    {.name = "task-over-token-budget",
     .category = "budget",
     .severity = Severity::kError,
     .summary = "A task's <token-budget> is less than its own estimate.",
     .rationale =
         "A task is stopped when its budget is spent. When even the middle of its estimate is over the "
         "budget, that will happen; when only the upper end is, it may, and the finding is a warning. The "
         "estimate is compared as it is written, not scaled to the model."},
    Check};

}  // namespace gsd::rules
