#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// As much text as one short sentence: then the task does say what to do, if not in the place for it.
constexpr size_t kSentence = 30;

void CheckTask(const PlanUnit& unit, const Task& task, Reporter& report) {
  if (HasAny(task, {Tag::kAction, Tag::kInstructions, Tag::kDescription, Tag::kImplementation})) return;
  // A TDD feature is described by its behaviour.
  if (task.from_feature && HasAny(task, {Tag::kBehavior})) return;
  const bool says_something = SaysAny(*unit.source, task, {Tag::kBehavior, Tag::kAcceptanceCriteria}) ||
                              ProseBytes(*unit.source, task) >= kSentence;
  if (says_something) {
    report.At(TaskHead(task), "{} has no `<action>`; it describes the work elsewhere", TaskNoun(task))
        .As(Severity::kWarning)
        .Help("put what is to be done into `<action>`");
    return;
  }
  report.At(TaskHead(task), "{} has no `<action>`: nothing says what is to be done", TaskNoun(task))
      .Help("add an `<action>` that says what to do and how");
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      if (!IsCheckpoint(task)) CheckTask(unit, task, report);
    }
  }
}

}  // namespace

extern constinit const Rule missing_action = {
    {.name = "missing-action",
     .category = "structure",
     .severity = Severity::kError,
     .summary = "A task does not say what is to be done.",
     .rationale =
         "The `<action>` is what an agent is given to do; without it, it invents a task from the name. A "
         "task that describes the work in prose, or only by its behaviour and criteria, gets a warning "
         "instead: other tools read `<action>` alone. Checkpoints need none."},
    Check};

}  // namespace gsd::rules
