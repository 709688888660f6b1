#include "analysis/digraph.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// By task: which circle of dependencies it is in, or 0.
std::vector<size_t> CircleOf(const TaskGraph& graph) {
  std::vector<size_t> circle(graph.digraph.size(), 0);
  size_t number = 0;
  for (const auto& component : CyclicComponents(graph.digraph)) {
    ++number;
    for (const uint32_t task : component) circle[task] = number;
  }
  return circle;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || unit.graph.forward_dependencies.empty()) continue;
    const std::vector<size_t> circle = CircleOf(unit.graph);
    for (const TaskEdge& edge : unit.graph.forward_dependencies) {
      // dependency-cycle has more to say about these.
      const size_t inside = circle[edge.to.value];
      if (inside != 0 && inside == circle[edge.from.value]) continue;
      const Task& task = unit.plan.tasks[edge.to];
      const Task& later = unit.plan.tasks[edge.from];
      report
          .At(edge.span, "{} depends on {}, which stands after it in the plan", TaskNoun(task),
              TaskNoun(later))
          .Label(TaskHead(later), "this runs first")
          .Help("move {} before {}, or check that the number is the one you meant", TaskNoun(later),
                TaskNoun(task));
    }
  }
}

}  // namespace

extern constinit const Rule forward_dependency = {
    {.name = "forward-dependency",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .summary = "A task depends on one that stands after it in the plan.",
     .rationale =
         "This is legal, and the later task then runs first. But whoever reads or runs the plan from top "
         "to bottom gets it wrong, and often the number is a slip. Put the tasks in an order in which "
         "they can run."},
    Check};

}  // namespace gsd::rules
