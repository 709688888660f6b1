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
  std::vector<std::vector<uint32_t>> rounds;
  for (uint32_t task = 0; task < levels.size(); ++task) {
    if (levels[task] == kNoLevel) continue;
    if (levels[task] >= rounds.size()) rounds.resize(levels[task] + 1);
    rounds[levels[task]].push_back(task);
  }
  std::vector<Batch> batches;
  for (const auto& round : rounds) {
    std::map<std::vector<uint32_t>, size_t> by_signature;
    for (const uint32_t task : round) {
      const auto dependencies = graph.Predecessors(task);
      std::vector<uint32_t> signature(dependencies.begin(), dependencies.end());
      const bool alone = !inputs.empty() && inputs[task].alone;
      if (!alone) {
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
