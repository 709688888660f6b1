#include <algorithm>
#include <map>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using Step = std::pair<uint32_t, uint32_t>;

// The word behind each edge.
using Edges = std::map<Step, const PlanEdge*>;

void ReportCycle(const PlanSet& plans, const Edges& by_step, const std::vector<PlanIndex>& cycle,
                 Reporter& report) {
  std::vector<std::string> names;
  std::vector<const PlanEdge*> edges;  // the one into each plan of the cycle
  for (size_t i = 0; i < cycle.size(); ++i) {
    const PlanIndex before = cycle[(i + cycle.size() - 1) % cycle.size()];
    const auto edge = by_step.find({before.value, cycle[i].value});
    if (edge != by_step.end()) edges.push_back(edge->second);
    names.push_back(PlanName(plans.units[cycle[i].value]));
  }
  const Span at = edges.empty() ? PlanHead(plans.units[cycle[0].value]) : edges.front()->ref.span;
  auto finding = report.At(at, "these plans wait for each other in a circle: {}", CirclePath(names));
  for (const PlanEdge* edge : std::span(edges).first(std::min(edges.size(), kMostCircleLabels))) {
    finding.Label(edge->ref.span, "plan {} waits for plan {}", PlanName(plans.units[edge->to.value]),
                  PlanName(plans.units[edge->from.value]));
  }
  finding.Help("none of them can ever start; remove one of these dependencies");
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanEdge& edge : plans.graph.self_dependencies) {
    const PlanUnit& unit = plans.units[edge.to.value];
    if (unit.superseded) continue;
    report.At(edge.ref.span, "plan {} depends on itself", PlanName(unit))
        .Help("name the plan that has to come first, or nothing");
  }
  // Shortest first, and only those that show an edge not shown yet.
  std::vector<std::vector<PlanIndex>> cycles = plans.graph.cycles;
  std::ranges::stable_sort(cycles, {}, &std::vector<PlanIndex>::size);
  Edges by_step;
  if (!cycles.empty()) {
    for (const PlanEdge& edge : plans.graph.edges)
      by_step.emplace(Step{edge.from.value, edge.to.value}, &edge);
  }
  std::set<Step> shown;
  for (const auto& cycle : cycles) {
    bool fresh = false;
    for (size_t i = 0; i < cycle.size(); ++i) {
      fresh |= shown.insert({cycle[i].value, cycle[(i + 1) % cycle.size()].value}).second;
    }
    if (fresh) ReportCycle(plans, by_step, cycle, report);
  }
}

}  // namespace

extern constinit const Rule plan_dependency_cycle = {
    {.name = "plan-dependency-cycle",
     .category = "plan-graph",
     .severity = Severity::kError,
     .summary = "Plans depend on each other in a circle, or one depends on itself.",
     .rationale =
         "No order of the plans satisfies a circle, so none of its plans, and nothing behind them, can "
         "ever run. The path is printed from the plan that comes first to the one that waits for it. "
         "Remove the dependency that says the opposite of what was meant."},
    Check};

}  // namespace gsd::rules
