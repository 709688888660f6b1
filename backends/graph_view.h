// The graph that the pictures and the manifest show: the tasks that run, each edge with its origin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/plan_set.h"

namespace gsd {

// Why one task waits for another.
struct EdgeOrigin {
  EdgeSource source = EdgeSource::kDeclared;
  std::string reason;  // one line for people
};

// Finds the origin of an edge of the execution graph.
class EdgeOrigins {
 public:
  explicit EdgeOrigins(const PlanSet& plans);
  EdgeOrigin Find(uint32_t from, uint32_t to) const;

 private:
  const PlanSet& plans_;
  std::vector<UnionEdge> union_edges_;    // by to, from
  std::vector<WriteConflict> conflicts_;  // by first, second
};

// Does the task run at all? Those of superseded plans do not.
inline bool IsScheduled(const PlanSet& plans, uint32_t union_task) {
  return !plans.units[plans.tasks[union_task].plan.value].superseded;
}
inline const TaskFacts& FactsOf(const PlanSet& plans, uint32_t union_task) {
  const TaskRef ref = plans.tasks[union_task];
  return plans.units[ref.plan.value].tasks[ref.task];
}

struct GraphEdge {
  uint32_t from = 0, to = 0;
  EdgeOrigin origin;
  bool critical = false;  // between neighbours of the critical path
};

// What a picture shows.
struct GraphView {
  std::vector<PlanIndex> plans;  // with tasks, not superseded
  std::vector<GraphEdge> edges;  // by to, from; without those that others imply
  std::vector<bool> critical;    // by union task
};
GraphView ViewGraph(const PlanSet& plans);
// Ranks that all edges together cross between their ends, estimated: what laying out the picture takes grows
// with them, as Graphviz makes a node for each. A rank is a row of the picture; tasks of a batch that run
// together share one.
size_t CrossedRanks(const PlanSet& plans, const GraphView& view);

// "Task 4: Implement it." → "Implement it.": a task's name without the number that is shown beside it.
std::string_view NameWithoutNumber(std::string_view name);
// `name` in at most `lines` lines of at most `columns` columns, broken between words; the rest becomes "…".
// Control characters, invalid UTF-8 and what XML 1.0 does not know (U+FFFE, U+FFFF) become U+FFFD.
std::vector<std::string> WrapName(std::string_view name, size_t columns, size_t lines);
// What stands under the name: "haiku · 6000 tok", or the kind of a checkpoint.
std::string DescribeRun(const Task& task, const TaskFacts& facts);
// One line about the whole: plans, tasks, batches, critical path and its duration.
std::string DescribeSchedule(const PlanSet& plans);
// 80 → "80 s", 5400 → "90 min", 8280 → "2 h 18 min".
std::string DescribeSeconds(int64_t seconds);

}  // namespace gsd
