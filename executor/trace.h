// A run as a Chrome trace (trace-event JSON), for chrome://tracing and ui.perfetto.dev.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "executor/runner.h"

namespace gsd {

// Something of a run that has a time but no duration: a retry, a checkpoint, a pause of the provider.
struct TraceMoment {
  std::chrono::system_clock::time_point at;
  std::string name;  // "retry 08-02:4", "checkpoint waits 08-02:7"
  std::string detail;
};
// Nothing for events that are no such moment.
std::optional<TraceMoment> TraceMomentOf(const Manifest& manifest, const RunEvent& event);

// Process 1 is the run. Its thread 0 holds the moments; each further thread is a slot that holds one attempt
// at a time, from its start until it was accepted or not, its verification nested in it. Arrows lead from an
// attempt to the next one at the same task. Counters: running attempts, tokens and dollars spent. Times are
// microseconds since the first attempt or the start of this part of the run, whichever came first.
std::string TraceJson(const Manifest& manifest, const RunRecord& record,
                      const std::vector<TraceMoment>& moments);

}  // namespace gsd
