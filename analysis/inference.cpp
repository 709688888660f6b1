// One pass over the tasks in document order. What earlier tasks write, and how they are called, is kept in
// tables; the text of each later task is read once, word by word. An edge always points backwards, so there
// are no cycles here.
#include "analysis/inference.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "analysis/paths.h"
#include "analysis/task_text.h"

namespace gsd {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Words in a name that tell a task which checks all the work before it.
bool IsClosingName(std::string_view name) {
  const std::string lower = ToLower(name);
  for (const char* word :
       {"integration test", "final verification", "final check", "end-to-end", "e2e", "full suite",
        "full test", "regression", "verify all", "verify everything", "phase gate", "smoke test"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

std::optional<int> WaveOf(const Task& task) {
  const Attribute* attribute = FindAttribute(task, "wave");
  if (attribute == nullptr) return std::nullopt;
  const auto number = ParseInt(Trim(attribute->value));
  if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

// Which of the tasks seen so far wrote a file last.
class Writers {
 public:
  // The file whole, or only its name if just one file that is written is called so: `api-utils.ts`.
  uint32_t Find(std::string_view word) const {
    constexpr size_t kLongestPath = 1024;
    if (word.size() < 3 || word.size() > kLongestPath || by_path_.empty()) return kNone;
    if (const auto writer = by_path_.find(word); writer != by_path_.end()) return writer->second;
    const auto name = by_name_.find(word);
    return name == by_name_.end() ? kNone : name->second;
  }

  uint32_t FindPath(std::string_view path) const {
    const auto writer = by_path_.find(path);
    return writer == by_path_.end() ? kNone : writer->second;
  }

  void Register(uint32_t t, const Task& task) {
    for (const PathEntry& entry : task.files) {
      if (!IsConcretePath(entry)) continue;
      const std::string_view path = NormalizedView(entry.path);
      by_path_[path] = t;
      const std::string_view name = FileNameOf(path);
      if (name.size() < 6 || name.find('.') == std::string_view::npos || name == path) continue;
      const auto [known, is_new] = path_of_name_.try_emplace(name, path);
      by_name_[name] = is_new || known->second == path ? t : kNone;
    }
  }

 private:
  std::unordered_map<std::string_view, uint32_t> by_path_;
  std::unordered_map<std::string_view, uint32_t> by_name_;  // kNone: several paths
  std::unordered_map<std::string_view, std::string_view> path_of_name_;
};

// Tasks by number; kNone: several.
std::unordered_map<int, uint32_t> TasksByNumber(const Plan& plan) {
  std::unordered_map<int, uint32_t> tasks;
  for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
    const auto [found, is_new] = tasks.try_emplace(plan.tasks[TaskId{t}].number, t);
    if (!is_new) found->second = kNone;
  }
  return tasks;
}

// The task that is meant, or kNone.
uint32_t Meant(const Mention& mention, const Writers& writers,
               const std::unordered_map<int, uint32_t>& by_number) {
  if (mention.task < 0) return writers.Find(mention.text);
  const auto found = by_number.find(mention.task);
  return found == by_number.end() ? kNone : found->second;
}

// The edge from the task that is meant, if that is an earlier one.
std::optional<TaskEdge> EdgeOf(const SourceFile& file, uint32_t to, const Mention& mention, uint32_t from) {
  if (from >= to) return std::nullopt;
  const Evidence evidence = mention.task >= 0 ? Evidence::kTaskMention : Evidence::kNamedPath;
  return TaskEdge{TaskId{from}, TaskId{to}, EdgeSource::kInferred, evidence, file.SpanOf(mention.text),
                  mention.text};
}

class Inference {
 public:
  Inference(const SourceFile& file, const Plan& plan, const std::vector<bool>& infer,
            const std::vector<TaskEdge>& declared)
      : file_(file), plan_(plan), infer_(infer), into_(plan.tasks.size()), by_number_(TasksByNumber(plan)) {
    for (const TaskEdge& edge : declared) into_[edge.to.value].push_back(edge.from.value);
  }

  std::vector<TaskEdge> Run() {
    const auto count = static_cast<uint32_t>(plan_.tasks.size());
    has_dependent_.assign(count, false);
    added_.assign(count, kNone);
    for (uint32_t t = 0; t < count; ++t) {
      const Task& task = plan_.tasks[TaskId{t}];
      candidates_.clear();
      if (infer_[t] && t > 0) {
        Collect(t, task);
        Reduce();
        for (const TaskEdge& edge : candidates_) {
          into_[t].push_back(edge.from.value);
          edges_.push_back(edge);
        }
      }
      for (const uint32_t from : into_[t]) {
        if (from < t) has_dependent_[from] = true;
      }
      Register(t, task);
    }
    return std::move(edges_);
  }

 private:
  void Add(uint32_t to, uint32_t from, Evidence evidence, Span span, std::string_view detail) {
    if (added_[from] == to) return;  // the first evidence is the strongest
    added_[from] = to;
    candidates_.push_back({TaskId{from}, TaskId{to}, EdgeSource::kInferred, evidence, span, detail});
  }

  void Collect(uint32_t t, const Task& task) {
    for (const PathEntry& entry : task.files) {
      if (!IsConcretePath(entry)) continue;
      const uint32_t writer = writers_.FindPath(NormalizedView(entry.path));
      if (writer != kNone) Add(t, writer, Evidence::kSharedFile, entry.span, entry.path);
    }
    ReadText(t, task);
    const bool found_in_text = !candidates_.empty();
    if (last_checkpoint_ != kNone) {
      Add(t, last_checkpoint_, Evidence::kCheckpoint, plan_.tasks[TaskId{last_checkpoint_}].open, {});
    }
    if (task.type == TaskType::kCheckpoint) return AddLeaves(t, Evidence::kCheckpoint);
    if (AddWave(t, task)) return;
    if (t + 1 == plan_.tasks.size() && t > 1 && IsClosingName(task.name.value))
      return AddLeaves(t, Evidence::kClosing);
    if (!found_in_text || task.files.empty()) AddPredecessor(t, task);
  }

  // Every earlier task that nothing follows yet.
  void AddLeaves(uint32_t t, Evidence evidence) {
    constexpr uint32_t kMostLeaves = 1024;  // beyond it, the predecessor stands for them all
    uint32_t leaves = 0;
    for (uint32_t from = last_checkpoint_ == kNone ? 0 : last_checkpoint_; from < t; ++from) {
      if (has_dependent_[from]) continue;
      if (++leaves > kMostLeaves) break;
      Add(t, from, evidence, plan_.tasks[TaskId{t}].open, {});
    }
  }

  // wave= on tasks: a task follows the tasks of the nearest lower wave. True when that settles it.
  bool AddWave(uint32_t t, const Task& task) {
    constexpr size_t kLargestWave = 256;
    const auto wave = WaveOf(task);
    if (!wave) return false;
    const Attribute* attribute = FindAttribute(task, "wave");
    const auto here = waves_.lower_bound(*wave);
    const std::vector<uint32_t>* before = here == waves_.begin() ? nullptr : &std::prev(here)->second;
    if (before != nullptr && before->size() > kLargestWave) return false;
    if (before == nullptr) return waves_.count(*wave) > 0;  // beside the others of its wave
    for (const uint32_t from : *before)
      Add(t, from, Evidence::kWave, attribute->value_span, attribute->value);
    return true;
  }

  // No evidence either way: after the task before it. A task that says it can run beside others is believed,
  // as far as the tasks directly before it say the same.
  void AddPredecessor(uint32_t t, const Task& task) {
    uint32_t from = t - 1;
    if (SaysParallel(task)) {
      while (from != kNone && SaysParallel(plan_.tasks[TaskId{from}])) from = from == 0 ? kNone : from - 1;
    }
    if (from != kNone) Add(t, from, Evidence::kSequential, task.open, {});
  }

  static bool SaysParallel(const Task& task) {
    const Attribute* parallel = FindAttribute(task, "parallel");
    return parallel != nullptr && Trim(parallel->value) == "can-parallelize";
  }

  void ReadText(uint32_t t, const Task& task) {
    FindMentions(file_, task, mentions_);
    for (const Mention& mention : mentions_) {
      const auto edge = EdgeOf(file_, t, mention, Meant(mention, writers_, by_number_));
      if (edge) Add(t, edge->from.value, edge->evidence, edge->span, edge->detail);
    }
  }

  // Drops candidates that another candidate already follows. Bounded: what cannot be decided stays.
  void Reduce() {
    if (candidates_.size() < 2) return;
    std::sort(candidates_.begin(), candidates_.end(),
              [](const TaskEdge& a, const TaskEdge& b) { return a.from.value > b.from.value; });
    const uint32_t lowest = candidates_.back().from.value;
    ++stamp_;
    seen_.resize(plan_.tasks.size(), 0);
    std::vector<TaskEdge> kept;
    for (const TaskEdge& candidate : candidates_) {
      if (seen_[candidate.from.value] == stamp_) continue;  // an ancestor of one that is kept
      kept.push_back(candidate);
      MarkAncestors(candidate.from.value, lowest);
    }
    candidates_ = std::move(kept);
  }

  void MarkAncestors(uint32_t task, uint32_t lowest) {
    stack_.assign(1, task);
    while (!stack_.empty() && budget_ > 0) {
      const uint32_t at = stack_.back();
      stack_.pop_back();
      for (const uint32_t from : into_[at]) {
        if (from < lowest || from >= at || seen_[from] == stamp_) continue;
        --budget_;
        seen_[from] = stamp_;
        stack_.push_back(from);
      }
    }
  }

  void Register(uint32_t t, const Task& task) {
    writers_.Register(t, task);
    if (task.type == TaskType::kCheckpoint) last_checkpoint_ = t;
    if (const auto wave = WaveOf(task)) waves_[*wave].push_back(t);
  }

  const SourceFile& file_;
  const Plan& plan_;
  const std::vector<bool>& infer_;
  std::vector<std::vector<uint32_t>> into_;  // by task: what it depends on, so far
  std::vector<bool> has_dependent_;
  std::vector<TaskEdge> edges_, candidates_;
  std::vector<uint32_t> added_;  // by task: the last one that it became a candidate for
  Writers writers_;
  const std::unordered_map<int, uint32_t> by_number_;
  std::vector<Mention> mentions_;
  std::map<int, std::vector<uint32_t>> waves_;
  uint32_t last_checkpoint_ = kNone;
  std::vector<uint32_t> seen_, stack_;
  uint32_t stamp_ = 0;
  uint64_t budget_ = 20'000'000;
};

}  // namespace

std::vector<TaskEdge> InferDependencies(const SourceFile& file, const Plan& plan,
                                        const std::vector<bool>& infer,
                                        const std::vector<TaskEdge>& declared) {
  return Inference(file, plan, infer, declared).Run();
}

std::vector<TaskEdge> NamedTasks(const SourceFile& file, const Plan& plan) {
  const auto by_number = TasksByNumber(plan);
  std::vector<Mention> mentions;
  std::vector<TaskEdge> named;
  Writers writers;
  for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
    const Task& task = plan.tasks[TaskId{t}];
    FindMentions(file, task, mentions);
    for (const Mention& mention : mentions) {
      if (const auto edge = EdgeOf(file, t, mention, Meant(mention, writers, by_number)))
        named.push_back(*edge);
    }
    writers.Register(t, task);
  }
  return named;
}

}  // namespace gsd
