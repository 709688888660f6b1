#include <map>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void CheckPhase(const PlanSet& plans, const Phase& phase, Reporter& report) {
  std::map<std::pair<std::string, std::string>, std::vector<PlanIndex>> by_id;
  for (const PlanIndex plan : phase.plans) {
    const PlanUnit& unit = plans.units[plan.value];
    if (unit.superseded || unit.id.plan.empty()) continue;
    by_id[{NormalizePlanName(unit.id.phase_number), NormalizePlanName(unit.id.plan)}].push_back(plan);
  }
  for (const auto& [id, same] : by_id) {
    for (size_t i = 1; i < same.size(); ++i) {
      const PlanUnit& first = plans.units[same.front().value];
      const PlanUnit& unit = plans.units[same[i].value];
      if (first.finished() && unit.finished()) continue;
      auto finding = report.At(PlanHead(unit), "`{}` is plan {} of its phase, and so is `{}`",
                               FileNameOf(unit.root_path), unit.id.plan, FileNameOf(first.root_path));
      finding.Label(PlanHead(first), "the other one");
      finding.Help(
          "give one of them another number, or write `status: superseded` into the one that is replaced");
      // Tools that name plans by their whole file name still tell these apart.
      if (NormalizePlanName(first.id.slug) != NormalizePlanName(unit.id.slug)) finding.As(Severity::kWarning);
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const Phase& phase : plans.phases) CheckPhase(plans, phase, report);
}

}  // namespace

extern constinit const Rule duplicate_plan_id = {
    {.name = "duplicate-plan-id",
     .category = "plan-graph",
     .severity = Severity::kError,
     .summary = "Two plans of one folder have the same number.",
     .rationale =
         "Dependencies, summaries and commits name a plan by its number. Of two plans with one number, both "
         "count as done when the first has its summary, and nobody can tell which of them a dependency "
         "means. Case and leading zeros make no difference: `3-1` and `03-01` are one plan. When the rest of "
         "the file names tells the two apart, it is a warning."},
    Check};

}  // namespace gsd::rules
