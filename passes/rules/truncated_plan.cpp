#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

// Everything that is open where the file ends is said to be truncated; the innermost shows how far it was
// written.
const SyntaxFact* Innermost(const Plan& plan) {
  const SyntaxFact* innermost = nullptr;
  for (const SyntaxFact& fact : plan.syntax) {
    if (fact.kind != SyntaxFactKind::kTruncated) continue;
    if (innermost == nullptr || fact.span.begin > innermost->span.begin) innermost = &fact;
  }
  return innermost;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kUnfinishedWrite) continue;
      report.At(fact.span, "the plan was not written to its end: this marker says that more was to follow")
          .Help("let the planner finish the file; if it is complete, remove the marker");
    }
    const SyntaxFact* cut = Innermost(unit.plan);
    if (cut == nullptr) continue;
    const std::string_view name = TagNameAt(*unit.source, cut->span);
    const Tag tag = TagOf(ToLower(name));
    auto finding = report.At(FirstLine(*unit.source, cut->span), "the file ends inside this `<{}>`", name);
    finding.Help("the rest of the plan seems to be missing; if it is complete, write `</{}>`", name);
    // Behind the tasks there is little to lose: a forgotten </output> is the usual cause.
    if (LevelOf(tag) == TagLevel::kSection && tag != Tag::kTasks && !unit.plan.tasks.empty()) {
      finding.As(Severity::kWarning);
    }
  }
}

}  // namespace

extern constinit const Rule truncated_plan = {
    {.name = "truncated-plan",
     .category = "syntax",
     .severity = Severity::kError,
     .summary = "The plan is cut off: it ends inside an element, or holds the marker of an unfinished write.",
     .rationale =
         "Planners write long files in parts and are interrupted between them. What is missing is usually "
         "the end of the last task, its `<verify>` and `<done>`, and every task after it; an agent would "
         "run what is left."},
    Check};

}  // namespace gsd::rules
