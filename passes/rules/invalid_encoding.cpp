#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kInvalidEncoding) continue;
      if (fact.detail == "NUL") {
        report.At(fact.span, "the file contains a NUL byte")
            .Help("the file was damaged or saved as UTF-16; write it again as UTF-8");
      } else {
        report.At(fact.span, "the file is not valid UTF-8 from here on")
            .Help("save it as UTF-8; it may be in a legacy encoding such as Latin-1 or Windows-1252");
      }
    }
  }
}

}  // namespace

extern constinit const Rule invalid_encoding = {
    {.name = "invalid-encoding",
     .category = "syntax",
     .severity = Severity::kError,
     .summary = "The file is not text in UTF-8.",
     .rationale =
         "Manifests, prompts and most tools are UTF-8 only: they stop at a NUL byte and replace or reject "
         "bytes that are no UTF-8, so an agent gets other text than the plan's author wrote."},
    Check};

}  // namespace gsd::rules
