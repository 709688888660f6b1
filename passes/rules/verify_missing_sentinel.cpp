#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const MissingFile& missing : plans.missing_files) {
    if (missing.use != FileUse::kSentinel) continue;
    const PlanUnit& unit = plans.units[missing.plan.value];
    auto finding =
        report.At(missing.span, "`{}` is still missing when {} is verified: no earlier task creates it",
                  missing.path, TaskNoun(unit.plan.tasks[missing.task]));
    if (missing.later) {
      const PlanUnit& writer = plans.units[missing.later->plan.value];
      const Task& task = writer.plan.tasks[missing.later->task];
      finding.Label(TaskHead(task), "{} creates it, but later", TaskNounIn(plans, writer, task));
    }
    finding.Help("add a task before it that creates the file, then put the command here");
  }
}

}  // namespace

extern constinit const Rule verify_missing_sentinel = {
    {.name = "verify-missing-sentinel",
     .category = "verification",
     .severity = Severity::kWarning,
     .summary = "A MISSING sentinel waits for a file that no earlier task creates.",
     .rationale = "`<automated>MISSING — Wave 0 must create tests/a.test.ts first</automated>` promises that "
                  "an earlier "
                  "task writes the test. When none does, the task is never verified at all. Plans that have "
                  "been executed "
                  "(their summary is there) are not judged."},
    Check};

}  // namespace gsd::rules
