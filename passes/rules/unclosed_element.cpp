#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

// A section that is never closed still ends where the next one begins, for every reader. A task or one of its
// children does not: text moves from one to the other.
Severity SeverityOf(std::string_view name) {
  const TagLevel level = LevelOf(TagOf(ToLower(name)));
  return level == TagLevel::kSection ? Severity::kWarning : Severity::kError;
}

// `<verify>` and at once another `<verify>`: one of the two is too many, and nothing is lost.
bool IsOpenedTwice(const SourceFile& file, Span open, std::string_view name) {
  size_t next = open.end;
  while (next < file.text().size() && IsSpace(file.text()[next])) ++next;
  return file.text().substr(next).starts_with(fmt::format("<{}>", name));
}

// A close tag on a line of its own that the parser passed over, because it stands inside what looks like a
// code fence: nested fences of the same length do that. Empty when there is none before the next task.
Span HiddenClose(const SourceFile& file, Span open, std::string_view name) {
  constexpr size_t kWindow = size_t{1} << 16;
  std::string_view text = file.text().substr(open.end, kWindow);
  text = text.substr(0, text.find("\n<task"));
  const std::string close = fmt::format("</{}>", name);
  for (size_t at = text.find(close); at != std::string_view::npos; at = text.find(close, at + 1)) {
    const size_t line = text.rfind('\n', at);
    if (line == std::string_view::npos || !Trim(text.substr(line, at - line)).empty()) continue;
    return file.SpanFrom(open.end + at, open.end + at + close.size());
  }
  return {};
}

void Check(const PlanSet& plans, Reporter& report) {
  constexpr int kMaxSearches = 64;  // each looks at a window: a plan of nothing but open tags stays linear
  for (const PlanUnit& unit : plans.units) {
    int searches = 0;
    for (const SyntaxFact& fact : unit.plan.syntax) {
      if (fact.kind == SyntaxFactKind::kUnclosedAttribute) {
        report.At(FirstLine(*unit.source, fact.span), "the value of this attribute has no closing quote")
            .Help("close the quote on the same line");
      }
      if (fact.kind != SyntaxFactKind::kUnclosedElement) continue;
      const std::string_view name = TagNameAt(*unit.source, fact.span);
      const Span head = FirstLine(*unit.source, fact.span);
      if (IsOpenedTwice(*unit.source, fact.span, name)) {
        report.At(head, "`<{}>` is opened twice", name).As(Severity::kWarning).Help("remove one of the two");
        continue;
      }
      const Span hidden = ++searches <= kMaxSearches ? HiddenClose(*unit.source, fact.span, name) : Span{};
      if (hidden.size() > 0) {
        report
            .At(head,
                "the code fences inside this `<{}>` do not match, so that its close tag looks like code",
                name)
            .As(Severity::kWarning)
            .Label(hidden, "this one")
            .Help("close every fence; a fence that holds fences needs more backticks than they have");
        continue;
      }
      auto finding = report.At(head, "`<{}>` is never closed", name);
      finding.As(SeverityOf(name)).Help("write `</{}>` where it ends", name);
      if (fact.related.end != 0) {
        finding.Label(FirstLine(*unit.source, fact.related), "taken to end here");
      }
    }
  }
}

}  // namespace

extern constinit const Rule unclosed_element = {
    {.name = "unclosed-element",
     .category = "syntax",
     .severity = Severity::kError,
     .summary = "An element, or the quote of an attribute, is never closed.",
     .rationale =
         "Tools guess where an unclosed element ends, and guess differently: the rest of a task is "
         "dropped, or the `<verify>` of one task becomes part of the `<action>` before it. Write the close "
         "tag. An unclosed section such as `<context>` is only a warning, because the next section ends it "
         "for everybody, and so are an element that is opened twice in a row and one whose close tag stands "
         "in a code fence."},
    Check};

}  // namespace gsd::rules
