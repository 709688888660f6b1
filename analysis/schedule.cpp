#include "analysis/schedule.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace gsd {

CriticalPath FindCriticalPath(const Digraph& graph, const std::vector<int64_t>& seconds) {
  const auto n = static_cast<uint32_t>(graph.size());
  CriticalPath path;
  path.slack.assign(n, 0);
  path.remaining = seconds;
  std::vector<int64_t> start(n, 0);
  const std::vector<uint32_t> order = TopologicalOrder(graph);
  for (const uint32_t node : order) {
    for (const uint32_t next : graph.Successors(node))
      start[next] = std::max(start[next], start[node] + seconds[node]);
  }
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t node = order[i];
    int64_t longest = 0;
    for (const uint32_t next : graph.Successors(node)) longest = std::max(longest, path.remaining[next]);
    path.remaining[node] = seconds[node] + longest;
  }
  for (uint32_t node = 0; node < n; ++node) path.seconds = std::max(path.seconds, path.remaining[node]);
  for (uint32_t node = 0; node < n; ++node)
    path.slack[node] = path.seconds - start[node] - path.remaining[node];
  if (n == 0) return path;

  // Walk from the first source that is as long as the whole, always to the successor that keeps it so.
  uint32_t at = UINT32_MAX;
  for (const uint32_t node : order) {
    if (start[node] == 0 && graph.Predecessors(node).empty() && path.remaining[node] == path.seconds) {
      at = node;
      break;
    }
  }
  while (at != UINT32_MAX) {
    path.tasks.push_back(at);
    const int64_t rest = path.remaining[at] - seconds[at];
    uint32_t next_at = UINT32_MAX;
    for (const uint32_t next : graph.Successors(at)) {
      if (path.remaining[next] == rest) {
        next_at = next;
        break;
      }
    }
    at = next_at;
  }
  return path;
}

int64_t DataflowMakespan(const Digraph& graph, const std::vector<int64_t>& seconds, int slots) {
  const auto n = static_cast<uint32_t>(graph.size());
  const CriticalPath critical = FindCriticalPath(graph, seconds);
  // Longest remaining path first, then document order.
  const auto later = [&](uint32_t a, uint32_t b) {
    return critical.remaining[a] != critical.remaining[b] ? critical.remaining[a] < critical.remaining[b]
                                                          : a > b;
  };
  std::priority_queue<uint32_t, std::vector<uint32_t>, decltype(later)> ready(later);
  using Finish = std::pair<int64_t, uint32_t>;
  std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
  std::vector<uint32_t> waiting(n);
  for (uint32_t node = 0; node < n; ++node) {
    waiting[node] = static_cast<uint32_t>(graph.Predecessors(node).size());
    if (waiting[node] == 0) ready.push(node);
  }
  int64_t now = 0;
  while (!ready.empty() || !running.empty()) {
    while (!ready.empty() && running.size() < static_cast<size_t>(std::max(slots, 1))) {
      running.emplace(now + seconds[ready.top()], ready.top());
      ready.pop();
    }
    const auto [end, node] = running.top();
    running.pop();
    now = end;
    for (const uint32_t next : graph.Successors(node)) {
      if (--waiting[next] == 0) ready.push(next);
    }
  }
  return now;
}

int64_t BatchMakespan(const std::vector<Batch>& batches, const std::vector<int64_t>& seconds, int slots) {
  int64_t total = 0;
  for (const Batch& batch : batches) {
    std::vector<int64_t> work;
    for (const uint32_t task : batch.tasks) work.push_back(seconds[task]);
    std::sort(work.begin(), work.end(), std::greater<>());
    const size_t workers = batch.can_parallelize ? static_cast<size_t>(std::max(slots, 1)) : 1;
    std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> free_at;
    int64_t end = 0;
    for (const int64_t task : work) {
      int64_t start = 0;
      if (free_at.size() >= workers) {
        start = free_at.top();
        free_at.pop();
      }
      free_at.push(start + task);
      end = std::max(end, start + task);
    }
    total += end;
  }
  return total;
}

}  // namespace gsd
