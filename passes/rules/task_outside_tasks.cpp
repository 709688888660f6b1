#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kTaskOutsideTasks) continue;
      const Span head = FirstLine(*unit.source, fact.span);
      if (unit.plan.tasks_open.size() == 0) {
        // A plan that does without <tasks> does so for all its tasks: once is enough.
        report.At(head, "the plan's tasks do not stand inside a `<tasks>` element")
            .As(Severity::kNote)
            .Help("write `<tasks>` before the first task and `</tasks>` behind the last one");
        break;
      }
      report.At(head, "this task stands outside `<tasks>`")
          .Label(unit.plan.tasks_open, "the plan's tasks are expected in here")
          .Help("move it into `<tasks>`; if it is only an example, put it in a code fence");
    }
  }
}

}  // namespace

extern constinit const Rule task_outside_tasks = {
    {.name = "task-outside-tasks",
     .category = "syntax",
     .severity = Severity::kWarning,
     .summary = "A `<task>` stands outside the plan's `<tasks>` element.",
     .rationale =
         "Some tools read only what stands inside `<tasks>`, others every `<task>` in the file, so it "
         "depends on the tool whether this task is run. A plan with no `<tasks>` at all gets a single "
         "note."},
    Check};

}  // namespace gsd::rules
