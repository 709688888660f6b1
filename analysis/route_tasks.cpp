#include <fmt/format.h>

#include <cmath>

#include "analysis/steps.h"

namespace gsd {

namespace {

ModelTokens RoutedTokens(const TaskEstimate& estimate) {
  if (estimate.source != EstimateSource::kLearned)
    return TokensByFactor(static_cast<double>(estimate.tokens.expected));
  ModelTokens tokens{};
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<double>(estimate.on_model[i].expected);
  return tokens;
}

}  // namespace

std::string DescribeEstimate(const TaskFacts& facts) {
  const TaskEstimate& estimate = facts.estimate;
  const Estimate tokens = TokensOn(facts.routed.model, estimate);
  std::string from;
  switch (estimate.source) {
    case EstimateSource::kDeclared:
      from = "declared in the plan";
      break;
    case EstimateSource::kDefault:
      from = "the default";
      break;
    case EstimateSource::kLearned:
      from = fmt::format("learned, mostly from {}{} ({} record{})", LikenessName(estimate.likeness),
                         estimate.user_level ? " in other projects" : "", estimate.records,
                         estimate.records == 1 ? "" : "s");
  }
  return fmt::format("{} tokens ({} to {}): {}, confidence {:.2f}", tokens.expected, tokens.low, tokens.high,
                     from, estimate.confidence);
}

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
        RoutedTokens(facts.estimate)[static_cast<size_t>(ModelForScore(score))],
        routed.route.remaining_before);
  }
  return fmt::format("complexity {} ({})", score, origin);
}

namespace {

void RouteOne(TaskFacts& facts, Router& router) {
  RoutedTask& routed = facts.routed;
  const ModelTokens tokens = RoutedTokens(facts.estimate);
  const auto on = [&](Model model) { return tokens[static_cast<size_t>(model)]; };
  Router what_if = router;
  const Route computed = what_if.ByComplexity(facts.complexity.score(), tokens);
  routed.computed = computed.model;
  if (facts.declared_explore && !routed.declared) {
    routed.model = Model::kHaiku;
    routed.route = router.Declared(Model::kHaiku, on(Model::kHaiku));
  } else if (routed.declared) {
    routed.route = router.Declared(routed.model, on(routed.model));
  } else {
    routed.route = router.ByComplexity(facts.complexity.score(), tokens);
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
    const Estimate tokens = TokensOn(facts.routed.model, facts.estimate);
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
