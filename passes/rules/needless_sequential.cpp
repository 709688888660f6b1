#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

bool WritesAny(const TaskFacts& facts) { return !facts.writes.empty(); }

// Nothing but its place in the file makes the task wait for the one before it.
void CheckInferred(const PlanUnit& unit, TaskId id, Reporter& report) {
  const auto into = unit.graph.Into(id);
  if (into.size() != 1 || into[0].evidence != Evidence::kSequential) return;
  const TaskId before = into[0].from;
  // Without files, nobody can tell what the task touches.
  if (!WritesAny(unit.tasks[id]) || !WritesAny(unit.tasks[before])) return;
  const Task& task = unit.plan.tasks[id];
  report
      .At(TaskHead(task), "{} waits for {} only because nothing says that it need not", TaskNoun(task),
          TaskNoun(unit.plan.tasks[before]))
      .Help(
          "their files differ and neither names the other; if they are independent, say what it does wait "
          "for "
          "in depends-on, or nothing: depends-on=\"\"");
}

// Says sequential, and would otherwise share a batch.
void CheckDeclared(const PlanUnit& unit, TaskId id, Reachability& reach, Reporter& report) {
  const Task& task = unit.plan.tasks[id];
  const Attribute* parallel = FindAttribute(task, "parallel");
  if (parallel == nullptr || Trim(parallel->value) != "sequential" || !WritesAny(unit.tasks[id])) return;
  const auto before = unit.graph.digraph.Predecessors(id.value);
  for (uint32_t other = 0; other < unit.plan.tasks.size(); ++other) {
    const TaskFacts& facts = unit.tasks[TaskId{other}];
    if (other == id.value || facts.checkpoint || !WritesAny(facts)) continue;
    if (!std::ranges::equal(before, unit.graph.digraph.Predecessors(other))) continue;
    if (reach.Comparable(id.value, other) != Reachability::Answer::kNo) continue;
    std::vector<uint32_t> shared;
    std::ranges::set_intersection(unit.tasks[id].writes, facts.writes, std::back_inserter(shared));
    if (!shared.empty()) continue;
    report
        .At(parallel->value_span, "{} runs alone, though {} waits for the same tasks and writes other files",
            TaskNoun(task), TaskNoun(unit.plan.tasks[TaskId{other}]))
        .Label(TaskHead(unit.plan.tasks[TaskId{other}]), "could run beside it")
        .Help("if they do not get in each other's way, write `can-parallelize` at both");
    return;
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || unit.plan.tasks.size() > kMostComparedTasks) continue;
    Reachability reach(unit.graph.digraph);
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      if (unit.tasks[TaskId{i}].checkpoint) continue;
      CheckInferred(unit, {i}, report);
      CheckDeclared(unit, {i}, reach, report);
    }
  }
}

}  // namespace

extern constinit const Rule needless_sequential = {
    {.name = "needless-sequential",
     .category = "task-graph",
     .severity = Severity::kNote,
     .on_by_default = false,
     .summary = "A task runs alone, and nothing in the plan shows why it has to.",
     .rationale =
         "Parallel work is what a plan's graph is for. Reported is a task that declares itself sequential "
         "beside one with the same dependencies and other files, and a task that waits for its predecessor "
         "only because nothing was found either way. Off by default: different files do not prove that two "
         "tasks are independent, so this is a list of places to think about, not of mistakes."},
    Check};

}  // namespace gsd::rules
