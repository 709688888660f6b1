// What a set of plans is expected to cost, what it would cost otherwise, and which change would save most.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/plan_set.h"

namespace gsd {

// Of one attempt at each task.
struct CostSum {
  size_t tasks = 0;  // that agents run
  Estimate tokens;
  TokenCounters counters;  // of the expected tokens
  UsdEstimate usd;
  double usd_with_retries = 0;  // expected, with the attempts that fail and the escalation after them
  void Add(const PriceList& prices, const TaskFacts& facts);
  CostSum& operator+=(const CostSum& more);
};

// A task, batch, plan or phase.
struct CostGroup {
  std::string name;
  CostSum sum;
};

// The same work otherwise.
struct Alternative {
  Model model = Model::kSonnet;
  bool one_session = false;  // else every task starts fresh
  double tokens = 0, usd = 0;
  double reread = 0;  // cache reads because of earlier tasks, in one session
};

// A change that somebody could make, and what it would be worth.
struct Saving {
  enum class Kind : uint8_t { kSmallerModel, kSplit, kDropDependency };
  Kind kind = Kind::kSmallerModel;
  uint32_t task = 0;    // union task
  uint32_t before = 0;  // of kDropDependency: what it no longer waits for
  Model model = Model::kHaiku;
  double usd = 0;               // saved, with retries
  int64_t seconds = 0;          // off the schedule
  double success = 0, was = 0;  // of a first attempt, of kSmallerModel
};

// As much of the schedule as the ceilings pay for, in the order in which tasks are budgeted.
struct Affordable {
  size_t tasks = 0, of = 0;
  std::optional<uint32_t> first_left;  // the task that is not paid for any more
};

struct CostReport {
  CostSum total;
  std::vector<CostGroup> phases, plans, batches;
  std::vector<CostGroup> tasks;               // by union task; a checkpoint's is empty
  std::vector<Alternative> alternatives;      // sonnet and opus, fresh and in one session
  std::optional<Affordable> expected, worst;  // with the ceilings that were given
  // Of one attempt each: one after the other, batch by batch, and as gsd-run does it; and the last with the
  // retries that are expected, which is what a deadline is held against.
  int64_t sequential_seconds = 0, batch_seconds = 0, dataflow_seconds = 0, seconds_with_retries = 0;
  std::vector<Saving> savings;  // at most three of each kind, most first
};
CostReport BuildCostReport(const PlanSet& plans);

// The graph if only these two did not wait for each other: `to` still waits for all that `from` waited for,
// and what waited for `to` still waits for `from`.
Digraph WithoutEdge(const Digraph& graph, uint32_t from, uint32_t to);

}  // namespace gsd
