#include <algorithm>
#include <cstdlib>
#include <limits>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr int64_t kFewestRuns = 10;      // the confidence of the design document is full with ten
constexpr int64_t kBytesPerToken = 4;    // as for context-overflow
constexpr int64_t kMostTimesBeyond = 2;  // beyond everything seen, by this factor

// What comparable tasks have needed: all types, the same model, a complexity at most one off.
struct Seen {
  int64_t runs = 0;
  int64_t min_tokens = std::numeric_limits<int64_t>::max(), max_tokens = 0;
};

Seen SeenLike(const TokenStats& stats, int complexity, Model model) {
  Seen seen;
  for (const auto& [key, stat] : stats.entries) {
    if (ModelFromName(key.model) != model || std::abs(key.complexity - complexity) > 1) continue;
    if (stat.count == 0 || !stat.min_tokens) continue;
    seen.runs = std::min<int64_t>(seen.runs + std::min<int64_t>(stat.count, 1'000'000), 1'000'000'000);
    seen.min_tokens = std::min(seen.min_tokens, *stat.min_tokens);
    seen.max_tokens = std::max(seen.max_tokens, stat.max_tokens);
  }
  return seen;
}

// Tokens of what the task says: without its attributes and estimates, which are not for the agent.
int64_t TextTokens(const Task& task) {
  int64_t bytes = task.body.size();
  for (const Element& element : task.elements) {
    if (element.tag == Tag::kMetrics) bytes -= element.span().size();
  }
  return bytes / kBytesPerToken;
}

void CheckTask(const PlanSet& plans, const PlanUnit& unit, TaskId id, Reporter& report) {
  const Task& task = unit.plan.tasks[id];
  const TaskFacts& facts = unit.tasks[id];
  if (facts.checkpoint || !MetricsOf(task).tokens) return;
  const Range& written = *MetricsOf(task).tokens;
  const int64_t low = std::min(written.low, written.high), high = std::max(written.low, written.high);
  const int64_t text = TextTokens(task);
  // A fifth less, since how many bytes make a token is no more than a rule of thumb.
  if (high < text - text / 5) {
    report
        .At(written.span, "{} is estimated at {} tokens, fewer than its own text has (about {})",
            TaskNoun(task), Grouped(high), Grouped(text))
        .Help(
            "the agent has to read the task before it can begin; count that, what it reads and what it "
            "writes");
    return;
  }
  const Model model = facts.routed.model;
  const Seen seen = SeenLike(plans.token_stats, facts.complexity.score(), model);
  if (seen.runs < kFewestRuns) return;
  const Estimate on_model = TokensOn(model, Estimate{low, written.Midpoint(), high});
  const bool too_low = on_model.high < seen.min_tokens / kMostTimesBeyond;
  const bool too_high = on_model.low / kMostTimesBeyond > seen.max_tokens;
  if (!too_low && !too_high) return;
  auto finding = too_low
                     ? report.At(written.span,
                                 "{} is estimated at up to {} tokens, but the cheapest task like it took {}",
                                 TaskNoun(task), Grouped(on_model.high), Grouped(seen.min_tokens))
                     : report.At(written.span,
                                 "{} is estimated at {} tokens or more, but the dearest task like it took {}",
                                 TaskNoun(task), Grouped(on_model.low), Grouped(seen.max_tokens));
  finding.Help("{} runs of about complexity {} on {} are recorded in {}: {} to {} tokens", Grouped(seen.runs),
               facts.complexity.score(), InfoOf(model).name, kTokenStatsPath, Grouped(seen.min_tokens),
               Grouped(seen.max_tokens));
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) CheckTask(plans, unit, {i}, report);
  }
}

}  // namespace

extern constinit const Rule implausible_estimate = {
    {.name = "implausible-estimate",
     .category = "budget",
     .severity = Severity::kWarning,
     .summary = "A task's estimate is far from everything that comparable tasks have needed.",
     .rationale =
         "Budgets are checked against estimates; one that is off by its own size makes the check worthless. "
         "The project's `.planning/.token-stats.json` tells what earlier tasks took: an estimate is "
         "reported when it is less than half of the least, or more than twice the most, of at least ten "
         "runs of the same model and about the same complexity. Without statistics, only what cannot be is "
         "reported: fewer tokens than the task's own text has."},
    Check};

}  // namespace gsd::rules
