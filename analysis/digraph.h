// Directed graphs over 0..n-1, and the questions that plans ask of them. Everything here is iterative and
// linear unless it says otherwise. An edge u → v reads "v depends on u": u comes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace gsd {

// Compressed adjacency, both ways. Successors and predecessors are sorted and without repeats.
class Digraph {
 public:
  Digraph() = default;
  // Edges are (from, to); repeats are dropped.
  Digraph(size_t nodes, const std::vector<std::pair<uint32_t, uint32_t>>& edges);

  size_t size() const { return successor_begin_.empty() ? 0 : successor_begin_.size() - 1; }
  size_t edge_count() const { return successors_.size(); }
  std::span<const uint32_t> Successors(uint32_t node) const {
    return {successors_.data() + successor_begin_[node], successors_.data() + successor_begin_[node + 1]};
  }
  std::span<const uint32_t> Predecessors(uint32_t node) const {
    return {predecessors_.data() + predecessor_begin_[node],
            predecessors_.data() + predecessor_begin_[node + 1]};
  }

 private:
  std::vector<uint32_t> successors_, successor_begin_, predecessors_, predecessor_begin_;
};

// Strongly connected components with more than one node, or one with an edge to itself; each sorted, the list
// sorted by its smallest node.
std::vector<std::vector<uint32_t>> CyclicComponents(const Digraph& graph);

// Elementary cycles, each as a path that starts at its smallest node and does not repeat it; sorted. At most
// `limit` of them: the number of cycles can grow exponentially. A component of over 64 nodes yields one
// shortest cycle through its smallest node that lies on one.
std::vector<std::vector<uint32_t>> ElementaryCycles(const Digraph& graph, size_t limit);

// Node → length in edges of the longest path that ends there. Nodes on a cycle, or behind one, have kNoLevel.
inline constexpr uint32_t kNoLevel = UINT32_MAX;
std::vector<uint32_t> Levels(const Digraph& graph);

// A topological order that is stable: smallest node first among those that are ready. Nodes on or behind a
// cycle are missing.
std::vector<uint32_t> TopologicalOrder(const Digraph& graph);

// Answers "is there a path" on an acyclic graph, pruned by levels. The work is bounded: after `budget` node
// visits in all, answers become kUnknown.
class Reachability {
 public:
  enum class Answer : uint8_t { kNo, kYes, kUnknown };
  explicit Reachability(const Digraph& graph, uint64_t budget = 50'000'000);
  Answer Reaches(uint32_t from, uint32_t to);
  // Either way.
  Answer Comparable(uint32_t a, uint32_t b);

 private:
  const Digraph& graph_;
  std::vector<uint32_t> levels_, visited_, stack_;
  uint32_t stamp_ = 0;
  uint64_t budget_;
};

// The edges (from, to) of `graph` that are implied by its other edges. Bounded like Reachability, and empty
// above 500,000 edges; an edge that could not be decided is not listed.
std::vector<std::pair<uint32_t, uint32_t>> RedundantEdges(const Digraph& graph);

}  // namespace gsd
