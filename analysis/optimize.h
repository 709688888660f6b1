// Models for tasks as an optimisation: the least cost, time or risk within a budget and a deadline. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "analysis/digraph.h"
#include "analysis/escalation.h"
#include "analysis/schedule.h"

namespace gsd {

enum class Objective : uint8_t {
  kCost,     // expected dollars, then time
  kTime,     // the schedule's length, then dollars
  kQuality,  // the chance that every task's first attempt succeeds, then dollars
};
std::string_view ObjectiveName(Objective objective);  // cost, time, quality
std::optional<Objective> ObjectiveFromName(std::string_view name);

// What somebody asked for.
struct RoutingGoals {
  std::optional<Objective> objective;      // nothing: the document's greedy rule
  std::optional<double> deadline_minutes;  // of the schedule, above 0
  std::optional<double> min_success;       // of every task's first attempt, 0..1
  bool over_declared = false;              // models that plans name are chosen anew, too
};

struct RoutingProblem {
  const Digraph* graph = nullptr;                // of the tasks
  std::vector<std::vector<TaskOption>> options;  // by task, from the smallest model; at least one each
  Objective objective = Objective::kCost;
  std::optional<double> budget_tokens, budget_usd;  // held against TaskOption::most_…
  std::optional<double> deadline_seconds;
  int slots = 5;  // tasks that run at once
  const SlotRules* rules = nullptr;
};

// A goal that cannot be met, and the nearest that can.
struct UnmetGoal {
  enum class Kind : uint8_t { kTokens, kUsd, kDeadline, kTogether, kSuccess };
  Kind kind = Kind::kTokens;
  double wanted = 0, possible = 0;  // tokens, USD, seconds, seconds, rate
};

struct RoutingChoice {
  std::vector<uint8_t> option;  // by task: into RoutingProblem::options
  double tokens = 0, usd = 0, most_tokens = 0, most_usd = 0;
  double seconds = 0;      // of the schedule, with expected retries
  double log_success = 0;  // of every first attempt: the natural logarithm of the chance
  bool feasible = true;
};
// What a choice of options comes to.
RoutingChoice Evaluate(const RoutingProblem& problem, std::vector<uint8_t> option);

// Branch and bound; nothing when no choice meets the goals, or there are too many choices to try.
std::optional<RoutingChoice> ChooseExactly(const RoutingProblem& problem);
bool IsSmall(const RoutingProblem& problem);
// Lagrangian for the budgets, then faster models along the critical path, then exchanges that gain. Work is
// bounded. Not feasible: the nearest that it found.
RoutingChoice ChooseHeuristically(const RoutingProblem& problem);

struct OptimizedRouting {
  RoutingChoice choice;
  bool exact = false;
  std::vector<UnmetGoal> unmet;
  std::vector<uint32_t> unreliable;  // tasks that no model carries out with RoutingGoals::min_success
};
// Exactly where that is affordable.
OptimizedRouting Optimize(const RoutingProblem& problem);

}  // namespace gsd
