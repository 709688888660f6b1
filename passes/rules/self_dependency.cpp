#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The edit that takes the word at `span` out of the task's dependencies.
std::optional<Edit> Removal(const Task& task, Span span) {
  if (!task.depends_on) return std::nullopt;
  const std::vector<DependencyRef>& list = *task.depends_on;
  const auto word = std::ranges::find(list, span, &DependencyRef::span);
  if (word == list.end()) return std::nullopt;
  return RemoveWord(list, static_cast<size_t>(word - list.begin()));
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    for (const TaskEdge& edge : unit.graph.self_dependencies) {
      const Task& task = unit.plan.tasks[edge.to];
      auto finding = report.At(edge.span, "{} depends on itself", TaskNoun(task));
      const auto edit = Removal(task, edge.span);
      if (edit && task.depends_on->size() > 1) {
        finding.SafeFix("remove the dependency on itself", {*edit});
      } else if (edit) {
        // An empty list says that the task waits for nothing, which nobody has said.
        finding.UnsafeFix("remove the dependency on itself, so that the task waits for nothing", {*edit});
      } else {
        finding.Help("name the task that has to come first, or nothing");
      }
    }
  }
}

}  // namespace

extern constinit const Rule self_dependency = {
    {.name = "self-dependency",
     .category = "task-graph",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "A task names itself among the tasks that it depends on.",
     .rationale =
         "A task that waits for itself can never start, so the dependency is ignored; usually another "
         "task's number was meant. Remove the word, or name the task that was meant."},
    Check};

}  // namespace gsd::rules
