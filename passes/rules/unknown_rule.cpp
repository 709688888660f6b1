#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, const SuppressionUse&, Reporter& report) {
  std::vector<std::string_view> names;
  for (const Rule* rule : AllRules()) names.push_back(rule->info.name);
  for (const PlanUnit& unit : plans.units) {
    for (const Directive& directive : unit.plan.directives) {
      for (const auto& rule : directive.rules) {
        if (rule.value == "all" || FindRule(rule.value) != nullptr) continue;
        const std::string_view closest = ClosestMatch(ToLower(rule.value), names);
        if (closest.empty()) {
          report.At(rule.span, "there is no rule `{}`", rule.value)
              .Help("`gsdc --list-rules` names them; a reason stands behind a colon");
        } else {
          report.At(rule.span, "there is no rule `{}`; did you mean `{}`?", rule.value, closest)
              .SafeFix(fmt::format("write `{}`", closest), {{rule.span, std::string(closest)}});
        }
      }
    }
  }
}

}  // namespace

extern constinit const Rule unknown_rule = {
    {.name = "unknown-rule",
     .category = "meta",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A comment suppresses a rule that does not exist.",
     .rationale = "A misspelled name suppresses nothing, and whoever reads the comment believes that it "
                  "does. Write the "
                  "name as it stands behind the finding, in brackets; what follows a colon is the reason."},
    nullptr,
    Check};

}  // namespace gsd::rules
