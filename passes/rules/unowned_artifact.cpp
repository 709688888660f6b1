#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const MissingFile& missing : plans.missing_files) {
    if (missing.use != FileUse::kArtifact) continue;
    if (!missing.later) {
      report.At(missing.span, "no task writes the artifact `{}`, and it is not on disk", missing.path)
          .Help("add the path to the `<files>` of the task that writes it, or correct it");
      continue;
    }
    const PlanUnit& writer = plans.units[missing.later->plan.value];
    auto finding = report.At(
        missing.span, "the artifact `{}` is not written by this plan, but by a later one", missing.path);
    if (missing.later->task.value < writer.plan.tasks.size())
      finding.Label(TaskHead(writer.plan.tasks[missing.later->task]), "written here");
    finding.Help("name the artifact in the plan that writes it");
  }
}

}  // namespace

extern constinit const Rule unowned_artifact = {
    {.name = "unowned-artifact",
     .category = "must-haves",
     .severity = Severity::kWarning,
     .summary = "An artifact of must_haves is written by no task and is not on disk.",
     .rationale =
         "After the plan has run, every artifact is checked on disk. One that no task of this plan or of an "
         "earlier one writes will be reported as missing then, when the agent that could have written it is "
         "gone. Often the path was renamed in the tasks and not in the front matter. Plans that have been "
         "executed, or whose phase is compiled only in part, are not judged."},
    Check};

}  // namespace gsd::rules
