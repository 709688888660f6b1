#include <map>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  Reachability reachability(plans.graph.digraph);
  // One finding for a pair of plans, however many files tie them together.
  std::map<std::pair<PlanIndex, PlanIndex>, std::vector<const PlanCoupling*>> pairs;
  for (const PlanCoupling& coupling : plans.couplings) {
    if (coupling.kind != CouplingKind::kReadsFile || !coupling.is_new) continue;
    const auto [first, second] = std::pair(coupling.first.value, coupling.second.value);
    const PlanUnit &writer = plans.units[first], &reader = plans.units[second];
    if (writer.finished() || reader.finished() || !SaysWhen(writer) || !SaysWhen(reader)) continue;
    if (reachability.Comparable(first, second) != Reachability::Answer::kNo) continue;
    pairs[{coupling.first, coupling.second}].push_back(&coupling);
  }
  for (const auto& [pair, couplings] : pairs) {
    const std::string writer = PlanName(plans.units[pair.first.value]);
    const std::string reader = PlanName(plans.units[pair.second.value]);
    std::vector<std::string> names;
    for (const PlanCoupling* coupling : couplings) names.push_back(Quoted(coupling->path));
    report
        .At(couplings.front()->second_span,
            "plan {} reads {}, which plan {} writes, and neither waits for the other", reader, ListOf(names),
            writer)
        .Label(couplings.front()->first_span, "plan {} writes it here", writer)
        .Help("add {} to the depends_on of plan {}: {} not there before", writer, reader,
              names.size() == 1 ? "the file is" : "the files are");
  }
}

}  // namespace

extern constinit const Rule undeclared_plan_dependency = {
    {.name = "undeclared-plan-dependency",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .summary =
         "A plan reads a file that another plan of its phase writes, and neither depends on the other.",
     .rationale =
         "Plans that do not depend on each other run at the same time. A plan that is told to read, by an @ "
         "reference or `<read_first>`, what another one is still to make finds nothing there, and the agent "
         "guesses what will be in it. Only files that are not there yet are reported: not on disk, and "
         "written by no plan of another phase. Neither are files that an `<action>` only mentions, nor "
         "plans that have been executed, nor those without both `depends_on` and `wave`, which run in the "
         "order of their numbers. Let the plan that reads depend on the one that writes."},
    Check};

}  // namespace gsd::rules
