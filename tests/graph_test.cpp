// Graphs against brute force on random inputs, and the document's algorithms against a plain reading of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "analysis/batches.h"
#include "analysis/digraph.h"
#include "analysis/schedule.h"

namespace gsd {
namespace {

uint32_t Roll(std::mt19937& random, uint32_t below) { return static_cast<uint32_t>(random() % below); }

using Edges = std::vector<std::pair<uint32_t, uint32_t>>;

Edges RandomEdges(std::mt19937& random, uint32_t nodes, double density, bool acyclic) {
  std::bernoulli_distribution take(density);
  Edges edges;
  for (uint32_t a = 0; a < nodes; ++a) {
    for (uint32_t b = 0; b < nodes; ++b) {
      if ((!acyclic || a < b) && take(random)) edges.emplace_back(a, b);
    }
  }
  return edges;
}

// Every simple cycle by trying all paths from each smallest node.
std::vector<std::vector<uint32_t>> AllCycles(const Digraph& graph) {
  std::vector<std::vector<uint32_t>> cycles;
  std::vector<uint32_t> path;
  std::function<void(uint32_t)> extend = [&](uint32_t node) {
    path.push_back(node);
    for (const uint32_t next : graph.Successors(node)) {
      if (next == path[0]) cycles.push_back(path);
      if (next > path[0] && std::find(path.begin(), path.end(), next) == path.end()) extend(next);
    }
    path.pop_back();
  };
  for (uint32_t node = 0; node < graph.size(); ++node) extend(node);
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

std::vector<std::vector<bool>> Closure(const Digraph& graph) {
  const size_t n = graph.size();
  std::vector<std::vector<bool>> reach(n, std::vector<bool>(n, false));
  for (uint32_t a = 0; a < n; ++a) {
    for (const uint32_t b : graph.Successors(a)) reach[a][b] = true;
  }
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
    }
  }
  return reach;
}

TEST(GraphTest, CyclesAndLevelsEqualBruteForceOnTenThousandGraphs) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 10'000; ++round) {
    const uint32_t n = 1 + Roll(random, 7);
    const Digraph graph(n, RandomEdges(random, n, 0.1 + 0.05 * (round % 6), round % 2 == 0));
    const auto cycles = AllCycles(graph);
    ASSERT_EQ(ElementaryCycles(graph, 1'000'000), cycles);
    const auto reach = Closure(graph);
    const auto levels = Levels(graph);
    for (uint32_t node = 0; node < n; ++node) {
      // On a cycle, or behind one: no level.
      bool tainted = reach[node][node];
      for (uint32_t other = 0; other < n; ++other)
        tainted = tainted || (reach[other][other] && reach[other][node]);
      if (tainted) {
        ASSERT_EQ(levels[node], kNoLevel);
        continue;
      }
      uint32_t expected = 0;
      for (const uint32_t from : graph.Predecessors(node)) expected = std::max(expected, levels[from] + 1);
      ASSERT_EQ(levels[node], expected);
    }
    if (!cycles.empty()) continue;
    Reachability reachability(graph);
    for (uint32_t a = 0; a < n; ++a) {
      for (uint32_t b = 0; b < n; ++b) {
        const auto expected = a == b || reach[a][b] ? Reachability::Answer::kYes : Reachability::Answer::kNo;
        ASSERT_EQ(reachability.Reaches(a, b), expected);
      }
    }
  }
}

TEST(GraphTest, CyclesAreLimitedAndLargeComponentsGiveTheShortest) {
  Edges complete;
  for (uint32_t a = 0; a < 12; ++a) {
    for (uint32_t b = 0; b < 12; ++b) {
      if (a != b) complete.emplace_back(a, b);
    }
  }
  EXPECT_EQ(ElementaryCycles(Digraph(12, complete), 50).size(), 50U);
  Edges ring;
  for (uint32_t a = 0; a < 100'000; ++a) ring.emplace_back(a, (a + 1) % 100'000);
  ring.emplace_back(2, 0);
  EXPECT_EQ(ElementaryCycles(Digraph(100'000, ring), 50), (std::vector<std::vector<uint32_t>>{{0, 1, 2}}));
}

TEST(GraphTest, RedundantEdgesAreThoseThatOthersImply) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const uint32_t n = 2 + Roll(random, 8);
    const Digraph graph(n, RandomEdges(random, n, 0.4, true));
    std::set<std::pair<uint32_t, uint32_t>> expected;
    const auto reach = Closure(graph);
    for (uint32_t a = 0; a < n; ++a) {
      for (const uint32_t b : graph.Successors(a)) {
        for (const uint32_t via : graph.Successors(a)) {
          if (via != b && reach[via][b]) expected.emplace(a, b);
        }
      }
    }
    const auto redundant = RedundantEdges(graph);
    ASSERT_EQ((std::set<std::pair<uint32_t, uint32_t>>(redundant.begin(), redundant.end())), expected);
  }
}

// Part 3.2 of the document, line by line.
std::vector<Batch> DocumentBatches(const Digraph& graph) {
  std::set<uint32_t> completed;
  std::vector<Batch> batches;
  while (completed.size() < graph.size()) {
    std::vector<uint32_t> ready;
    for (uint32_t task = 0; task < graph.size(); ++task) {
      const auto deps = graph.Predecessors(task);
      if (completed.count(task) == 0 &&
          std::all_of(deps.begin(), deps.end(), [&](uint32_t d) { return completed.count(d) > 0; })) {
        ready.push_back(task);
      }
    }
    if (ready.empty()) break;
    std::vector<Batch> groups;
    for (const uint32_t task : ready) {
      const std::vector<uint32_t> signature(graph.Predecessors(task).begin(), graph.Predecessors(task).end());
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const Batch& b) { return b.depends_on == signature; });
      if (group == groups.end()) group = groups.insert(groups.end(), {signature, {}, false});
      group->tasks.push_back(task);
      completed.insert(task);
    }
    for (Batch& group : groups) {
      group.can_parallelize = group.tasks.size() > 1;
      batches.push_back(group);
    }
  }
  return batches;
}

TEST(BatchTest, EqualTheDocumentOnRandomGraphs) {
  std::mt19937 random(3);
  for (int round = 0; round < 3'000; ++round) {
    const uint32_t n = 1 + Roll(random, 12);
    const Digraph graph(n, RandomEdges(random, n, 0.3, round % 5 != 0));
    const auto ours = BuildBatches(graph, {});
    const auto theirs = DocumentBatches(graph);
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i].depends_on, theirs[i].depends_on);
      ASSERT_EQ(ours[i].tasks, theirs[i].tasks);
      ASSERT_EQ(ours[i].can_parallelize, theirs[i].can_parallelize);
    }
  }
}

TEST(BatchTest, SequentialTasksStandAloneAndConflictsDoNotRunTogether) {
  const Digraph graph(5, {});
  std::vector<BatchInput> inputs(5);
  inputs[1].alone = true;
  const std::vector<uint32_t> one = {7}, both = {7, 9};
  inputs[2].writes = one;
  inputs[3].writes = both;
  const auto batches = BuildBatches(graph, inputs);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].tasks, (std::vector<uint32_t>{0, 2, 3, 4}));
  EXPECT_FALSE(batches[0].can_parallelize);
  EXPECT_EQ(batches[1].tasks, std::vector<uint32_t>{1});
}

TEST(ScheduleTest, CriticalPathSlackAndBounds) {
  std::mt19937 random(11);
  for (int round = 0; round < 1'000; ++round) {
    const uint32_t n = 1 + Roll(random, 15);
    const Digraph graph(n, RandomEdges(random, n, 0.25, true));
    std::vector<int64_t> seconds(n);
    for (auto& s : seconds) s = 1 + Roll(random, 100);
    const CriticalPath path = FindCriticalPath(graph, seconds);
    int64_t along = 0;
    for (size_t i = 0; i < path.tasks.size(); ++i) {
      along += seconds[path.tasks[i]];
      ASSERT_EQ(path.slack[path.tasks[i]], 0);
      if (i == 0) continue;
      const auto before = graph.Predecessors(path.tasks[i]);
      ASSERT_TRUE(std::binary_search(before.begin(), before.end(), path.tasks[i - 1]));
    }
    ASSERT_EQ(along, path.seconds);
    // Delaying a task by its slack changes nothing; by one more second, everything.
    const uint32_t task = Roll(random, n);
    auto delayed = seconds;
    delayed[task] += path.slack[task];
    ASSERT_EQ(FindCriticalPath(graph, delayed).seconds, path.seconds);
    ++delayed[task];
    ASSERT_EQ(FindCriticalPath(graph, delayed).seconds, path.seconds + 1);
    // Graham: no list schedule is longer than work/m + (1 - 1/m) * critical path, none is shorter than
    // either.
    const int64_t work = std::accumulate(seconds.begin(), seconds.end(), int64_t{0});
    const int slots = 1 + static_cast<int>(Roll(random, 5));
    const int64_t makespan = DataflowMakespan(graph, seconds, slots);
    ASSERT_GE(makespan, path.seconds);
    ASSERT_GE(makespan * slots, work);
    ASSERT_LE(makespan * slots, work + (slots - 1) * path.seconds);
    ASSERT_EQ(DataflowMakespan(graph, seconds, static_cast<int>(n)), path.seconds);
    ASSERT_GE(BatchMakespan(BuildBatches(graph, {}), seconds, slots), path.seconds);
  }
}

}  // namespace
}  // namespace gsd
