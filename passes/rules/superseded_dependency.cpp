#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanEdge& edge : plans.graph.edges) {
    const PlanUnit& from = plans.units[edge.from.value];
    const PlanUnit& to = plans.units[edge.to.value];
    if (!from.superseded || to.superseded || to.finished()) continue;
    report
        .At(edge.ref.span, "plan {} waits for plan {}, which is superseded and never runs", PlanName(to),
            PlanName(from))
        .Label(from.plan.header.status.span, "`{}` here", from.plan.header.status.value)
        .Help("name the plan that took its place, or remove the entry");
  }
}

}  // namespace

extern constinit const Rule superseded_dependency = {
    {.name = "superseded-dependency",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .summary = "A plan depends on one that is superseded.",
     .rationale =
         "A superseded plan is scheduled nowhere, so there is nothing to wait for: the plan starts without "
         "the work that it was meant to build on. That work is now in another plan, and the dependency "
         "should be on that one. Plans that have been executed are not checked."},
    Check};

}  // namespace gsd::rules
