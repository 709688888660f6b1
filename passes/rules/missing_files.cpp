#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

bool NamesFiles(const Task& task) {
  // An empty <files> is for empty-element to say.
  return !task.files.empty() || HasAny(task, {Tag::kFiles, Tag::kFile}) ||
         FindAttribute(task, "files") != nullptr;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task) || NamesFiles(task)) continue;
      report.At(TaskHead(task), "{} has no `<files>`", TaskNoun(task))
          .Help(
              "list the files that it creates or changes; write `<files>none</files>` when it changes none");
    }
  }
}

}  // namespace

extern constinit const Rule missing_files = {
    {.name = "missing-files",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "A task does not say which files it changes.",
     .rationale = "Without its files nobody can tell what the task may run beside: it is put behind its "
                  "predecessor, and changes to files of another task go unnoticed. A task that only checks "
                  "something says `none`."},
    Check};

}  // namespace gsd::rules
