#include <span>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

std::vector<std::string> Names(std::span<const std::string> paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(Quoted(path));
  return names;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanDependency& dependency : plans.graph.others) {
    const PlanUnit& unit = plans.units[dependency.plan.value];
    if (!unit.open()) continue;
    const DependencyRef& ref = dependency.ref;
    const std::span<const std::string> candidates = dependency.candidates;
    if (dependency.state == PlanDependencyState::kAmbiguous) {
      report
          .At(ref.span, "plan {} depends on `{}`, which may be any of {}", PlanName(unit), ref.value,
              ListOf(Names(candidates)))
          .Help("as it is, this plan waits for none of them; write the file's name");
    } else if (dependency.state == PlanDependencyState::kNearest) {
      auto finding = report.At(ref.span, "plan {} depends on `{}`, which is taken for {} but may be {}, too",
                               PlanName(unit), ref.value, Quoted(candidates.front()),
                               ListOf(Names(candidates.subspan(1))));
      if (dependency.suggestion.empty()) {
        finding.Help("write which one is meant, with its folder");
      } else {
        finding.SafeFix("name its folder, too", {{ref.span, '"' + dependency.suggestion + '"'}});
      }
    }
  }
}

}  // namespace

extern constinit const Rule ambiguous_plan_dependency = {
    {.name = "ambiguous-plan-dependency",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "An entry of a plan's depends_on names several plans.",
     .rationale =
         "A name such as `01-01` comes again in every milestone that counts its phases anew. A plan of the "
         "same phase is always meant; else the one in the same place (`.planning/phases`, a milestone's "
         "folder) is taken, which is right until somebody moves a folder. When nothing tells them apart, "
         "the entry orders nothing. Write the name with its folder: `01-foundation/01-01`."},
    Check};

}  // namespace gsd::rules
