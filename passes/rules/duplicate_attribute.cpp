#include "passes/rule.h"

namespace gsd::rules {
namespace {

// `span` with the blanks before it, so that removing it leaves one separator.
Span WithBlanksBefore(const SourceFile& file, Span span) {
  while (span.begin > 0 && IsSpace(file.text()[span.begin - 1])) --span.begin;
  return span;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kDuplicateAttribute) continue;
      const std::string_view text = unit.source->Slice(fact.span);
      const std::string_view name = text.substr(0, text.find_first_of("= \t\r\n"));
      report.At(fact.span, "`{}` is given twice; only the first one counts", name)
          .Label(fact.related, "the first one")
          .SafeFix("remove the second one", {{WithBlanksBefore(*unit.source, fact.span), ""}});
    }
  }
}

}  // namespace

extern constinit const Rule duplicate_attribute = {
    {.name = "duplicate-attribute",
     .category = "syntax",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "An open tag gives the same attribute twice.",
     .rationale =
         "Only the first value counts, and XML tools refuse the whole element. If the second value is the "
         "one that was meant, move it to the first place; the fix removes the second."},
    Check};

}  // namespace gsd::rules
