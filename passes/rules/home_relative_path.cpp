#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const PathEntry* entry : WrittenPaths(unit, PathKind::kHome)) {
      report.At(entry->span, "`{}` lies in somebody's home folder", entry->path)
          .Help("name a file of the project, and let the plan say how it gets to the machine");
    }
  }
}

}  // namespace

extern constinit const Rule home_relative_path = {
    {.name = "home-relative-path",
     .category = "references",
     .severity = Severity::kNote,
     .on_by_default = false,
     .summary = "A plan writes a file in somebody's home folder.",
     .rationale =
         "What begins with `~` or `$HOME` is outside the project: no commit holds it, a work tree does not "
         "keep it apart, and on another machine it is not there. Plans that set up a machine mean exactly "
         "that, so this is off unless you ask for it."},
    Check};

}  // namespace gsd::rules
