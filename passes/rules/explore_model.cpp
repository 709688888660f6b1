#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const TaskFacts& facts = unit.tasks[TaskId{i}];
      if (!facts.declared_explore || !facts.routed.declared || facts.checkpoint) continue;
      if (facts.routed.model == Model::kHaiku) continue;
      // A model that the declared complexity asks for is there on purpose.
      if (facts.complexity.declared && ModelForScore(*facts.complexity.declared) == facts.routed.model)
        continue;
      const Task& task = unit.plan.tasks[TaskId{i}];
      const auto [written, span] = ValueOf(facts.routed.declared_by);
      report.At(span, "{} only explores, but runs on {}", TaskNoun(task), written)
          .Label(ValueOf(FindAttribute(task, "subagent")).span, "exploring is meant for haiku")
          .UnsafeFix("change the model to haiku", {{span, "haiku"}});
    }
  }
}

}  // namespace

extern constinit const Rule explore_model = {
    {.name = "explore-model",
     .category = "routing",
     .severity = Severity::kNote,
     .fixable = Fixable::kUnsafe,
     .summary = "A task of an explore agent names a model other than haiku.",
     .rationale =
         "Exploring is reading much and reporting little: the design document gives it to haiku, whatever "
         "the task says, because a stronger model costs several times as much for the same list of files. "
         "`gsdc` keeps the model that is named, so the fix changes who runs the task and has to be asked "
         "for. A model that the task's estimated-complexity asks for is not reported. If judgement is "
         "needed, "
         "it is no exploring: name another subagent."},
    Check};

}  // namespace gsd::rules
