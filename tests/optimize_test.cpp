// Models by optimisation: against brute force on small problems, within its goals on large ones; success
// rates and escalation against arithmetic done by hand.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>

#include "analysis/optimize.h"
#include "tests/routing_samples.h"

namespace gsd::test {
namespace {

// The best of all choices, by trying each.
std::optional<RoutingChoice> BruteForce(const RoutingProblem& problem) {
  std::optional<RoutingChoice> best;
  std::vector<uint8_t> option(problem.options.size(), 0);
  const auto value = [&](const RoutingChoice& choice) {
    return problem.objective == Objective::kCost   ? choice.usd
           : problem.objective == Objective::kTime ? choice.seconds
                                                   : -choice.log_success;
  };
  while (true) {
    RoutingChoice choice = Evaluate(problem, option);
    if (choice.feasible && (!best || value(choice) < value(*best))) best = std::move(choice);
    size_t at = 0;
    while (at < option.size() && ++option[at] == problem.options[at].size()) option[at++] = 0;
    if (at == option.size()) return best;
  }
}

double ValueOf(const RoutingProblem& problem, const RoutingChoice& choice) {
  return problem.objective == Objective::kCost   ? choice.usd
         : problem.objective == Objective::kTime ? choice.seconds
                                                 : -choice.log_success;
}

TEST(Optimize, ExactlyTheBruteForceOptimumOnSmallProblems) {
  std::mt19937 random(1);
  int feasible = 0, infeasible = 0;
  for (int i = 0; i < 300; ++i) {
    const SampleProblem sample(random, 2 + i % 6);
    const RoutingProblem& problem = sample.problem;
    const auto best = BruteForce(problem);
    const OptimizedRouting found = Optimize(problem);
    ASSERT_EQ(best.has_value(), found.exact) << i;
    if (!best) {
      ++infeasible;
      EXPECT_FALSE(found.choice.feasible) << i;
      EXPECT_FALSE(found.unmet.empty()) << i;
      continue;
    }
    ++feasible;
    EXPECT_TRUE(found.choice.feasible);
    EXPECT_TRUE(found.unmet.empty());
    EXPECT_NEAR(ValueOf(problem, found.choice), ValueOf(problem, *best),
                1e-6 + 1e-6 * std::abs(ValueOf(problem, *best)))
        << i;
  }
  EXPECT_GT(feasible, 100);
  EXPECT_GT(infeasible, 10);
}

TEST(Optimize, TheHeuristicIsNearTheOptimum) {
  std::mt19937 random(2);
  int compared = 0, missed = 0;
  double excess = 0;
  for (int i = 0; i < 300; ++i) {
    const SampleProblem sample(random, 7);
    const auto exact = ChooseExactly(sample.problem);
    const RoutingChoice choice = ChooseHeuristically(sample.problem);
    if (!exact) {
      EXPECT_FALSE(choice.feasible) << i;
      continue;
    }
    if (!choice.feasible) {
      ++missed;
      continue;
    }
    ++compared;
    const double best = ValueOf(sample.problem, *exact);
    EXPECT_GE(ValueOf(sample.problem, choice), best - 1e-6 - 1e-6 * std::abs(best)) << i;
    excess += best > 0 ? ValueOf(sample.problem, choice) / best - 1 : 0;
  }
  EXPECT_GT(compared, 150);
  EXPECT_LE(missed, (compared + missed) / 10);
  EXPECT_LT(excess / compared, 0.05);
}

// What one objective can keep to, all can.
TEST(Optimize, TheObjectiveDoesNotDecideWhetherGoalsAreMet) {
  std::mt19937 random(11);
  int met = 0;
  for (int i = 0; i < 60; ++i) {
    SampleProblem sample(random, 13 + i % 20);
    RoutingProblem& problem = sample.problem;
    // Goals between the cheapest choice and the fastest.
    problem.budget_usd.reset(), problem.budget_tokens.reset(), problem.deadline_seconds.reset();
    problem.objective = Objective::kCost;
    const RoutingChoice cheap = ChooseHeuristically(problem);
    problem.objective = Objective::kTime;
    const RoutingChoice fast = ChooseHeuristically(problem);
    problem.budget_usd = 0.5 * cheap.most_usd + 0.5 * fast.most_usd;
    problem.deadline_seconds = 0.5 * cheap.seconds + 0.5 * fast.seconds;
    bool any = false, all = true;
    for (const Objective objective : {Objective::kCost, Objective::kTime, Objective::kQuality}) {
      problem.objective = objective;
      const bool feasible = ChooseHeuristically(problem).feasible;
      any = any || feasible;
      all = all && feasible;
    }
    EXPECT_EQ(any, all) << i;
    met += any ? 1 : 0;
  }
  EXPECT_GT(met, 20);
}

TEST(Optimize, LargeProblemsEndSoonAndKeepToTheirGoals) {
  std::mt19937 random(3);
  for (const Objective objective : {Objective::kCost, Objective::kTime, Objective::kQuality}) {
    SampleProblem sample(random, 5'000);
    RoutingProblem& problem = sample.problem;
    problem.objective = objective;
    problem.deadline_seconds.reset();
    problem.budget_tokens.reset();
    double least = 0, most = 0;
    for (const auto& options : problem.options) {
      least += std::ranges::min(options, {}, &TaskOption::most_usd).most_usd;
      most += std::ranges::max(options, {}, &TaskOption::most_usd).most_usd;
    }
    problem.budget_usd = (2 * least + most) / 3;
    const auto began = std::chrono::steady_clock::now();
    const OptimizedRouting found = Optimize(problem);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
    EXPECT_TRUE(found.choice.feasible);
    EXPECT_LE(found.choice.most_usd, *problem.budget_usd * 1.000001);
  }
}

TEST(Optimize, SaysWhichGoalIsMissedAndByHowMuch) {
  std::mt19937 random(4);
  SampleProblem sample(random, 5);
  RoutingProblem& problem = sample.problem;
  problem.budget_tokens.reset();
  problem.deadline_seconds.reset();
  problem.budget_usd = 1e-9;
  double least = 0;
  for (const auto& options : problem.options)
    least += std::ranges::min(options, {}, &TaskOption::most_usd).most_usd;
  const OptimizedRouting found = Optimize(problem);
  ASSERT_EQ(found.unmet.size(), 1U);
  EXPECT_EQ(found.unmet[0].kind, UnmetGoal::Kind::kUsd);
  EXPECT_NEAR(found.unmet[0].possible, least, 1e-9);
  EXPECT_NEAR(found.choice.most_usd, least, 1e-9);  // the nearest that there is
}

TEST(Escalation, ExpectedCostOfTheChain) {
  TaskEstimate estimate;
  estimate.tokens = {800, 1000, 2000};
  estimate.seconds = {50, 100, 200};
  PriceList prices = DefaultPriceList();
  prices.mix = {1, 0, 0, 0};
  prices.prices = {{{1, 0, 0, 0}, {3, 0, 0, 0}, {5, 0, 0, 0}}};
  const TaskOption option = OptionOn(Model::kHaiku, estimate, {0.5, 0.8, 0.9}, prices);
  // haiku 1200 tokens; in half of the cases sonnet 1000; in a tenth opus 800.
  EXPECT_NEAR(option.tokens, 1200 + 0.5 * 1000 + 0.1 * 800, 1e-9);
  EXPECT_NEAR(option.usd, (1200 * 1 + 0.5 * 1000 * 3 + 0.1 * 800 * 5) / 1e6, 1e-12);
  EXPECT_NEAR(option.seconds, 100 * (0.6 + 0.5 * 1.0 + 0.1 * 1.4), 1e-9);
  EXPECT_NEAR(option.eventually, 1 - 0.5 * 0.2 * 0.1, 1e-12);
  EXPECT_EQ(option.most_tokens, 2400);  // the upper estimate is more than what is expected
}

TEST(SuccessRates, WithoutRecordsTheAssumption) {
  EXPECT_DOUBLE_EQ(AssumedSuccessRate(Model::kHaiku, 3), 0.85);
  EXPECT_DOUBLE_EQ(AssumedSuccessRate(Model::kHaiku, 6), 0.55);
  EXPECT_DOUBLE_EQ(AssumedSuccessRate(Model::kSonnet, 5), 0.91);
  EXPECT_DOUBLE_EQ(AssumedSuccessRate(Model::kOpus, 1), 0.97);
  EXPECT_DOUBLE_EQ(RatesOf({}, {}, "api-impl", 5)[1], 0.91);
}

TEST(SuccessRates, RecordsOutweighTheAssumptionAsTheyGrow) {
  TokenStats stats, user;
  for (int i = 0; i < 16; ++i) AddRecord(stats, {{"api-impl", 5, "haiku"}, 5000, 60, false});
  const SuccessRates failing = RatesOf(stats, {}, "api-impl", 5);
  EXPECT_NEAR(failing[0], 4 * AssumedSuccessRate(Model::kHaiku, 5) / 20, 1e-12);  // failures alone count, too
  EXPECT_DOUBLE_EQ(failing[1], AssumedSuccessRate(Model::kSonnet, 5));
  // A neighbour counts half, another project half of that, another type not at all.
  const SuccessRates neighbour = RatesOf(stats, {}, "api-impl", 6);
  EXPECT_NEAR(neighbour[0], 4 * AssumedSuccessRate(Model::kHaiku, 6) / 12, 1e-12);
  EXPECT_NEAR(RatesOf({}, stats, "api-impl", 6)[0], 4 * AssumedSuccessRate(Model::kHaiku, 6) / 8, 1e-12);
  EXPECT_DOUBLE_EQ(RatesOf(stats, {}, "test-write", 5)[0], AssumedSuccessRate(Model::kHaiku, 5));
}

}  // namespace
}  // namespace gsd::test
