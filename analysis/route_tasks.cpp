#include <fmt/format.h>

#include <algorithm>
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
  if (routed.declared && !routed.optimized)
    return fmt::format("model=\"{}\" in the plan", ValueOf(routed.declared_by).value);
  if (facts.declared_explore) return "explore always runs on haiku";
  if (routed.optimized) {
    return fmt::format("optimised: complexity {}, an attempt succeeds with {:.0f} %", score,
                       100 * facts.success[static_cast<size_t>(routed.model)]);
  }
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
  if (routed.optimized) {
    routed.route = router.Declared(routed.model, on(routed.model));
    routed.route.unaffordable = false;  // the budget as a whole was kept to
  } else if (facts.declared_explore && !routed.declared) {
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

namespace {

// The plan has said what runs it.
bool IsDecided(const TaskFacts& facts, const AnalysisOptions& options) {
  return facts.checkpoint || facts.declared_explore ||
         (facts.routed.declared && !options.goals.over_declared);
}

// What each task may run on: one model where the plan has decided, and a person for checkpoints.
std::vector<TaskOption> OptionsOf(const TaskFacts& facts, const AnalysisOptions& options, bool& reliable) {
  if (facts.checkpoint) {
    TaskOption person;
    person.seconds = static_cast<double>(facts.estimate.seconds.expected);
    return {person};
  }
  const auto on = [&](Model model) { return OptionOn(model, facts.estimate, facts.success, options.prices); };
  const auto too_risky = [&](const TaskOption& option) {
    return option.success < options.goals.min_success.value_or(0);
  };
  if (IsDecided(facts, options)) {
    const bool declared = facts.routed.declared && !options.goals.over_declared;
    const TaskOption only = on(declared ? facts.routed.model : Model::kHaiku);
    reliable = !too_risky(only);
    return {only};
  }
  std::vector<TaskOption> all;
  for (const Model model : kModels) all.push_back(on(model));
  reliable = !std::ranges::all_of(all, too_risky);
  if (!reliable) return {std::ranges::max(all, {}, &TaskOption::success)};
  std::erase_if(all, too_risky);
  return all;
}

void OptimizeModels(PlanSet& set) {
  const AnalysisOptions& options = set.options;
  RoutingProblem problem;
  problem.graph = &set.execution_graph;
  problem.objective = *options.goals.objective;
  problem.slots = options.max_parallel;
  problem.rules = &set.slot_rules;
  if (options.budget_given) problem.budget_tokens = static_cast<double>(options.budget_tokens);
  problem.budget_usd = options.budget_usd;
  if (options.goals.deadline_minutes) problem.deadline_seconds = *options.goals.deadline_minutes * 60;
  std::vector<uint32_t> unreliable;
  double least_success = 1;
  for (uint32_t task = 0; task < set.tasks.size(); ++task) {
    const TaskRef ref = set.tasks[task];
    bool reliable = true;
    problem.options.push_back(OptionsOf(set.units[ref.plan.value].tasks[ref.task], options, reliable));
    if (reliable) continue;
    unreliable.push_back(task);
    least_success = std::min(least_success, problem.options.back()[0].success);
  }
  OptimizedRouting result = Optimize(problem);
  for (uint32_t task = 0; task < set.tasks.size(); ++task) {
    const TaskRef ref = set.tasks[task];
    TaskFacts& facts = set.units[ref.plan.value].tasks[ref.task];
    if (IsDecided(facts, options)) continue;
    facts.routed.model = problem.options[task][result.choice.option[task]].model;
    facts.routed.optimized = true;
  }
  if (!unreliable.empty())
    result.unmet.push_back({UnmetGoal::Kind::kSuccess, *options.goals.min_success, least_success});
  result.unreliable = std::move(unreliable);
  set.optimized = std::move(result);
}

// Where another model was chosen than the one that the estimate is of, it takes another time.
void RetimeTasks(PlanSet& set) {
  std::vector<int64_t> seconds;
  for (const TaskRef ref : set.tasks) {
    TaskFacts& facts = set.units[ref.plan.value].tasks[ref.task];
    TaskEstimate& estimate = facts.estimate;
    if (facts.routed.optimized && facts.routed.model != estimate.timed_on) {
      for (int64_t* each : {&estimate.seconds.low, &estimate.seconds.expected, &estimate.seconds.high})
        *each = std::llround(SecondsOn(facts.routed.model, estimate, *each));
      estimate.timed_on = facts.routed.model;
    }
    seconds.push_back(estimate.seconds.expected);
  }
  set.critical_path = FindCriticalPath(set.execution_graph, seconds);
}

// The baseline: one session that does one task after the other, in the order of the batches.
void MeasureBaseline(PlanSet& set, const std::vector<uint32_t>& order) {
  const Model model = set.baseline_model;
  const int64_t window = set.options.window.value_or(InfoOf(model).context_window);
  SessionCost session(set.options.prices, model, static_cast<double>(window));
  for (const uint32_t task : order) {
    const TaskRef ref = set.tasks[task];
    const TaskFacts& facts = set.units[ref.plan.value].tasks[ref.task];
    if (!facts.checkpoint) session.Add(static_cast<double>(TokensOn(model, facts.estimate).expected));
  }
  set.baseline_tokens = std::llround(session.tokens());
  set.baseline_usd = session.usd();
}

}  // namespace

std::vector<uint32_t> ScheduleOrder(const PlanSet& set) {
  std::vector<uint32_t> order;
  std::vector<bool> known(set.tasks.size(), false);
  for (const Batch& batch : set.batches) {
    for (const uint32_t task : batch.tasks) order.push_back(task), known[task] = true;
  }
  for (uint32_t task = 0; task < set.tasks.size(); ++task) {
    if (!known[task]) order.push_back(task);  // on or behind a cycle: in no batch
  }
  return order;
}

void RouteTasks(PlanSet& set) {
  if (set.options.goals.objective) {
    OptimizeModels(set);
    RetimeTasks(set);
  }
  Router router(static_cast<double>(set.options.budget_tokens));
  int64_t main_tokens = 0;
  const std::vector<uint32_t> order = ScheduleOrder(set);
  for (const uint32_t task : order) {
    const TaskRef ref = set.tasks[task];
    TaskFacts& facts = set.units[ref.plan.value].tasks[ref.task];
    if (facts.checkpoint) continue;
    RouteOne(facts, router);
    const Estimate tokens = TokensOn(facts.routed.model, facts.estimate);
    const UsdEstimate usd = CostOf(set.options.prices, facts.routed.model, tokens);
    set.tokens.low += tokens.low;
    set.tokens.expected += tokens.expected;
    set.tokens.high += tokens.high;
    set.usd_low += usd.low;
    set.usd += usd.expected;
    set.usd_high += usd.high;
    if (facts.inherited_context) main_tokens += tokens.expected;
  }
  set.remaining_tokens = router.remaining();
  MeasureBaseline(set, order);
  if (set.tokens.expected > 0) {
    set.main_context_share = static_cast<double>(main_tokens) / static_cast<double>(set.tokens.expected);
  }
}

}  // namespace gsd
