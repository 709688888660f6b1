#include <algorithm>

#include "passes/rule.h"

namespace gsd::rules {
namespace {

// The whole line of a comment, with its line break.
Span LineOf(const SourceFile& file, Span comment) {
  const std::string_view text = file.text();
  uint32_t begin = comment.begin;
  while (begin > 0 && IsBlank(text[begin - 1])) --begin;
  const size_t newline = text.find('\n', comment.end);
  return file.SpanFrom(begin, newline == std::string_view::npos ? text.size() : newline + 1);
}

// One name of a list, with the separator before or behind it.
Span WithSeparator(const SourceFile& file, const Directive& directive, size_t index) {
  const auto& rules = directive.rules;
  if (index > 0) return file.SpanFrom(rules[index - 1].span.end, rules[index].span.end);
  return file.SpanFrom(rules[0].span.begin, rules[1].span.begin);
}

void CheckDirective(const PlanUnit& unit, const Directive& directive, const std::vector<bool>& used,
                    const SuppressionUse& use, Reporter& report) {
  std::vector<size_t> unused;
  for (size_t r = 0; r < directive.rules.size(); ++r) {
    const std::string_view rule = directive.rules[r].value;
    // A rule that does not run today may need its comment tomorrow.
    const bool ran = rule == "all" || std::binary_search(use.rules_run.begin(), use.rules_run.end(), rule);
    if (ran && !used[r]) unused.push_back(r);
  }
  const bool whole = unused.size() == directive.rules.size();
  for (const size_t r : unused) {
    const auto& rule = directive.rules[r];
    auto finding =
        directive.kind == Directive::Kind::kEnd
            ? report.At(rule.span, "nothing suppresses `{}` here, so there is nothing to enable", rule.value)
            : report.At(rule.span, "there is no finding of `{}` to suppress {}", rule.value,
                        directive.kind == Directive::Kind::kNextLine ? "on the next line"
                        : directive.kind == Directive::Kind::kFile   ? "in this file"
                                                                     : "from here on");
    if (!whole) {
      // Of several names that go, each takes its separator; next to each other they must go together.
      if (unused.size() == 1)
        finding.SafeFix("remove the name", {{WithSeparator(*unit.source, directive, r), ""}});
    } else if (r == unused.front()) {
      finding.SafeFix("remove the comment", {{LineOf(*unit.source, directive.span), ""}});
    }
  }
}

void Check(const PlanSet& plans, const SuppressionUse& use, Reporter& report) {
  for (size_t p = 0; p < plans.units.size(); ++p) {
    const PlanUnit& unit = plans.units[p];
    for (size_t d = 0; d < unit.plan.directives.size(); ++d)
      CheckDirective(unit, unit.plan.directives[d], use.used[p][d], use, report);
  }
}

}  // namespace

extern constinit const Rule unused_suppression = {
    {.name = "unused-suppression",
     .category = "meta",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A comment suppresses a finding that is not there.",
     .rationale = "The plan has been repaired since, or the comment never stood where the finding is. Left "
                  "in place, it "
                  "would hide the next one, which nobody has looked at. Rules that do not run are not held "
                  "against it."},
    nullptr,
    Check};

}  // namespace gsd::rules
