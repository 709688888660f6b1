// One graph over the tasks of all plans. A plan's entry tasks depend on the exit tasks of the plans that it
// depends on. Phases (folders) are executed in their order, as the format's users do, unless a plan says that
// it is otherwise.
#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"

namespace gsd {

namespace {

using EdgeList = std::vector<std::pair<uint32_t, uint32_t>>;

// Above this many pairs, the first entry task stands as a gate for the others: a little less parallel, never
// wrong.
constexpr size_t kMostPairs = 1'000'000;

class UnionBuilder {
 public:
  explicit UnionBuilder(PlanSet& set) : set_(set) {}

  void Run() {
    NumberTasks();
    EdgeList edges;
    FindEnds(edges);
    for (const PlanEdge& edge : set_.graph.edges)
      ConnectTasks(exits_[edge.from.value], entries_[edge.to.value]);
    ConnectPhases();
    for (const UnionEdge& edge : set_.union_edges) edges.emplace_back(edge.from, edge.to);
    set_.union_graph = Digraph(set_.tasks.size(), edges);
    FindConflicts();
    for (const WriteConflict& conflict : set_.conflicts) {
      set_.union_edges.push_back({conflict.first, conflict.second, EdgeSource::kConflict});
      edges.emplace_back(conflict.first, conflict.second);
    }
    set_.execution_graph = set_.conflicts.empty() ? set_.union_graph : Digraph(set_.tasks.size(), edges);
    Schedule();
  }

 private:
  void NumberTasks() {
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      set_.first_task.push_back(static_cast<uint32_t>(set_.tasks.size()));
      if (set_.units[p].superseded) continue;
      for (uint32_t t = 0; t < set_.units[p].plan.tasks.size(); ++t)
        set_.tasks.push_back({PlanIndex{p}, TaskId{t}});
    }
  }

  // The plans' own edges, and the tasks at which each plan begins and ends.
  void FindEnds(EdgeList& edges) {
    entries_.resize(set_.units.size());
    exits_.resize(set_.units.size());
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      const PlanUnit& unit = set_.units[p];
      if (unit.superseded) continue;
      const uint32_t first = set_.first_task[p];
      for (const TaskEdge& edge : unit.graph.edges)
        edges.emplace_back(first + edge.from.value, first + edge.to.value);
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
        if (unit.graph.digraph.Predecessors(t).empty()) entries_[p].push_back(first + t);
        if (unit.graph.digraph.Successors(t).empty()) exits_[p].push_back(first + t);
      }
    }
  }

  void ConnectTasks(const std::vector<uint32_t>& exits, const std::vector<uint32_t>& entries) {
    if (exits.empty() || entries.empty()) return;
    if (exits.size() * entries.size() <= kMostPairs) {
      for (const uint32_t entry : entries) {
        for (const uint32_t exit : exits) set_.union_edges.push_back({exit, entry, EdgeSource::kPlan});
      }
      return;
    }
    for (const uint32_t exit : exits) set_.union_edges.push_back({exit, entries[0], EdgeSource::kPlan});
    for (size_t i = 1; i < entries.size(); ++i)
      set_.union_edges.push_back({entries[0], entries[i], EdgeSource::kPlan});
  }

  void ConnectPhases() {
    // Folders in natural order: 08-x before 10-y, milestones/… before phases/….
    const auto natural = [](const std::string& a, const std::string& b) { return NaturalLess(a, b); };
    std::map<std::string, std::vector<uint32_t>, decltype(natural)> phases(natural);
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      if (!set_.units[p].superseded && !set_.units[p].plan.tasks.empty()) {
        phases[std::string(FolderOf(set_.units[p].root_path))].push_back(p);
      }
    }
    if (phases.size() < 2) return;
    std::vector<size_t> place(set_.units.size(), 0);
    size_t next = 0;
    for (const auto& [folder, plans] : phases) {
      for (const uint32_t p : plans) place[p] = next;
      ++next;
    }
    // A plan that depends on a later phase contradicts the order: then only what is written holds.
    for (const PlanEdge& edge : set_.graph.edges) {
      if (place[edge.from.value] > place[edge.to.value]) return;
    }
    std::vector<uint32_t> before;
    for (const auto& [folder, plans] : phases) {
      std::vector<uint32_t> first, last;
      for (const uint32_t p : plans) {
        if (!HasNeighbour(p, plans, set_.graph.digraph.Predecessors(p)))
          first.insert(first.end(), entries_[p].begin(), entries_[p].end());
        if (!HasNeighbour(p, plans, set_.graph.digraph.Successors(p)))
          last.insert(last.end(), exits_[p].begin(), exits_[p].end());
      }
      ConnectTasks(before, first);
      if (!last.empty()) before = std::move(last);
    }
  }

  static bool HasNeighbour(uint32_t p, const std::vector<uint32_t>& plans,
                           std::span<const uint32_t> neighbours) {
    return std::any_of(neighbours.begin(), neighbours.end(), [&](uint32_t q) {
      return q != p && std::binary_search(plans.begin(), plans.end(), q);
    });
  }

  // Tasks that write one file must stand one after the other. In topological order it is enough to compare
  // neighbours: if they are all comparable the writers form a chain. Small groups are compared pair by pair.
  void FindConflicts() {
    constexpr size_t kSmallGroup = 16;
    // Writers by path, in topological order, in one array: those of `path` stand in [begin[path], begin[path
    // + 1]).
    const std::vector<uint32_t> order = TopologicalOrder(set_.union_graph);
    const auto writes = [&](uint32_t task) -> const std::vector<uint32_t>& {
      const TaskRef ref = set_.tasks[task];
      return set_.units[ref.plan.value].tasks[ref.task].writes;
    };
    std::vector<uint32_t> begin(set_.paths.size() + 2, 0);
    for (const uint32_t task : order) {
      for (const uint32_t path : writes(task)) ++begin[path + 2];
    }
    for (size_t i = 2; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<uint32_t> writers(begin.back());
    for (const uint32_t task : order) {
      for (const uint32_t path : writes(task)) writers[begin[path + 1]++] = task;
    }
    Reachability reach(set_.union_graph);
    for (uint32_t path = 0; path < set_.paths.size(); ++path) {
      const auto tasks = std::span(writers).subspan(begin[path], begin[path + 1] - begin[path]);
      for (size_t i = 0; i < tasks.size(); ++i) {
        const size_t last = tasks.size() <= kSmallGroup ? tasks.size() : std::min(tasks.size(), i + 2);
        for (size_t k = i + 1; k < last; ++k) Compare(reach, tasks[i], tasks[k], path);
      }
    }
    std::sort(set_.conflicts.begin(), set_.conflicts.end(),
              [](const WriteConflict& a, const WriteConflict& b) {
                return std::tuple(a.first, a.second, a.path) < std::tuple(b.first, b.second, b.path);
              });
  }

  void Compare(Reachability& reach, uint32_t earlier, uint32_t later, uint32_t path) {
    // Across phases nothing runs at the same time, whatever the graph says.
    const PlanUnit& a = set_.units[set_.tasks[earlier].plan.value];
    const PlanUnit& b = set_.units[set_.tasks[later].plan.value];
    if (&a != &b && FolderOf(a.root_path) != FolderOf(b.root_path)) return;
    switch (reach.Comparable(earlier, later)) {
      case Reachability::Answer::kYes:
        return;
      case Reachability::Answer::kUnknown:
        set_.conflicts_complete = false;
        return;
      case Reachability::Answer::kNo:
        set_.conflicts.push_back({earlier, later, path});
        return;
    }
  }

  void Schedule() {
    std::vector<BatchInput> inputs(set_.tasks.size());
    std::vector<int64_t> seconds(set_.tasks.size());
    for (uint32_t i = 0; i < set_.tasks.size(); ++i) {
      const TaskRef ref = set_.tasks[i];
      const PlanUnit& unit = set_.units[ref.plan.value];
      const TaskFacts& facts = unit.tasks[ref.task];
      const Attribute* parallel = FindAttribute(unit.plan.tasks[ref.task], "parallel");
      inputs[i].alone = facts.checkpoint || (parallel != nullptr && Trim(parallel->value) == "sequential");
      inputs[i].writes = facts.writes;
      seconds[i] = facts.estimate.seconds.expected;
      set_.slot_rules.group.push_back(ref.plan.value);
      set_.slot_rules.occupancy.push_back(facts.checkpoint                             ? Occupancy::kNothing
                                          : facts.parallel == Parallelism::kSequential ? Occupancy::kGroup
                                                                                       : Occupancy::kSlot);
    }
    set_.batches = BuildBatches(set_.execution_graph, inputs);
    set_.critical_path = FindCriticalPath(set_.execution_graph, seconds);
    set_.levels = Levels(set_.execution_graph);
    std::vector<int> in_level;
    for (const uint32_t level : set_.levels) {
      if (level == kNoLevel) continue;
      if (level >= in_level.size()) in_level.resize(level + 1, 0);
      set_.width = std::max(set_.width, ++in_level[level]);
    }
  }

  PlanSet& set_;
  std::vector<std::vector<uint32_t>> entries_, exits_;  // by plan: union task numbers
};

}  // namespace

void BuildUnion(PlanSet& set) { UnionBuilder(set).Run(); }

}  // namespace gsd
