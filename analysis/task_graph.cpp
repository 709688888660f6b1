#include "analysis/task_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "analysis/inference.h"

namespace gsd {

std::string_view EdgeSourceName(EdgeSource source) {
  switch (source) {
    case EdgeSource::kDeclared:
      return "declared";
    case EdgeSource::kInferred:
      return "inferred";
    case EdgeSource::kConflict:
      return "conflict";
    case EdgeSource::kPlan:
      return "plan";
  }
  return "";
}

std::string_view EvidenceName(Evidence evidence) {
  switch (evidence) {
    case Evidence::kNone:
      return "declared";
    case Evidence::kSharedFile:
      return "shared-file";
    case Evidence::kNamedPath:
      return "named-path";
    case Evidence::kTaskMention:
      return "task-mention";
    case Evidence::kCheckpoint:
      return "checkpoint";
    case Evidence::kWave:
      return "wave";
    case Evidence::kClosing:
      return "closing";
    case Evidence::kSequential:
      return "sequential";
  }
  return "";
}

std::string_view IndependenceName(Independence independence) {
  switch (independence) {
    case Independence::kParallel:
      return "parallel";
    case Independence::kWave:
      return "wave";
    case Independence::kStatement:
      return "statement";
  }
  return "";
}

std::span<const TaskEdge> TaskGraph::Into(TaskId task) const {
  return std::span(edges).subspan(into_begin[task.value],
                                  into_begin[task.value + 1] - into_begin[task.value]);
}

namespace {

constexpr size_t kMostCycles = 100;

// Looks a word of depends-on up among the tasks of the plan.
class TaskNames {
 public:
  TaskNames(const Plan& plan, std::vector<std::vector<TaskId>>& duplicates) : plan_(plan) {
    for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
      const Task& task = plan.tasks[TaskId{t}];
      by_number_.push_back(TaskId{t});
      if (!task.label.value.empty()) labels_[ToLower(task.label.value)].push_back(TaskId{t});
    }
    // Sorted by number; of one number, in document order.
    std::stable_sort(by_number_.begin(), by_number_.end(),
                     [&](TaskId a, TaskId b) { return plan.tasks[a].number < plan.tasks[b].number; });
    FindDuplicates(duplicates);
  }

  using Found = std::span<const TaskId>;

  // Every task that the word may mean: a label first, then a number, then "Task N", "task_N", "T-N".
  Found Find(std::string_view word) const {
    if (!labels_.empty()) {
      if (const auto label = labels_.find(ToLower(word)); label != labels_.end()) return label->second;
    }
    if (const auto number = ParseInt(word)) return ByNumber(*number);
    for (const std::string_view prefix : {"tasks", "task", "t", "#"}) {
      if (word.size() <= prefix.size() || !EqualsIgnoreCase(word.substr(0, prefix.size()), prefix)) continue;
      std::string_view rest = word.substr(prefix.size());
      while (!rest.empty() && (IsSpace(rest[0]) || rest[0] == '_' || rest[0] == '-' || rest[0] == '#'))
        rest.remove_prefix(1);
      if (const auto label = labels_.find(ToLower(rest)); label != labels_.end()) return label->second;
      if (const auto number = ParseInt(rest)) return ByNumber(*number);
      return {};
    }
    return {};
  }

  // "1-3": the numbers of both ends and all between, or nothing.
  std::vector<TaskId> FindRange(std::string_view word) const {
    constexpr int64_t kLongest = 1000;
    const size_t dash = word.find('-');
    if (dash == std::string_view::npos) return {};
    const auto first = ParseInt(word.substr(0, dash));
    const auto last = ParseInt(word.substr(dash + 1));
    if (!first || !last || *first >= *last || *last - *first > kLongest) return {};
    std::vector<TaskId> tasks;
    for (int64_t number = *first; number <= *last; ++number) {
      const Found found = ByNumber(number);
      if (found.size() != 1) return {};
      tasks.push_back(found[0]);
    }
    return tasks;
  }

 private:
  Found ByNumber(int64_t number) const {
    const auto first =
        std::lower_bound(by_number_.begin(), by_number_.end(), number,
                         [&](TaskId id, int64_t wanted) { return plan_.tasks[id].number < wanted; });
    auto last = first;
    while (last != by_number_.end() && plan_.tasks[*last].number == number) ++last;
    return {first, last};
  }

  // Two tasks of one number are a mistake only if somebody wrote both numbers.
  void FindDuplicates(std::vector<std::vector<TaskId>>& duplicates) const {
    for (size_t i = 0; i < by_number_.size();) {
      const Found same = ByNumber(plan_.tasks[by_number_[i]].number);
      i += same.size();
      if (same.size() < 2) continue;
      std::vector<TaskId> written;
      std::copy_if(same.begin(), same.end(), std::back_inserter(written),
                   [&](TaskId id) { return plan_.tasks[id].number_source != NumberSource::kOrdinal; });
      if (written.size() > 1) duplicates.push_back(std::move(written));
    }
    for (const auto& [label, tasks] : labels_) {
      if (tasks.size() > 1) duplicates.push_back(tasks);
    }
    std::sort(duplicates.begin(), duplicates.end());
    duplicates.erase(std::unique(duplicates.begin(), duplicates.end()), duplicates.end());
  }

  const Plan& plan_;
  std::vector<TaskId> by_number_;
  std::unordered_map<std::string, std::vector<TaskId>> labels_;
};

class Builder {
 public:
  Builder(const SourceFile& file, const Plan& plan, const PlanId& own)
      : file_(file), plan_(plan), own_(own), names_(plan, graph_.duplicate_numbers) {}

  TaskGraph Run() {
    const size_t count = plan_.tasks.size();
    std::vector<bool> infer(count);
    size_t references = 0;
    for (const Task& task : plan_.tasks) references += task.depends_on ? task.depends_on->size() : 1;
    graph_.edges.reserve(references);
    for (uint32_t t = 0; t < count; ++t) {
      const Task& task = plan_.tasks[TaskId{t}];
      infer[t] = !task.depends_on.has_value();
      if (task.depends_on) {
        for (const DependencyRef& ref : *task.depends_on) Declare(TaskId{t}, ref);
      }
    }
    RecallInferred();
    if (std::find(infer.begin(), infer.end(), true) != infer.end()) {
      auto inferred = InferDependencies(file_, plan_, own_, infer, graph_.edges, std::vector<bool>(count));
      graph_.edges.insert(graph_.edges.end(), inferred.edges.begin(), inferred.edges.end());
      graph_.dropped.insert(graph_.dropped.end(), inferred.dropped.begin(), inferred.dropped.end());
    }
    std::stable_sort(graph_.dropped.begin(), graph_.dropped.end(),
                     [](const DroppedWait& a, const DroppedWait& b) { return a.task < b.task; });
    SortEdges();
    return std::move(graph_);
  }

 private:
  void Declare(TaskId to, const DependencyRef& ref) {
    const TaskNames::Found found = names_.Find(ref.value);
    if (found.empty()) {
      const auto range = names_.FindRange(ref.value);
      if (!range.empty() && range.size() <= range_budget_) {
        range_budget_ -= range.size();
        for (const TaskId from : range) AddDeclared(from, to, ref);
        return;
      }
    }
    if (found.size() == 1) return AddDeclared(found[0], to, ref);
    graph_.unresolved.push_back({to, ref, found.size() > 1});
  }

  void AddDeclared(TaskId from, TaskId to, const DependencyRef& ref) {
    const TaskEdge edge{from, to, EdgeSource::kDeclared, Evidence::kNone, ref.span, ref.value};
    if (from == to) {
      graph_.self_dependencies.push_back(edge);
      return;
    }
    if (from > to) graph_.forward_dependencies.push_back(edge);
    graph_.edges.push_back(edge);
  }

  // gsdc annotated this plan before and marked whose depends-on it had inferred. If inference still says the
  // same, the edges are still inferred ones; if somebody has changed the attribute, they are declared.
  void RecallInferred() {
    if (plan_.inferred_before.empty()) return;
    const auto count = static_cast<uint32_t>(plan_.tasks.size());
    std::vector<bool> recalled(count), infer(count);
    for (uint32_t t = 0; t < count; ++t) {
      const Task& task = plan_.tasks[TaskId{t}];
      recalled[t] =
          task.depends_on.has_value() &&
          std::binary_search(plan_.inferred_before.begin(), plan_.inferred_before.end(), task.number);
      // Tasks that could not be annotated are inferred again, beside the others as the first time.
      infer[t] = recalled[t] || !task.depends_on.has_value();
    }
    std::vector<TaskEdge> others;
    for (const TaskEdge& edge : graph_.edges) {
      if (!infer[edge.to.value]) others.push_back(edge);
    }
    std::vector<std::vector<uint32_t>> was(count), now(count);
    std::vector<bool> followed(count);
    for (const TaskEdge& edge : graph_.edges) {
      was[edge.to.value].push_back(edge.from.value);
      if (edge.from.value + 1 == edge.to.value && recalled[edge.to.value]) followed[edge.to.value] = true;
    }
    const auto [inferred, dropped] = InferDependencies(file_, plan_, own_, infer, others, followed);
    for (const TaskEdge& edge : inferred) now[edge.to.value].push_back(edge.from.value);
    for (uint32_t t = 0; t < count; ++t) {
      std::sort(was[t].begin(), was[t].end());
      std::sort(now[t].begin(), now[t].end());
      recalled[t] = recalled[t] && was[t] == now[t];
    }
    std::erase_if(graph_.edges, [&](const TaskEdge& edge) { return recalled[edge.to.value]; });
    for (const TaskEdge& edge : inferred) {
      if (recalled[edge.to.value]) graph_.edges.push_back(edge);
    }
    for (const DroppedWait& wait : dropped) {
      if (recalled[wait.task.value]) graph_.dropped.push_back(wait);
    }
  }

  void SortEdges() {
    const auto count = static_cast<uint32_t>(plan_.tasks.size());
    const auto key = [](const TaskEdge& e) { return std::pair(e.to.value, e.from.value); };
    const auto in_order = [&](const TaskEdge& a, const TaskEdge& b) { return key(a) < key(b); };
    const auto not_before = [&](const TaskEdge& a, const TaskEdge& b) { return !in_order(a, b); };
    // Most plans name their dependencies in order and once.
    if (std::adjacent_find(graph_.edges.begin(), graph_.edges.end(), not_before) != graph_.edges.end()) {
      std::stable_sort(graph_.edges.begin(), graph_.edges.end(), in_order);
      DropRepeated();
    }
    graph_.into_begin.assign(count + 1, 0);
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    pairs.reserve(graph_.edges.size());
    for (const TaskEdge& edge : graph_.edges) {
      ++graph_.into_begin[edge.to.value + 1];
      pairs.emplace_back(edge.from.value, edge.to.value);
    }
    for (uint32_t t = 0; t < count; ++t) graph_.into_begin[t + 1] += graph_.into_begin[t];
    graph_.digraph = Digraph(count, pairs);
    FindCycles();
  }

  // Of sorted edges, keeps the first of each pair.
  void DropRepeated() {
    std::vector<TaskEdge> unique;
    unique.reserve(graph_.edges.size());
    for (const TaskEdge& edge : graph_.edges) {
      if (unique.empty() || unique.back().to != edge.to || unique.back().from != edge.from) {
        unique.push_back(edge);
      } else if (edge.source == EdgeSource::kDeclared) {
        graph_.repeated.push_back(edge);
      }
    }
    graph_.edges = std::move(unique);
  }

  // As paths of dependencies, from the smallest *number*, which need not be the first in the file.
  void FindCycles() {
    for (const auto& nodes : ElementaryCycles(graph_.digraph, kMostCycles)) {
      std::vector<TaskId> cycle;
      for (const uint32_t node : nodes) cycle.push_back(TaskId{node});
      const auto smallest = std::min_element(cycle.begin(), cycle.end(), [&](TaskId a, TaskId b) {
        return std::pair(plan_.tasks[a].number, a) < std::pair(plan_.tasks[b].number, b);
      });
      std::rotate(cycle.begin(), smallest, cycle.end());
      graph_.cycles.push_back(std::move(cycle));
    }
  }

  const SourceFile& file_;
  const Plan& plan_;
  const PlanId& own_;
  TaskGraph graph_;
  TaskNames names_;
  size_t range_budget_ = 1'000'000;  // edges that ranges may stand for, in all
};

}  // namespace

TaskGraph BuildTaskGraph(const SourceFile& file, const Plan& plan, const PlanId& own) {
  return Builder(file, plan, own).Run();
}

namespace {

std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (!IsSpace(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

}  // namespace

std::string DescribeReason(const TaskEdge& edge, const Plan& plan) {
  const int from = plan.tasks[edge.from].number;
  switch (edge.evidence) {
    case Evidence::kNone:
      return fmt::format("depends-on names task {}", from);
    case Evidence::kSharedFile:
      return fmt::format("both write `{}`", edge.detail);
    case Evidence::kNamedPath:
      return fmt::format("names `{}`, which task {} writes", edge.detail, from);
    case Evidence::kTaskMention:
      return fmt::format("its text says \"{}\"", edge.detail);
    case Evidence::kCheckpoint:
      return plan.tasks[edge.to].type == TaskType::kCheckpoint ? "a checkpoint waits for the work before it"
                                                               : "nothing runs past a checkpoint";
    case Evidence::kWave:
      return fmt::format("task {} is in an earlier wave", from);
    case Evidence::kClosing:
      return "a closing check follows all the work";
    case Evidence::kSequential:
      return fmt::format("no evidence that it is independent of task {}", from);
  }
  return {};
}

std::string DescribeReason(const DroppedWait& dropped) {
  switch (dropped.independence) {
    case Independence::kParallel:
      return fmt::format("each says `parallel=\"{}\"`, and it names nothing of theirs", dropped.detail);
    case Independence::kWave:
      return fmt::format("they are in the same wave, {}, and it names nothing of theirs", dropped.detail);
    case Independence::kStatement:
      return fmt::format("the plan says \"{}\"", OnOneLine(dropped.detail));
  }
  return {};
}

}  // namespace gsd
