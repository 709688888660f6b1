// Random problems of routing, for tests: small ones can be solved by brute force.
#pragma once

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "analysis/optimize.h"

namespace gsd::test {

// Tasks with estimates, complexities and dependencies as plans have them; objective, goals and slots vary.
// Not copied: the problem points to the graph.
struct SampleProblem {
  Digraph graph;
  RoutingProblem problem;

  SampleProblem(std::mt19937& random, int tasks) {
    const auto uniform = [&](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
    std::vector<std::pair<uint32_t, uint32_t>> edges;
    for (int i = 1; i < tasks; ++i) {
      for (int k = std::max(0, i - 4); k < i; ++k) {
        if (uniform(0, 2) == 0) edges.emplace_back(k, i);
      }
    }
    graph = Digraph(static_cast<size_t>(tasks), edges);
    const PriceList prices = DefaultPriceList();
    double usd = 0, tokens = 0, seconds = 0;
    for (int i = 0; i < tasks; ++i) {
      TaskEstimate estimate;
      const int64_t expected = uniform(1'000, 20'000);
      estimate.tokens = {expected * 7 / 10, expected, expected * 13 / 10};
      const int64_t time = uniform(60, 2'400);
      estimate.seconds = {time, time, time};
      const int complexity = uniform(1, 10);
      SuccessRates rates{};
      for (const Model model : kModels)
        rates[static_cast<size_t>(model)] = AssumedSuccessRate(model, complexity);
      std::vector<TaskOption>& options = problem.options.emplace_back();
      for (const Model model : kModels) options.push_back(OptionOn(model, estimate, rates, prices));
      usd += options[1].most_usd;
      tokens += options[1].most_tokens;
      seconds += options[1].seconds;
    }
    problem.graph = &graph;
    problem.objective = static_cast<Objective>(uniform(0, 2));
    problem.slots = uniform(1, 5);
    if (uniform(0, 1) == 0) problem.budget_usd = usd * uniform(30, 120) / 100;
    if (uniform(0, 3) == 0) problem.budget_tokens = tokens * uniform(80, 130) / 100;
    if (uniform(0, 1) == 0) problem.deadline_seconds = seconds * uniform(30, 110) / 100;
  }
  SampleProblem(const SampleProblem&) = delete;
  SampleProblem& operator=(const SampleProblem&) = delete;
};

}  // namespace gsd::test
