#include "analysis/metrics_edit.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const Task& task = unit.plan.tasks[TaskId{i}];
      if (unit.tasks[TaskId{i}].checkpoint || MetricsOf(task).tokens) continue;
      const Estimate& tokens = unit.tasks[TaskId{i}].estimate.tokens;
      auto finding = report.At(TaskHead(task), "{} has no estimate, so {} to {} tokens are assumed",
                               TaskNoun(task), Grouped(tokens.low), Grouped(tokens.high));
      if (auto edit = InsertMetrics(unit, {i})) {
        finding.SafeFix("write the assumed estimate into the task, to be corrected there",
                        {std::move(*edit)});
      } else {
        finding.Help("write <estimated-tokens> into its <metrics>");
      }
    }
  }
}

}  // namespace

extern constinit const Rule missing_estimate = {
    {.name = "missing-estimate",
     .category = "budget",
     .severity = Severity::kNote,
     .fixable = Fixable::kSafe,
     .on_by_default = false,
     .summary = "A task does not say how many tokens it will need.",
     .rationale =
         "Budgets, routing and the order on the critical path then rest on a default that is the same for "
         "every task. The fix writes that default into the plan, where it can be corrected. Off by default: "
         "hardly any plan has estimates, and a plan works without."},
    Check};

}  // namespace gsd::rules
