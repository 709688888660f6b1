#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kByteOrderMark) continue;
      report.At(fact.span, "the file starts with a byte-order mark")
          .SafeFix("remove the byte-order mark", {{unit.source->SpanFrom(0, 3), ""}});
    }
  }
}

}  // namespace

extern constinit const Rule byte_order_mark = {
    {.name = "byte-order-mark",
     .category = "syntax",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "The file starts with a UTF-8 byte-order mark.",
     .rationale =
         "Tools that look for `---` as the first bytes of the file do not find the front matter behind the "
         "mark, and report that the plan has no must-haves. UTF-8 needs no mark."},
    Check};

}  // namespace gsd::rules
