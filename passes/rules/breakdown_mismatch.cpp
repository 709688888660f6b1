#include <algorithm>
#include <limits>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max() / 32;

std::string Shown(int64_t low, int64_t high) {
  return low == high ? Grouped(low) : fmt::format("{}-{}", Grouped(low), Grouped(high));
}

void CheckTask(const Task& task, Reporter& report) {
  const Metrics& metrics = MetricsOf(task);
  // A part that is no number is a mistake of its own; without it there is no sum.
  if (!metrics.tokens || metrics.breakdown.size() < 2 || !metrics.malformed.empty()) return;
  const int64_t low = std::min(metrics.tokens->low, metrics.tokens->high);
  const int64_t high = std::max(metrics.tokens->low, metrics.tokens->high);
  int64_t sum_low = 0, sum_high = 0;
  for (const Range& part : metrics.breakdown) {
    sum_low += std::min(part.low, part.high);
    sum_high += std::max(part.low, part.high);
    if (sum_low < 0 || sum_high > kLargest) return;
  }
  if (high > kLargest) return;
  // Parts are rounded, and so is the whole.
  if (sum_high * 10 >= low * 9 && sum_low * 10 <= high * 11) return;
  report
      .At(metrics.breakdown.front().span, "the parts of {} add up to {} tokens, but its estimate is {}",
          TaskNoun(task), Shown(sum_low, sum_high), Shown(low, high))
      .Label(metrics.tokens->span, "the estimate")
      .Help("correct the one that is out of date; the estimate is what budgets are checked against");
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) CheckTask(task, report);
  }
}

}  // namespace

extern constinit const Rule breakdown_mismatch = {
    {.name = "breakdown-mismatch",
     .category = "budget",
     .severity = Severity::kWarning,
     .summary = "The parts of <complexity-breakdown> do not add up to <estimated-tokens>.",
     .rationale =
         "One of the two was changed without the other, and only the estimate counts for budgets and "
         "routing. The sum fits when it is within the estimate's range, give or take a tenth for rounding."},
    Check};

}  // namespace gsd::rules
