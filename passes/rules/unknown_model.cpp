#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  std::vector<std::string_view> known;
  for (const Model model : kModels) known.push_back(InfoOf(model).name);
  known.push_back("inherit");
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const RoutedTask& routed = unit.tasks[TaskId{i}].routed;
      const auto [written, span] = ValueOf(routed.declared_by);
      if (written.empty() || ModelFromName(written) || EqualsIgnoreCase(written, "inherit")) continue;
      const std::string task = TaskNoun(unit.plan.tasks[TaskId{i}]);
      const std::string_view closest = ClosestMatch(ToLower(written), known);
      if (closest.empty()) {
        report.At(span, "{} wants the model `{}`, which is not known", task, written)
            .Help("a model is haiku, sonnet, opus or inherit; the task would run on {}",
                  InfoOf(routed.model).name);
      } else {
        report
            .At(span, "{} wants the model `{}`, which is not known; did you mean `{}`?", task, written,
                closest)
            .SafeFix(fmt::format("replace it by `{}`", closest), {{span, std::string(closest)}});
      }
    }
  }
}

}  // namespace

extern constinit const Rule unknown_model = {
    {.name = "unknown-model",
     .category = "routing",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "A task's model is none that tasks can be routed to.",
     .rationale =
         "A model that is not known cannot be priced or run, so the task would silently run on the one that "
         "its complexity asks for. Known are haiku, sonnet and opus, full names of theirs such as "
         "`claude-sonnet-5`, and `inherit` for no wish."},
    Check};

}  // namespace gsd::rules
