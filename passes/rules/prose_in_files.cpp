#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded || unit.finished()) continue;
    const std::vector<const PathEntry*> entries = WrittenPaths(unit, PathKind::kProse);
    if (entries.empty()) continue;
    report
        .At(entries.front()->span, "plan {} lists {} among its files, but {}", unit.id.id,
            ListOf(QuotedPaths(entries)), entries.size() == 1 ? "that is no path" : "these are no paths")
        .Help("name the files, one on a line; write `none` when there are none");
  }
}

}  // namespace

extern constinit const Rule prose_in_files = {
    {.name = "prose-in-files",
     .category = "references",
     .severity = Severity::kWarning,
     .summary = "An entry of a list of files is no path.",
     .rationale =
         "Files are how plans and tasks that must not run side by side are found. `see above` or `<18 "
         "files>` "
         "names none of them, so what the task really writes is not seen. Remarks behind a path are fine, "
         "and so is anything that says that there are no files (`none`, `N/A - verification only`). Once "
         "for a plan; plans that have been executed are not reported."},
    Check};

}  // namespace gsd::rules
