#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task) || task.from_feature) continue;
      if (HasAny(task, {Tag::kVerify, Tag::kVerification, Tag::kHowToVerify, Tag::kAutomated})) continue;
      report.At(TaskHead(task), "{} has no `<verify>`", TaskNoun(task))
          .Help(
              "add `<verify><automated>…</automated></verify>` with a command that fails when the task is "
              "not done");
    }
  }
}

}  // namespace

extern constinit const Rule missing_verify = {
    {.name = "missing-verify",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "A task has no `<verify>`.",
     .rationale =
         "With no command to run, a task counts as done because the agent says so, and the mistake "
         "surfaces in a later task. Give a command that fails when the work is missing. Checkpoints are "
         "verified by a person."},
    Check};

}  // namespace gsd::rules
