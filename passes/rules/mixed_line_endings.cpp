#include "passes/rule.h"

namespace gsd::rules {
namespace {

// Every line ending that is not `eol`, replaced by it.
std::vector<Edit> Unify(const SourceFile& file, std::string_view eol) {
  std::vector<Edit> edits;
  const std::string_view text = file.text();
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const size_t begin = at > 0 && text[at - 1] == '\r' ? at - 1 : at;
    if (text.substr(begin, at + 1 - begin) == eol) continue;
    edits.push_back({file.SpanFrom(begin, at + 1), std::string(eol)});
  }
  return edits;
}

// The ending that most lines have, so that the fix changes few of them.
std::string_view Prevailing(std::string_view text) {
  size_t lf = 0, crlf = 0;
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    ++(at > 0 && text[at - 1] == '\r' ? crlf : lf);
  }
  return crlf > lf ? "\r\n" : "\n";
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind != SyntaxFactKind::kMixedLineEndings) continue;
      const std::string_view eol = Prevailing(unit.source->text());
      const bool crlf = eol == "\r\n";
      std::vector<Edit> edits = Unify(*unit.source, eol);
      report
          .At(fact.span, "the file mixes LF and CRLF line endings; {} of its lines end in {}", edits.size(),
              crlf ? "LF" : "CRLF")
          .SafeFix(fmt::format("end every line with {}", crlf ? "CRLF" : "LF"), std::move(edits));
    }
  }
}

}  // namespace

extern constinit const Rule mixed_line_endings = {
    {.name = "mixed-line-endings",
     .category = "syntax",
     .severity = Severity::kNote,
     .fixable = Fixable::kSafe,
     .summary = "Some lines of the file end in LF and others in CRLF.",
     .rationale =
         "Tools that split at one of the two see a carriage return at the end of some values, and the next "
         "editor that saves the file changes lines that nobody touched. The fix takes the ending that most "
         "lines have."},
    Check};

}  // namespace gsd::rules
