#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const MissingFile& missing : plans.missing_files) {
    if (missing.use != FileUse::kVerify) continue;
    auto finding = report.At(missing.span,
                             "`{}` does not exist when this runs: neither this task nor an earlier "
                             "one writes it",
                             missing.path);
    if (missing.later) {
      const PlanUnit& writer = plans.units[missing.later->plan.value];
      if (missing.later->task.value < writer.plan.tasks.size()) {
        const Task& task = writer.plan.tasks[missing.later->task];
        finding.Label(TaskHead(task), "{} writes it, but later", TaskNounIn(plans, writer, task));
      }
      finding.Help("move the check behind the task that writes the file, or let this task write it");
    } else {
      finding.Help("correct the path, or add the file to the `<files>` of the task that writes it");
    }
  }
}

}  // namespace

extern constinit const Rule unreachable_verify_file = {
    {.name = "unreachable-verify-file",
     .category = "verification",
     .severity = Severity::kWarning,
     .summary = "A verify command needs a file that will not be there when it runs.",
     .rationale =
         "A test, script or source file that is neither on disk nor written by this task, an earlier task or "
         "an "
         "earlier plan makes the check fail however good the work is, and the agent then bends the check or "
         "invents the file. Only paths that surely are looked for below the project root count: no globs, "
         "variables, build outputs or other packages' folders. Plans that have been executed, or whose phase "
         "is "
         "compiled only in part, are not judged."},
    Check};

}  // namespace gsd::rules
