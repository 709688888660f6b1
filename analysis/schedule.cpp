#include "analysis/schedule.h"

#include <algorithm>
#include <deque>
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

namespace {

// The tasks that are ready and not running, each group's in order of priority. A task of kGroup waits until
// nothing of its group is admitted, and then nothing is admitted beside it.
class ReadyTasks {
 public:
  // Larger is better: the longest remaining path, then document order.
  using Priority = std::pair<int64_t, int64_t>;

  ReadyTasks(const std::vector<int64_t>& remaining, const SlotRules& rules)
      : remaining_(remaining), rules_(rules) {
    if (!rules.group.empty()) groups_.resize(1 + *std::max_element(rules.group.begin(), rules.group.end()));
  }

  void Add(uint32_t task) {
    const Priority priority(remaining_[task], -static_cast<int64_t>(task));
    if (groups_.empty()) return admitted_.push(priority);
    Group& group = groups_[rules_.group[task]];
    group.ready.push(priority);
    Admit(group);
  }
  bool empty() const { return admitted_.empty(); }
  uint32_t Take() {
    const auto task = static_cast<uint32_t>(-admitted_.top().second);
    admitted_.pop();
    return task;
  }
  // Before what waited for it is added, and after.
  void Leave(uint32_t task) {
    if (groups_.empty()) return;
    Group& group = groups_[rules_.group[task]];
    --group.admitted;
    group.exclusive = false;
  }
  void AdmitOthers(uint32_t task) {
    if (!groups_.empty()) Admit(groups_[rules_.group[task]]);
  }

 private:
  struct Group {
    std::priority_queue<Priority> ready;
    size_t admitted = 0;  // in the common queue or running
    bool exclusive = false;
  };
  void Admit(Group& group) {
    while (!group.ready.empty() && !group.exclusive) {
      const auto task = static_cast<uint32_t>(-group.ready.top().second);
      const bool exclusive = rules_.occupancy[task] == Occupancy::kGroup;
      if (exclusive && group.admitted > 0) return;
      group.exclusive = exclusive;
      ++group.admitted;
      admitted_.push(group.ready.top());
      group.ready.pop();
    }
  }

  const std::vector<int64_t>& remaining_;
  const SlotRules& rules_;
  std::vector<Group> groups_;
  std::priority_queue<Priority> admitted_;
};

}  // namespace

int64_t DataflowMakespan(const Digraph& graph, const std::vector<int64_t>& seconds, int slots,
                         const SlotRules& rules) {
  const auto n = static_cast<uint32_t>(graph.size());
  const CriticalPath critical = FindCriticalPath(graph, seconds);
  ReadyTasks ready(critical.remaining, rules);
  using Finish = std::pair<int64_t, uint32_t>;
  std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
  size_t busy = 0;
  int64_t now = 0;
  const auto takes_slot = [&](uint32_t task) {
    return rules.occupancy.empty() || rules.occupancy[task] != Occupancy::kNothing;
  };
  std::vector<uint32_t> waiting(n);
  std::deque<uint32_t> at_once;  // what takes neither a worker nor time
  const auto make_ready = [&](uint32_t task) {
    if (takes_slot(task)) return ready.Add(task);
    if (seconds[task] == 0) return at_once.push_back(task);
    running.emplace(now + seconds[task], task);
  };
  const auto release = [&](uint32_t task) {
    for (const uint32_t next : graph.Successors(task)) {
      if (--waiting[next] == 0) make_ready(next);
    }
  };
  const auto pass_at_once = [&] {
    for (; !at_once.empty(); at_once.pop_front()) release(at_once.front());
  };
  for (uint32_t node = 0; node < n; ++node) {
    waiting[node] = static_cast<uint32_t>(graph.Predecessors(node).size());
    if (waiting[node] == 0) make_ready(node);
  }
  pass_at_once();
  while (!ready.empty() || !running.empty()) {
    for (; !ready.empty() && busy < static_cast<size_t>(std::max(slots, 1)); ++busy) {
      const uint32_t task = ready.Take();
      running.emplace(now + seconds[task], task);
    }
    const auto [end, node] = running.top();
    running.pop();
    now = end;
    if (takes_slot(node)) {
      --busy;
      ready.Leave(node);
      release(node);
      ready.AdmitOthers(node);
    } else {
      release(node);
    }
    pass_at_once();
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
