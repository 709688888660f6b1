#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    const std::vector<const PathEntry*> paths = WrittenPaths(unit, PathKind::kWindows);
    if (paths.empty()) continue;
    // One finding a plan: who writes one path so writes them all so.
    report
        .At(paths.front()->span, "plan {} spells {} as only Windows does", PlanName(unit),
            ListOf(QuotedPaths(paths)))
        .Help("write the path as it counts from the project's root, with `/`");
  }
}

}  // namespace

extern constinit const Rule windows_path = {
    {.name = "windows-path",
     .category = "references",
     .severity = Severity::kWarning,
     .summary = "A plan writes a file under a path with backslashes or a drive letter.",
     .rationale =
         "A path with a drive letter is on one machine only, and a work tree is in another place. "
         "Backslashes "
         "are part of the name on every other system, and `src\\app.ts` is another file than `src/app.ts` "
         "to most tools that compare paths. With `/`, and counted from the project's root, a path means "
         "the same everywhere. Plans that have been executed are not reported."},
    Check};

}  // namespace gsd::rules
