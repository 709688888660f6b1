#include <algorithm>
#include <cmath>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// A task and the most that it may need: the upper end of its estimate, or what is expected with the retries
// if that is more.
struct Share {
  const PlanUnit* unit;
  const Task* task;
  double tokens = 0, usd = 0;
  double expected_tokens = 0, expected_usd = 0;
};

std::vector<Share> SharesOf(const PlanSet& plans, const PlanUnit& unit) {
  std::vector<Share> shares;
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const TaskFacts& facts = unit.tasks[TaskId{i}];
    if (facts.checkpoint) continue;
    const TaskOption option =
        OptionOn(facts.routed.model, facts.estimate, facts.success, plans.options.prices);
    shares.push_back(
        {&unit, &unit.plan.tasks[TaskId{i}], option.most_tokens, option.most_usd, option.tokens, option.usd});
  }
  return shares;
}

double SumOf(const std::vector<Share>& shares, double Share::*what) {
  double sum = 0;
  for (const Share& share : shares) sum += share.*what;
  return sum;
}

std::string TokenCount(double tokens) { return Grouped(std::llround(tokens)); }

// The three dearest: where to begin.
void LabelDearest(DiagnosticBuilder& finding, std::vector<Share> shares) {
  std::ranges::stable_sort(shares, std::ranges::greater{}, &Share::tokens);
  for (size_t i = 0; i < std::min<size_t>(shares.size(), 3); ++i) {
    finding.Label(TaskHead(*shares[i].task), "up to {} tokens", TokenCount(shares[i].tokens));
  }
}

bool IsUnmet(const PlanSet& plans, UnmetGoal::Kind kind) {
  return plans.optimized && std::ranges::any_of(plans.optimized->unmet,
                                                [&](const UnmetGoal& goal) { return goal.kind == kind; });
}

// What is finished has been paid for. Where models were chosen for the budget, unmet-goal has said more.
void CheckGiven(const PlanSet& plans, Reporter& report) {
  std::vector<Share> shares;
  const PlanUnit* first = nullptr;
  size_t open = 0;
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    if (!first) first = &unit;
    ++open;
    std::ranges::move(SharesOf(plans, unit), std::back_inserter(shares));
  }
  if (!first) return;
  const std::string all = open == 1 ? (plans.units.size() == 1 ? "this plan" : "the one plan that is open")
                                    : fmt::format("these {} plans together", open);
  const AnalysisOptions& options = plans.options;
  const double tokens = SumOf(shares, &Share::tokens);
  if (options.budget_given && tokens > static_cast<double>(options.budget_tokens) &&
      !IsUnmet(plans, UnmetGoal::Kind::kTokens)) {
    auto finding = report.At(PlanHead(*first), "{} may need {} tokens with retries, but the budget is {}",
                             all, TokenCount(tokens), Grouped(options.budget_tokens));
    LabelDearest(finding, shares);
    finding.Help("about {} are expected; raise the budget, or leave out or simplify tasks",
                 TokenCount(SumOf(shares, &Share::expected_tokens)));
  }
  const double usd = SumOf(shares, &Share::usd);
  if (options.budget_usd && usd > *options.budget_usd && !IsUnmet(plans, UnmetGoal::Kind::kUsd)) {
    auto finding = report.At(PlanHead(*first), "{} may cost ${:.4f} with retries, but the budget is ${}", all,
                             usd, *options.budget_usd);
    LabelDearest(finding, shares);
    finding.Help("about ${:.4f} is expected; raise the budget, or give tasks to cheaper models",
                 SumOf(shares, &Share::expected_usd));
  }
}

// The default is one manifest's budget: it is held against each plan alone, and as advice.
void CheckDefault(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    if (unit.tasks.empty()) continue;
    const std::vector<Share> shares = SharesOf(plans, unit);
    const double tokens = SumOf(shares, &Share::tokens);
    if (tokens <= static_cast<double>(plans.options.budget_tokens)) continue;
    auto finding = report.At(PlanHead(unit), "this plan may need {} tokens, over the default budget of {}",
                             TokenCount(tokens), Grouped(plans.options.budget_tokens));
    LabelDearest(finding, shares);
    finding.Help("split the plan, or set a budget of your own with --budget-tokens");
    finding.As(Severity::kWarning);
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  CheckGiven(plans, report);
  if (!plans.options.budget_given) CheckDefault(plans, report);
}

}  // namespace

extern constinit const Rule plan_over_budget = {
    {.name = "plan-over-budget",
     .category = "budget",
     .severity = Severity::kError,
     .summary = "The upper estimates of all tasks that are still to be done add up to more than the budget.",
     .rationale =
         "A run stops when its budget is spent, with the last tasks not done. What is compared is the upper "
         "end of every task's estimate on the model that it is routed to, or what is expected with retries "
         "where that is more; finished plans do not count. A budget that was asked for "
         "(`--budget-tokens`, `--budget-usd`, the configuration) is held against all plans together; the "
         "default of 200,000 tokens against each plan alone, as a warning."},
    Check};

}  // namespace gsd::rules
