#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind == SyntaxFactKind::kFencedTasks) {
        report.At(FirstLine(*unit.source, fact.span), "the plan's tasks stand inside this code fence")
            .Help("remove the fence's two lines, so that every tool takes the tasks for tasks");
      }
      if (fact.kind == SyntaxFactKind::kStrayFence) {
        report
            .At(FirstLine(*unit.source, fact.span),
                "this code fence never ends before the plan's tasks begin")
            .Help("remove this line, or close the fence: for Markdown, all that follows is code");
      }
    }
  }
}

}  // namespace

extern constinit const Rule fenced_tasks = {
    {.name = "fenced-tasks",
     .category = "syntax",
     .severity = Severity::kWarning,
     .summary = "The tasks stand inside a code fence, or a stray fence before them makes them look so.",
     .rationale =
         "For Markdown everything in a code fence is an example. gsdc takes the tasks for tasks all the "
         "same, since the plan has no others; a tool that honours fences sees a plan without tasks."},
    Check};

}  // namespace gsd::rules
