#include <algorithm>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    const Header& header = unit.plan.header;
    if (!unit.open() || !header.autonomous_value.value_or(false)) continue;
    const auto& tasks = unit.plan.tasks;
    const auto checkpoint = std::find_if(tasks.begin(), tasks.end(), IsCheckpoint);
    if (checkpoint == tasks.end()) continue;
    report
        .At(header.autonomous.span, "`autonomous` is true, but {} waits for a person", TaskNoun(*checkpoint))
        .Label(FirstLine(*unit.source, checkpoint->open), "this is a checkpoint")
        .SafeFix("write `autonomous: false`", {{header.autonomous.span, "false"}});
  }
}

}  // namespace

extern constinit const Rule autonomous_mismatch = {
    {.name = "autonomous-mismatch",
     .category = "structure",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "The plan calls itself autonomous and has a checkpoint.",
     .rationale =
         "An autonomous plan is handed to a background agent that cannot ask anybody: it stops at the "
         "checkpoint for good, or answers it itself. `autonomous: false` keeps the plan in the session of "
         "the person who decides."},
    Check};

}  // namespace gsd::rules
