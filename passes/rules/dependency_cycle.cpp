#include <algorithm>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using Step = std::pair<uint32_t, uint32_t>;

// The edge `from` → `to`, or nullptr.
const TaskEdge* FindEdge(const TaskGraph& graph, TaskId from, TaskId to) {
  for (const TaskEdge& edge : graph.Into(to)) {
    if (edge.from == from) return &edge;
  }
  return nullptr;
}

void ReportCycle(const PlanUnit& unit, const std::vector<TaskId>& cycle, Reporter& report) {
  std::vector<const TaskEdge*> edges;  // the one into each task of the cycle
  std::vector<std::string> names;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const TaskId before = cycle[(i + cycle.size() - 1) % cycle.size()];
    edges.push_back(FindEdge(unit.graph, before, cycle[i]));
    names.push_back(TaskWord(unit.plan.tasks[cycle[i]]));
  }
  const Task& first = unit.plan.tasks[cycle[0]];
  const bool has_word = edges[0] && edges[0]->span.size() > 0;
  auto finding = report.At(has_word ? edges[0]->span : TaskHead(first),
                           "these tasks wait for each other in a circle: {}", CirclePath(names));
  for (const TaskEdge* edge : std::span(edges).first(std::min(edges.size(), kMostCircleLabels))) {
    if (!edge || edge->span.size() == 0) continue;
    const std::string to = TaskNoun(unit.plan.tasks[edge->to]);
    const std::string from = TaskNoun(unit.plan.tasks[edge->from]);
    if (edge->source == EdgeSource::kDeclared) {
      finding.Label(edge->span, "{} waits for {}", to, from);
    } else {
      finding.Label(edge->span, "{} waits for {} (inferred: {})", to, from, DescribeReason(*edge, unit.plan));
    }
  }
  finding.Help("none of them can ever start; remove one of these dependencies");
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    // Shortest first, and only those that show an edge not shown yet: a tangle of five tasks has 84 cycles.
    std::vector<std::vector<TaskId>> cycles = unit.graph.cycles;
    std::ranges::stable_sort(cycles, {}, &std::vector<TaskId>::size);
    std::set<Step> shown;
    for (std::vector<TaskId>& cycle : cycles) {
      const auto smallest = std::ranges::min_element(
          cycle, {}, [&](TaskId task) { return std::pair(unit.plan.tasks[task].number, task.value); });
      std::rotate(cycle.begin(), smallest, cycle.end());
      bool fresh = false;
      for (size_t i = 0; i < cycle.size(); ++i) {
        fresh |= shown.insert({cycle[i].value, cycle[(i + 1) % cycle.size()].value}).second;
      }
      if (fresh) ReportCycle(unit, cycle, report);
    }
  }
}

}  // namespace

extern constinit const Rule dependency_cycle = {
    {.name = "dependency-cycle",
     .category = "task-graph",
     .severity = Severity::kError,
     .summary = "Tasks depend on each other in a circle.",
     .rationale =
         "No order of the tasks satisfies a circle of dependencies, so none of its tasks, and nothing "
         "behind them, can ever run. The path is printed from the task that comes first to the one that "
         "waits for it, starting at the smallest number. Remove the dependency that says the opposite "
         "of what was meant."},
    Check};

}  // namespace gsd::rules
