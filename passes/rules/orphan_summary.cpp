#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const Phase& phase : plans.phases) {
    if (phase.orphan_summaries.empty() || !phase.complete) continue;
    std::vector<std::string> names;
    for (const std::string& path : phase.orphan_summaries) names.push_back(Quoted(path));
    // A summary is no plan; the first plan of its folder stands for it.
    const PlanUnit& first = plans.units[phase.plans.front().value];
    report.At(FileHead(*first.source), "no plan in this folder belongs to {}", ListOf(names))
        .Help("restore or rename the plan, or remove the summary: tools count finished plans by both");
  }
}

}  // namespace

extern constinit const Rule orphan_summary = {
    {.name = "orphan-summary",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .summary = "A summary has no plan.",
     .rationale =
         "`03-02-SUMMARY.md` says that plan 03-02 has been executed. When no such plan is in the folder, the "
         "plan was removed or renamed, or the summary carries the wrong number, and the plan that it is "
         "really about counts as not done and is run again. Reported once for a folder, at the first line "
         "of its first plan."},
    Check};

}  // namespace gsd::rules
