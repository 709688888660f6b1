// Execution batches, exactly as part 3.2 of the design document builds them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/digraph.h"

namespace gsd {

// What batching needs to know of a task.
struct BatchInput {
  bool alone = false;                // sequential, or a checkpoint: a batch of its own
  std::span<const uint32_t> writes;  // interned paths of the files it writes, sorted
};

struct Batch {
  std::vector<uint32_t> depends_on;  // sorted
  std::vector<uint32_t> tasks;       // in task order
  bool can_parallelize = false;      // more than one task, none alone, no two writing the same file
};

// Repeatedly takes all ready tasks; those with the same dependency set form one batch; batches are in order
// of first appearance. Tasks on or behind a cycle are in no batch. `inputs` may be empty (then nobody is
// alone or writes).
std::vector<Batch> BuildBatches(const Digraph& graph, const std::vector<BatchInput>& inputs);

}  // namespace gsd
