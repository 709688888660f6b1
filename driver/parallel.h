// A loop over independent items on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace gsd {

// Calls `work(i)` for every i in [0, count), on up to `jobs` threads. Small counts stay on this one: a thread
// is started for every `worth_a_thread` items, since starting it costs as much as several plans.
template <typename Work>
void ParallelFor(size_t count, int jobs, const Work& work, size_t worth_a_thread = 8) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  const size_t wanted =
      std::min(static_cast<size_t>(std::max(jobs, 1)), (count + worth_a_thread - 1) / worth_a_thread);
  for (size_t i = 1; i < wanted; ++i) others.emplace_back(run);
  run();
}

}  // namespace gsd
