#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kMalformedFrontMatter) continue;
      const Header& header = unit.plan.header;
      if (!header.closed && fact.span.begin == header.span.begin) {
        report.At(FirstLine(*unit.source, fact.span), "the front matter is never closed")
            .Help("write a second `---` on a line of its own behind its last field");
        continue;
      }
      // The reader says behind a semicolon what to do.
      const std::string_view detail = fact.detail;
      const size_t semicolon = detail.find("; ");
      auto finding = report.At(FirstLine(*unit.source, fact.span), "the front matter is not valid YAML: {}",
                               detail.substr(0, semicolon));
      if (semicolon != std::string_view::npos) finding.Help("{}", detail.substr(semicolon + 2));
    }
  }
}

}  // namespace

extern constinit const Rule malformed_front_matter = {
    {.name = "malformed-front-matter",
     .category = "syntax",
     .severity = Severity::kError,
     .summary = "The front matter cannot be read as YAML.",
     .rationale =
         "Tools with a real YAML parser reject the whole front matter, so the plan loses its dependencies "
         "and its must-haves. Usual causes: a value that starts with a backtick, `{`, `[`, `*`, `&` or "
         "`@`, a colon and a blank inside an unquoted value, or `\\.` and `\\|` inside double quotes. "
         "Single quotes cure them all."},
    Check};

}  // namespace gsd::rules
