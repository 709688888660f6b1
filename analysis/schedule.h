// When things happen: the critical path, slack, and how long a run takes under each way of scheduling it.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/batches.h"
#include "analysis/digraph.h"

namespace gsd {

// Durations are in seconds. Tasks on or behind a cycle count as if they had no dependencies.
struct CriticalPath {
  std::vector<uint32_t> tasks;     // the longest path, from first to last
  int64_t seconds = 0;             // its length: no schedule is shorter
  std::vector<int64_t> slack;      // by task: by how much it may be late without delaying the end
  std::vector<int64_t> remaining;  // by task: the longest path from its start to the end, itself included
};
CriticalPath FindCriticalPath(const Digraph& graph, const std::vector<int64_t>& seconds);

// What a task keeps others from while it runs.
enum class Occupancy : uint8_t {
  kSlot,     // one worker
  kGroup,    // one worker, and nothing else of its group runs beside it: parallel="sequential" in a plan
  kNothing,  // a person does it
};
// Both by task; empty: every task takes a worker and nothing more.
struct SlotRules {
  std::vector<Occupancy> occupancy;
  std::vector<uint32_t> group;  // the plan
};

// List scheduling on `slots` workers by longest remaining path (Graham 1969), as gsd-run does it: the
// makespan in seconds.
int64_t DataflowMakespan(const Digraph& graph, const std::vector<int64_t>& seconds, int slots,
                         const SlotRules& rules = {});
// Batch after batch; inside one, list scheduling if it can run in parallel, else one after the other.
int64_t BatchMakespan(const std::vector<Batch>& batches, const std::vector<int64_t>& seconds, int slots);

}  // namespace gsd
