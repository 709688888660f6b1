#include <algorithm>
#include <iterator>
#include <map>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The plans of each phase: what a dependency could have meant. Names of phases are compared once a plan, not
// once a finding: they may be long.
class Neighbours {
 public:
  explicit Neighbours(const PlanSet& plans) {
    for (const PlanUnit& unit : plans.units) of_plan_.push_back(&by_phase_[unit.id.phase]);
    for (size_t p = 0; p < plans.units.size(); ++p) of_plan_[p]->push_back(PlanName(plans.units[p]));
  }
  const std::vector<std::string>& Of(PlanIndex plan) const { return *of_plan_[plan.value]; }

 private:
  std::map<std::string_view, std::vector<std::string>> by_phase_;
  std::vector<std::vector<std::string>*> of_plan_;
};

std::string Advice(const PlanUnit& unit, const std::vector<std::string>& all) {
  constexpr size_t kMostListed = 30;  // so that a project full of mistakes stays linear
  std::vector<std::string> others;
  if (all.size() <= kMostListed) {
    std::ranges::copy_if(all, std::back_inserter(others),
                         [name = PlanName(unit)](const std::string& other) { return other != name; });
  }
  const std::string_view ignored = "as it is, this plan does not wait for it";
  if (others.empty()) return fmt::format("{}; correct the name, or remove the entry", ignored);
  return fmt::format("{}; the other plans of this phase are {}", ignored, ListOf(others, 12));
}

void Check(const PlanSet& plans, Reporter& report) {
  const Neighbours neighbours(plans);
  for (const PlanDependency& dependency : plans.graph.others) {
    if (dependency.state != PlanDependencyState::kUnknown) continue;
    const PlanUnit& unit = plans.units[dependency.plan.value];
    if (!unit.open()) continue;
    const Span span = dependency.ref.span;
    const std::string& suggestion = dependency.suggestion;
    // Plan names mostly differ in their numbers alone: another number would be a guess.
    if (suggestion.empty() || !SameNumbers(suggestion, dependency.ref.value)) {
      report
          .At(span, "plan {} depends on `{}`, but no such plan or phase exists", PlanName(unit),
              dependency.ref.value)
          .Help("{}", Advice(unit, neighbours.Of(dependency.plan)));
      continue;
    }
    const std::string_view written = unit.source->Slice(span);
    const bool quoted = !written.empty() && (written[0] == '"' || written[0] == '\'');
    const std::string quote(quoted ? 1 : 0, quoted ? written[0] : '"');
    report
        .At(span, "plan {} depends on `{}`, which does not exist; did you mean `{}`?", PlanName(unit),
            dependency.ref.value, suggestion)
        .SafeFix(fmt::format("replace it by `{}`", suggestion), {{span, quote + suggestion + quote}});
  }
}

}  // namespace

extern constinit const Rule unknown_plan_dependency = {
    {.name = "unknown-plan-dependency",
     .category = "plan-graph",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "A plan's depends_on names a plan or phase that does not exist.",
     .rationale =
         "Such an entry orders nothing: the plan would start in the first wave, before the work it needs "
         "is done. Every usual spelling is understood (`01`, `01-01`, `01-01-slug`, `01-01-PLAN.md`, "
         "`01-foundation/01-01`, `Phase 7`), so what remains is a name that is wrong, or a plan that has "
         "been renamed or removed. Plans that have been executed are not reported: nothing starts them "
         "again."},
    Check};

}  // namespace gsd::rules
