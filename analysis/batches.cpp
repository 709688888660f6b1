// The document takes, round after round, every task whose dependencies are complete. A task is ready in the
// round that is its level (the longest chain before it), so the rounds need not be simulated: the tasks of
// one level are grouped by their dependency set, in order of first appearance. That makes it linear.
#include "analysis/batches.h"

#include <algorithm>
#include <map>

namespace gsd {

namespace {

bool AnyFileTwice(const Batch& batch, const std::vector<BatchInput>& inputs) {
  std::vector<uint32_t> writes;
  for (const uint32_t task : batch.tasks) {
    writes.insert(writes.end(), inputs[task].writes.begin(), inputs[task].writes.end());
  }
  std::sort(writes.begin(), writes.end());
  return std::adjacent_find(writes.begin(), writes.end()) != writes.end();
}

}  // namespace

std::vector<Batch> BuildBatches(const Digraph& graph, const std::vector<BatchInput>& inputs) {
  const std::vector<uint32_t> levels = Levels(graph);
  // The tasks by level, in one array: those of a round stand in [begin[level], begin[level + 1]).
  std::vector<uint32_t> begin(1, 0);
  for (const uint32_t level : levels) {
    if (level == kNoLevel) continue;
    if (level + 2 > begin.size()) begin.resize(level + 2, 0);
    ++begin[level + 1];
  }
  for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<uint32_t> rounds(begin.back()), filled = begin;
  for (uint32_t task = 0; task < levels.size(); ++task) {
    if (levels[task] != kNoLevel) rounds[filled[levels[task]]++] = task;
  }
  std::vector<Batch> batches;
  batches.reserve(rounds.size());
  for (size_t level = 0; level + 1 < begin.size(); ++level) {
    const auto round = std::span(rounds).subspan(begin[level], begin[level + 1] - begin[level]);
    std::map<std::vector<uint32_t>, size_t> by_signature;
    for (const uint32_t task : round) {
      const auto dependencies = graph.Predecessors(task);
      std::vector<uint32_t> signature(dependencies.begin(), dependencies.end());
      const bool alone = !inputs.empty() && inputs[task].alone;
      if (!alone && round.size() > 1) {
        const auto [found, is_new] = by_signature.try_emplace(signature, batches.size());
        if (!is_new) {
          batches[found->second].tasks.push_back(task);
          continue;
        }
      }
      batches.push_back({std::move(signature), {task}, false});
    }
  }
  for (Batch& batch : batches) {
    batch.can_parallelize = batch.tasks.size() > 1 && (inputs.empty() || !AnyFileTwice(batch, inputs));
  }
  return batches;
}

}  // namespace gsd
