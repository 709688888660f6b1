// The only file that includes Boost.Graph (it costs seconds to compile). Boost gives the strong components
// and the elementary circuits; what must be stable in its order, or bounded in its work, is written here.
#include "analysis/digraph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/hawick_circuits.hpp>
#include <boost/graph/strong_components.hpp>
#include <functional>
#include <queue>

namespace gsd {

namespace {

using EdgeList = std::vector<std::pair<uint32_t, uint32_t>>;

// Targets by source. Stable, so sources that come in order leave every list of targets in order.
struct Adjacency {
  std::vector<uint32_t> begin, targets;
};

template <typename ForEachEdge>
Adjacency Group(size_t nodes, size_t edges, const ForEachEdge& for_each_edge) {
  Adjacency out;
  out.begin.assign(nodes + 2, 0);
  out.targets.resize(edges);
  for_each_edge([&](uint32_t from, uint32_t) { ++out.begin[from + 2]; });
  for (size_t i = 2; i < out.begin.size(); ++i) out.begin[i] += out.begin[i - 1];
  for_each_edge([&](uint32_t from, uint32_t to) { out.targets[out.begin[from + 1]++] = to; });
  out.begin.pop_back();
  return out;
}

// The other way round; the targets come out sorted.
Adjacency Transpose(const Adjacency& graph) {
  const size_t nodes = graph.begin.size() - 1;
  return Group(nodes, graph.targets.size(), [&](const auto& edge) {
    for (uint32_t from = 0; from < nodes; ++from) {
      for (uint32_t i = graph.begin[from]; i < graph.begin[from + 1]; ++i) edge(graph.targets[i], from);
    }
  });
}

// Drops repeats from sorted lists of targets.
void DropRepeats(Adjacency& graph) {
  uint32_t kept = 0;
  uint32_t first = 0;
  for (size_t node = 0; node + 1 < graph.begin.size(); ++node) {
    const uint32_t last = graph.begin[node + 1];
    const uint32_t start = kept;
    for (uint32_t i = first; i < last; ++i) {
      if (kept == start || graph.targets[kept - 1] != graph.targets[i])
        graph.targets[kept++] = graph.targets[i];
    }
    first = last;
    graph.begin[node + 1] = kept;
  }
  graph.targets.resize(kept);
}

}  // namespace

Digraph::Digraph(size_t nodes, const EdgeList& edges) {
  Adjacency forward = Group(nodes, edges.size(), [&](const auto& edge) {
    for (const auto& [from, to] : edges) edge(from, to);
  });
  Adjacency backward = Transpose(forward);  // sorted, and so is what is made of it again
  DropRepeats(backward);
  forward = Transpose(backward);
  successors_ = std::move(forward.targets);
  successor_begin_ = std::move(forward.begin);
  predecessors_ = std::move(backward.targets);
  predecessor_begin_ = std::move(backward.begin);
}

std::vector<std::vector<uint32_t>> CyclicComponents(const Digraph& graph) {
  std::vector<std::vector<uint32_t>> cyclic;
  const auto n = static_cast<uint32_t>(graph.size());
  if (n == 0) return cyclic;
  EdgeList edges;
  edges.reserve(graph.edge_count());
  for (uint32_t node = 0; node < n; ++node) {
    for (const uint32_t next : graph.Successors(node)) edges.emplace_back(node, next);
  }
  using Csr = boost::compressed_sparse_row_graph<boost::directedS>;
  const Csr csr(boost::edges_are_sorted, edges.begin(), edges.end(), n);
  std::vector<uint32_t> component(n);
  const auto index = boost::get(boost::vertex_index, csr);
  const auto count =
      boost::strong_components(csr, boost::make_iterator_property_map(component.begin(), index));
  std::vector<std::vector<uint32_t>> members(count);
  for (uint32_t node = 0; node < n; ++node) members[component[node]].push_back(node);
  for (auto& nodes : members) {
    const auto next = graph.Successors(nodes[0]);
    const bool self = std::binary_search(next.begin(), next.end(), nodes[0]);
    if (nodes.size() > 1 || self) cyclic.push_back(std::move(nodes));
  }
  std::sort(cyclic.begin(), cyclic.end());
  return cyclic;
}

namespace {

constexpr size_t kLargestEnumerated = 64;

struct LimitReached {};

// Collects circuits until there are enough of them.
struct CircuitVisitor {
  const std::vector<uint32_t>& nodes;
  std::vector<std::vector<uint32_t>>& cycles;
  size_t limit;
  template <typename Path, typename Graph>
  void cycle(const Path& path, const Graph&) {
    auto& found = cycles.emplace_back();
    for (const auto vertex : path) found.push_back(nodes[vertex]);
    if (cycles.size() >= limit) throw LimitReached{};
  }
};

// Recursion in Boost is as deep as the component is large, hence kLargestEnumerated.
void EnumerateCircuits(const Digraph& graph, const std::vector<uint32_t>& nodes, size_t limit,
                       std::vector<std::vector<uint32_t>>& cycles) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> local(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const uint32_t next : graph.Successors(nodes[i])) {
      const auto at = std::lower_bound(nodes.begin(), nodes.end(), next);
      if (at != nodes.end() && *at == next)
        boost::add_edge(i, static_cast<size_t>(at - nodes.begin()), local);
    }
  }
  try {
    boost::hawick_unique_circuits(local, CircuitVisitor{nodes, cycles, limit});
  } catch (const LimitReached&) {
  }
}

std::vector<uint32_t> ShortestCycle(const Digraph& graph, const std::vector<uint32_t>& nodes) {
  const uint32_t start = nodes[0];
  std::vector<uint32_t> parent(graph.size(), UINT32_MAX);
  std::queue<uint32_t> queue;
  queue.push(start);
  while (!queue.empty()) {
    const uint32_t node = queue.front();
    queue.pop();
    for (const uint32_t next : graph.Successors(node)) {
      if (next == start) {
        std::vector<uint32_t> path;
        for (uint32_t at = node; at != start; at = parent[at]) path.push_back(at);
        path.push_back(start);
        std::reverse(path.begin(), path.end());
        return path;
      }
      if (parent[next] != UINT32_MAX || !std::binary_search(nodes.begin(), nodes.end(), next)) continue;
      parent[next] = node;
      queue.push(next);
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<uint32_t>> ElementaryCycles(const Digraph& graph, size_t limit) {
  std::vector<std::vector<uint32_t>> cycles;
  for (const auto& nodes : CyclicComponents(graph)) {
    if (cycles.size() >= limit) break;
    if (nodes.size() <= kLargestEnumerated) {
      EnumerateCircuits(graph, nodes, limit, cycles);
    } else {
      cycles.push_back(ShortestCycle(graph, nodes));
    }
  }
  for (auto& cycle : cycles)
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

std::vector<uint32_t> Levels(const Digraph& graph) {
  const auto n = static_cast<uint32_t>(graph.size());
  std::vector<uint32_t> level(n, kNoLevel), waiting(n), order;
  order.reserve(n);
  for (uint32_t node = 0; node < n; ++node) {
    waiting[node] = static_cast<uint32_t>(graph.Predecessors(node).size());
    if (waiting[node] == 0) {
      level[node] = 0;
      order.push_back(node);
    }
  }
  std::vector<uint32_t> reached(n, 0);
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t node = order[i];
    for (const uint32_t next : graph.Successors(node)) {
      reached[next] = std::max(reached[next], level[node] + 1);
      if (--waiting[next] == 0) {
        level[next] = reached[next];
        order.push_back(next);
      }
    }
  }
  return level;
}

std::vector<uint32_t> TopologicalOrder(const Digraph& graph) {
  const auto n = static_cast<uint32_t>(graph.size());
  std::vector<uint32_t> waiting(n), order;
  order.reserve(n);
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t node = 0; node < n; ++node) {
    waiting[node] = static_cast<uint32_t>(graph.Predecessors(node).size());
    if (waiting[node] == 0) ready.push(node);
  }
  while (!ready.empty()) {
    const uint32_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const uint32_t next : graph.Successors(node)) {
      if (--waiting[next] == 0) ready.push(next);
    }
  }
  return order;
}

Reachability::Reachability(const Digraph& graph, uint64_t budget)
    : graph_(graph), levels_(Levels(graph)), visited_(graph.size(), 0), budget_(budget) {}

Reachability::Answer Reachability::Reaches(uint32_t from, uint32_t to) {
  if (from == to) return Answer::kYes;
  if (levels_[from] == kNoLevel || levels_[to] == kNoLevel) return Answer::kUnknown;  // on or behind a cycle
  if (levels_[from] >= levels_[to]) return Answer::kNo;
  ++stamp_;
  stack_.assign(1, from);
  while (!stack_.empty()) {
    const uint32_t node = stack_.back();
    stack_.pop_back();
    const auto next = graph_.Successors(node);
    if (std::binary_search(next.begin(), next.end(), to)) return Answer::kYes;
    for (const uint32_t successor : next) {
      if (levels_[successor] >= levels_[to] || visited_[successor] == stamp_) continue;
      if (budget_ == 0) return Answer::kUnknown;
      --budget_;
      visited_[successor] = stamp_;
      stack_.push_back(successor);
    }
  }
  return Answer::kNo;
}

Reachability::Answer Reachability::Comparable(uint32_t a, uint32_t b) {
  const Answer forward = Reaches(a, b);
  return forward == Answer::kNo ? Reaches(b, a) : forward;
}

std::vector<std::pair<uint32_t, uint32_t>> RedundantEdges(const Digraph& graph) {
  constexpr size_t kMostEdges = 500'000;  // nobody looks at a picture of more
  std::vector<std::pair<uint32_t, uint32_t>> redundant;
  if (graph.edge_count() > kMostEdges) return redundant;
  constexpr uint64_t kMostQuestions = 50'000'000;
  Reachability reach(graph);
  // A longer way arrives through a predecessor that lies deeper than the edge's own beginning.
  const std::vector<uint32_t> levels = Levels(graph);
  std::vector<uint32_t> deepest(graph.size(), 0);
  for (uint32_t to = 0; to < graph.size(); ++to) {
    for (const uint32_t before : graph.Predecessors(to)) deepest[to] = std::max(deepest[to], levels[before]);
  }
  uint64_t questions = 0;
  for (uint32_t node = 0; node < graph.size(); ++node) {
    const auto next = graph.Successors(node);
    for (const uint32_t to : next) {
      if (levels[node] == deepest[to] && deepest[to] != kNoLevel) continue;
      // A longer way leaves through another successor and arrives through another predecessor: the fewer of
      // them are asked, since one task may be waited for by all others.
      const auto before = graph.Predecessors(to);
      const bool ahead = next.size() < before.size();
      const auto ways = ahead ? next : before;
      questions += ways.size();
      if (questions > kMostQuestions) return redundant;
      const bool implied = std::any_of(ways.begin(), ways.end(), [&](uint32_t via) {
        if (via == (ahead ? to : node)) return false;
        return (ahead ? reach.Reaches(via, to) : reach.Reaches(node, via)) == Reachability::Answer::kYes;
      });
      if (implied) redundant.emplace_back(node, to);
    }
  }
  return redundant;
}

}  // namespace gsd
