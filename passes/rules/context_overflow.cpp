#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void CheckUnit(const PlanSet& plans, const PlanUnit& unit, Reporter& report) {
  std::vector<TaskId> over;
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const TaskFacts& facts = unit.tasks[TaskId{i}];
    if (!facts.checkpoint && facts.context_tokens > WindowOf(plans, facts.routed.model)) over.push_back({i});
  }
  if (over.empty()) return;
  // One finding a plan: mostly it is the context that its tasks share.
  const TaskId first = over.front();
  const TaskFacts& facts = unit.tasks[first];
  auto finding =
      report.At(TaskHead(unit.plan.tasks[first]),
                "{} {} more than the model can hold: about {} tokens, {} has {}", TaskNouns(unit.plan, over),
                over.size() == 1 ? "has to read" : "have to read", Grouped(facts.context_tokens),
                InfoOf(facts.routed.model).name, Grouped(WindowOf(plans, facts.routed.model)));
  for (size_t i = 1; i < over.size(); ++i) {
    finding.Label(TaskHead(unit.plan.tasks[over[i]]), "about {} tokens",
                  Grouped(unit.tasks[over[i]].context_tokens));
  }
  finding.Help(
      "counted are the task's text, its files, <read_first> and the plan's @ references; name the parts of "
      "large files that matter, or drop references");
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open()) CheckUnit(plans, unit, report);
  }
}

}  // namespace

extern constinit const Rule context_overflow = {
    {.name = "context-overflow",
     .category = "budget",
     .severity = Severity::kError,
     .summary = "What a task has to read is more than its model's context window.",
     .rationale =
         "An agent that reads more than fits fails, or forgets the beginning before it starts to work. "
         "Counted are the prompt, the plan's @ references, the task's files as far as they exist, and "
         "<read_first>, each once, at four bytes a token."},
    Check};

}  // namespace gsd::rules
