#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// One end of a range as written: "8000", "30" with the unit "min".
struct End {
  std::string_view number, unit;
};

End SplitEnd(std::string_view text) {
  text = Trim(text);
  size_t digits = 0;
  while (digits < text.size() &&
         (IsDigit(text[digits]) || text[digits] == '.' || text[digits] == ',' || text[digits] == '_')) {
    ++digits;
  }
  return {text.substr(0, digits), text.substr(digits)};
}

// "30-20min" → "20-30min", "8k - 5k" → "5k - 8k"; nothing when the text is not of that shape.
std::optional<std::string> Swapped(std::string_view text) {
  for (const std::string_view dash : {"-", "–", "—"}) {
    const size_t at = text.find(dash);
    if (at == std::string_view::npos) continue;
    const std::string_view left = text.substr(0, at), right = text.substr(at + dash.size());
    const End low = SplitEnd(left), high = SplitEnd(right);
    if (low.number.empty() || high.number.empty()) return std::nullopt;
    const size_t before = left.find_first_not_of(" \t"), after = left.find_last_not_of(" \t");
    const std::string blanks_before(left.substr(0, before)), blanks_after(left.substr(after + 1));
    const std::string blanks_right(right.substr(0, right.find_first_not_of(" \t")));
    // A unit that stands only at the end belongs to both.
    const std::string first = std::string(high.number) + std::string(low.unit.empty() ? "" : high.unit);
    const std::string second = std::string(low.number) + std::string(low.unit.empty() ? high.unit : low.unit);
    return blanks_before + first + blanks_after + std::string(dash) + blanks_right + second;
  }
  return std::nullopt;
}

void CheckRange(const PlanUnit& unit, const Task& task, const Range& range, std::string_view what,
                Reporter& report) {
  if (range.low <= range.high) return;
  const std::string_view written = unit.source->Slice(range.span);
  auto finding =
      report.At(range.span, "{} of {} goes from more to less: `{}`", what, TaskNoun(task), Trim(written));
  if (auto swapped = Swapped(written)) {
    finding.SafeFix(fmt::format("write `{}`", Trim(*swapped)), {{range.span, *swapped}});
  } else {
    finding.Help("write the smaller number first");
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    for (const Task& task : unit.plan.tasks) {
      const Metrics& metrics = MetricsOf(task);
      if (metrics.tokens) CheckRange(unit, task, *metrics.tokens, "the token estimate", report);
      if (metrics.duration) CheckRange(unit, task, *metrics.duration, "the duration", report);
      if (metrics.budget) CheckRange(unit, task, *metrics.budget, "the token budget", report);
      for (const Range& part : metrics.breakdown)
        CheckRange(unit, task, part, "a part of the breakdown", report);
    }
  }
}

}  // namespace

extern constinit const Rule inverted_range = {
    {.name = "inverted-range",
     .category = "budget",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "A range's lower end is greater than its upper end.",
     .rationale =
         "The lower end of a range is optimism and the upper end is what budgets are checked against; the "
         "wrong way round, the plan looks cheaper than it is."},
    Check};

}  // namespace gsd::rules
