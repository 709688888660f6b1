// A loop over independent items on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace gsd {

// Calls `work(i)` for every i in [0, count), on up to `jobs` threads. Small counts stay on this one: starting
// a thread costs as much as several plans.
template <typename Work>
void ParallelFor(size_t count, int jobs, const Work& work) {
  constexpr size_t kWorthAThread = 8;
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  const size_t wanted =
      std::min(static_cast<size_t>(std::max(jobs, 1)), (count + kWorthAThread - 1) / kWorthAThread);
  for (size_t i = 1; i < wanted; ++i) others.emplace_back(run);
  run();
}

}  // namespace gsd
