#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const Complexity& complexity = unit.tasks[TaskId{i}].complexity;
      const auto [written, span] = ValueOf(complexity.declared_by);
      if (written.empty() || complexity.declared) continue;
      const std::string task = TaskNoun(unit.plan.tasks[TaskId{i}]);
      if (ParseDouble(written)) {
        report.At(span, "{} has complexity {}, but complexity is a whole number from 1 to 10", task, written)
            .Help(
                "1 to 3 is for haiku, 4 to 8 for sonnet, 9 and 10 for opus; the computed score, {}, is used "
                "instead",
                complexity.computed);
      } else {
        report.At(span, "{} has complexity `{}`, which is no number from 1 to 10", task, written)
            .Help("write a number, or simple, standard or complex; the computed score, {}, is used instead",
                  complexity.computed);
      }
    }
  }
}

}  // namespace

extern constinit const Rule complexity_out_of_range = {
    {.name = "complexity-out-of-range",
     .category = "routing",
     .severity = Severity::kError,
     .summary = "A task's complexity is neither a number from 1 to 10 nor a word for one.",
     .rationale =
         "The complexity chooses the model. A value that cannot be read is ignored, and the model is chosen "
         "by the computed score, without what the plan's author knew. Words such as simple, standard, "
         "complex, low, medium and high are understood."},
    Check};

}  // namespace gsd::rules
