#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const Phase& phase : plans.phases) {
    const RoadmapComparison& roadmap = phase.roadmap;
    if (!roadmap.missing.empty()) {
      std::vector<std::string> names;
      for (const RoadmapEntry& entry : roadmap.missing) names.push_back(Quoted(entry.plan));
      const PlanUnit& first = plans.units[phase.plans.front().value];
      report
          .At(FileHead(*first.source), "`{}` lists {} for this phase (line {}), but {} not in its folder",
              roadmap.path, ListOf(names), roadmap.missing.front().line,
              names.size() == 1 ? "it is" : "they are")
          .Help("write the plan, or remove it from the list");
    }
    for (const PlanIndex plan : roadmap.unlisted) {
      const PlanUnit& unit = plans.units[plan.value];
      report
          .At(PlanHead(unit), "`{}` does not list plan {} for this phase (line {})", roadmap.path,
              PlanName(unit), roadmap.line)
          .Help("add it to the list, or write `status: superseded` into the plan");
    }
  }
}

}  // namespace

extern constinit const Rule roadmap_mismatch = {
    {.name = "roadmap-mismatch",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .summary = "ROADMAP.md and the folder of a phase do not have the same plans.",
     .rationale =
         "Progress is counted along the roadmap's list of plans, and people read there what is still to be "
         "done; what is executed are the files in the folder. A plan in only one of the two is forgotten, or "
         "done without anybody having agreed to it. Only phases for which the roadmap lists plans at all "
         "are compared, and only when all plans of the folder are checked together (`gsdc .planning/`). A "
         "summary stands for a plan that is gone. What the list lacks is reported at the plan, what the "
         "folder lacks at the first line of the phase's first plan."},
    Check};

}  // namespace gsd::rules
