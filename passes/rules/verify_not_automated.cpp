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
      const Element* verify = FindElement(task, Tag::kVerify);
      if (verify == nullptr || Trim(unit.source->Slice(verify->body)).empty()) continue;
      if (FindElement(task, Tag::kAutomated) != nullptr) continue;
      report
          .At(FirstLine(*unit.source, verify->open), "nothing that verifies {} is in `<automated>`",
              TaskNoun(task))
          .Help(
              "put a command that fails when the task is not done between `<automated>` and `</automated>`");
    }
  }
}

}  // namespace

extern constinit const Rule verify_not_automated = {
    {.name = "verify-not-automated",
     .category = "verification",
     .severity = Severity::kNote,
     .on_by_default = false,
     .summary = "The <verify> of a task has no <automated> command.",
     .rationale =
         "What stands in `<automated>` can be run by tools and goes into the manifest; the rest of "
         "`<verify>` "
         "is read by the agent, who may or may not follow it. Off by default: many plans are older than "
         "`<automated>`, and some work can only be looked at."},
    Check};

}  // namespace gsd::rules
