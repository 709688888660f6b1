#include <fmt/format.h>

#include <cmath>

#include "analysis/steps.h"

namespace gsd {

std::string DescribeRoute(const TaskFacts& facts) {
  if (facts.checkpoint) return "a person does it";
  const RoutedTask& routed = facts.routed;
  const int score = facts.complexity.score();
  if (routed.declared) return fmt::format("model=\"{}\" in the plan", ValueOf(routed.declared_by).value);
  if (facts.declared_explore) return "explore always runs on haiku";
  const std::string_view origin = facts.complexity.declared ? "declared" : "computed";
  if (routed.route.fell_back) {
    return fmt::format(
        "complexity {} ({}) asks for {}, but {:.0f} tokens are over 15 % of the {:.0f} that remain", score,
        origin, InfoOf(ModelForScore(score)).name,
        static_cast<double>(facts.estimate.tokens.expected) * InfoOf(ModelForScore(score)).token_factor,
        routed.route.remaining_before);
  }
  return fmt::format("complexity {} ({})", score, origin);
}

namespace {

void RouteOne(TaskFacts& facts, Router& router) {
  RoutedTask& routed = facts.routed;
  const auto base = static_cast<double>(facts.estimate.tokens.expected);
  Router what_if = router;
  const Route computed = what_if.ByComplexity(facts.complexity.score(), base);
  routed.computed = computed.model;
  if (facts.declared_explore && !routed.declared) {
    routed.model = Model::kHaiku;
    routed.route = router.Declared(Model::kHaiku, base);
  } else if (routed.declared) {
    routed.route = router.Declared(routed.model, base);
  } else {
    routed.route = router.ByComplexity(facts.complexity.score(), base);
    routed.model = routed.route.model;
  }
}

}  // namespace

void RouteTasks(PlanSet& set) {
  Router router(static_cast<double>(set.options.budget_tokens));
  std::vector<bool> routed(set.tasks.size(), false);
  int64_t main_tokens = 0;
  const auto route = [&](uint32_t task) {
    const TaskRef ref = set.tasks[task];
    TaskFacts& facts = set.units[ref.plan.value].tasks[ref.task];
    routed[task] = true;
    if (facts.checkpoint) return;
    RouteOne(facts, router);
    const Estimate tokens = TokensOn(facts.routed.model, facts.estimate.tokens);
    set.tokens.low += tokens.low;
    set.tokens.expected += tokens.expected;
    set.tokens.high += tokens.high;
    set.usd += CostOf(facts.routed.model, static_cast<double>(tokens.expected));
    set.usd_high += CostOf(facts.routed.model, static_cast<double>(tokens.high));
    set.baseline_tokens += facts.estimate.tokens.expected;
    if (facts.inherited_context) main_tokens += tokens.expected;
  };
  for (const Batch& batch : set.batches) {
    for (const uint32_t task : batch.tasks) route(task);
  }
  for (uint32_t task = 0; task < set.tasks.size(); ++task) {
    if (!routed[task]) route(task);  // on or behind a cycle: in no batch
  }
  set.remaining_tokens = router.remaining();
  set.baseline_usd = CostOf(set.baseline_model, static_cast<double>(set.baseline_tokens));
  if (set.tokens.expected > 0) {
    set.main_context_share = static_cast<double>(main_tokens) / static_cast<double>(set.tokens.expected);
  }
}

}  // namespace gsd
