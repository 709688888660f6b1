#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// A task and the most that it may need, on the model that it is routed to.
struct Share {
  const PlanUnit* unit;
  const Task* task;
  int64_t high;
};

std::vector<Share> SharesOf(const PlanUnit& unit) {
  std::vector<Share> shares;
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const TaskFacts& facts = unit.tasks[TaskId{i}];
    if (facts.checkpoint) continue;
    shares.push_back({&unit, &unit.plan.tasks[TaskId{i}], TokensOn(facts.routed.model, facts.estimate).high});
  }
  return shares;
}

// The three dearest: where to begin.
void LabelDearest(DiagnosticBuilder& finding, std::vector<Share> shares) {
  std::ranges::stable_sort(shares, std::ranges::greater{}, &Share::high);
  for (size_t i = 0; i < std::min<size_t>(shares.size(), 3); ++i) {
    finding.Label(TaskHead(*shares[i].task), "up to {} tokens", Grouped(shares[i].high));
  }
}

void CheckGiven(const PlanSet& plans, Reporter& report) {
  std::vector<Share> shares;
  const PlanUnit* first = nullptr;
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    if (!first) first = &unit;
    std::ranges::move(SharesOf(unit), std::back_inserter(shares));
  }
  if (!first) return;
  const std::string all =
      plans.units.size() == 1 ? "this plan" : fmt::format("these {} plans together", plans.units.size());
  if (plans.options.budget_given && plans.tokens.high > plans.options.budget_tokens) {
    auto finding = report.At(PlanHead(*first), "{} may need {} tokens, but the budget is {}", all,
                             Grouped(plans.tokens.high), Grouped(plans.options.budget_tokens));
    LabelDearest(finding, shares);
    finding.Help("about {} are expected; raise the budget, or leave out or simplify tasks",
                 Grouped(plans.tokens.expected));
  }
  if (plans.options.budget_usd && plans.usd_high > *plans.options.budget_usd) {
    auto finding = report.At(PlanHead(*first), "{} may cost ${:.2f}, but the budget is ${:.2f}", all,
                             plans.usd_high, *plans.options.budget_usd);
    LabelDearest(finding, shares);
    finding.Help("about ${:.2f} is expected; raise the budget, or give tasks to cheaper models", plans.usd);
  }
}

// The default is one manifest's budget: it is held against each plan alone, and as advice.
void CheckDefault(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    const std::vector<Share> shares = SharesOf(unit);
    int64_t high = 0;
    for (const Share& share : shares) high += share.high;
    if (high <= plans.options.budget_tokens) continue;
    auto finding = report.At(PlanHead(unit), "this plan may need {} tokens, over the default budget of {}",
                             Grouped(high), Grouped(plans.options.budget_tokens));
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
     .summary = "The upper estimates of all tasks add up to more than the budget.",
     .rationale =
         "A run stops when its budget is spent, with the last tasks not done. What is compared is the upper "
         "end of every task's estimate, on the model that it is routed to. A budget that was asked for "
         "(`--budget-tokens`, `--budget-usd`, the configuration) is held against all plans together; the "
         "default of 200,000 tokens against each plan alone, as a warning."},
    Check};

}  // namespace gsd::rules
