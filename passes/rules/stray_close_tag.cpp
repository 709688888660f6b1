#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kStrayCloseTag) continue;
      const std::string_view name = TagNameAt(*unit.source, fact.span);
      report.At(fact.span, "`</{}>` closes nothing: no `<{}>` is open here", name, name)
          .Help("remove it, or add the `<{}>` that it should close; inside text, put it in `backticks`",
                name);
    }
  }
}

}  // namespace

extern constinit const Rule stray_close_tag = {
    {.name = "stray-close-tag",
     .category = "syntax",
     .severity = Severity::kWarning,
     .summary = "A close tag stands where nothing of that name is open.",
     .rationale =
         "It is what remains of an element whose open tag was lost or misspelled, or it ends another "
         "element too early for tools that search for the first close tag. Remove it or restore the open "
         "tag; a tag that is only mentioned in text belongs in backticks."},
    Check};

}  // namespace gsd::rules
