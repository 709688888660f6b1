// One pass over the tasks in document order. What earlier tasks write, and how they are called, is kept in
// tables; the text of each later task is read once, word by word. An edge always points backwards, so there
// are no cycles here.
#include "analysis/inference.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "analysis/path_words.h"
#include "analysis/paths.h"

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

class Inference {
 public:
  Inference(const SourceFile& file, const Plan& plan, const std::vector<bool>& infer,
            const std::vector<TaskEdge>& declared)
      : file_(file), plan_(plan), infer_(infer), into_(plan.tasks.size()) {
    for (const TaskEdge& edge : declared) into_[edge.to.value].push_back(edge.from.value);
    for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
      const auto [found, is_new] = by_number_.try_emplace(plan.tasks[TaskId{t}].number, t);
      if (!is_new) found->second = kNone;  // ambiguous
    }
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
      const auto writer = writers_.find(NormalizedView(entry.path));
      if (writer != writers_.end()) Add(t, writer->second, Evidence::kSharedFile, entry.span, entry.path);
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

  // Paths and mentions of tasks in all of the task's text but its <files>.
  void ReadText(uint32_t t, const Task& task) {
    const std::string_view text = file_.text();
    uint32_t at = task.open.end;
    for (const Element& element : task.elements) {
      if (element.tag != Tag::kFiles && element.tag != Tag::kName) continue;
      if (element.open.begin < at) continue;
      ReadWords(t, text.substr(at, element.open.begin - at));
      at = element.close.end;
    }
    if (at < task.body.end) ReadWords(t, text.substr(at, task.body.end - at));
  }

  void ReadWords(uint32_t t, std::string_view text) {
    size_t at = 0;
    while (at < text.size()) {
      while (at < text.size() && !IsPathChar(text[at])) ++at;
      const size_t begin = at;
      bool path = false;
      while (at < text.size() && IsPathChar(text[at])) {
        path = path || text[at] == '/' || text[at] == '.';
        ++at;
      }
      const std::string_view word = text.substr(begin, at - begin);
      if (path) {
        NamePath(t, word);
      } else if ((word.size() == 4 || word.size() == 5) && ToLower(word[0]) == 't' &&
                 (EqualsIgnoreCase(word, "task") || EqualsIgnoreCase(word, "tasks"))) {
        at = ReadMentions(t, text, begin, at);
      }
    }
  }

  void NamePath(uint32_t t, std::string_view word) {
    constexpr size_t kLongestPath = 1024;
    word = StripPunctuation(word);
    if (word.size() < 3 || word.size() > kLongestPath || writers_.empty()) return;
    auto writer = writers_.find(word);
    if (writer == writers_.end()) {
      // The name alone counts if only one file that is written is called so: `api-utils.ts`.
      const auto base = base_names_.find(word);
      if (base == base_names_.end() || base->second == kNone) return;
      return Add(t, base->second, Evidence::kNamedPath, file_.SpanOf(word), word);
    }
    Add(t, writer->second, Evidence::kNamedPath, file_.SpanOf(word), word);
  }

  // "Task 2", "tasks 1-3", "Tasks 1, 2 and 4". Returns where the numbers end.
  size_t ReadMentions(uint32_t t, std::string_view text, size_t begin, size_t at) {
    constexpr int kLongestRange = 100;
    std::optional<int> previous;
    bool range = false;
    size_t end = at;
    while (at < text.size()) {
      while (at < text.size() && (IsBlank(text[at]) || text[at] == '#')) ++at;
      size_t digits = at;
      while (digits < text.size() && IsDigit(text[digits])) ++digits;
      if (digits == at || digits - at > 6) break;
      if (digits < text.size() && (IsAlpha(text[digits]) || text[digits] == '_')) break;
      const bool dotted = digits + 1 < text.size() && text[digits] == '.' && IsDigit(text[digits + 1]);
      if (dotted) break;  // "Task 1.2" belongs to another plan
      const int number = static_cast<int>(*ParseInt(text.substr(at, digits - at)));
      const Span span = file_.SpanOf(text.substr(begin, digits - begin));
      if (range && previous && number > *previous && number - *previous < kLongestRange) {
        for (int between = *previous + 1; between < number; ++between) Mention(t, between, span);
      }
      Mention(t, number, span);
      previous = number;
      at = end = digits;
      range = false;
      while (at < text.size() && IsBlank(text[at])) ++at;
      const std::string_view rest = text.substr(at);
      size_t separator = 0;
      for (const std::string_view sign : {"-", "–", "to ", "through "}) {
        if (rest.starts_with(sign)) range = true, separator = sign.size();
      }
      for (const std::string_view sign : {",", "and ", "& ", "/", "+ ", "or "}) {
        if (separator == 0 && rest.starts_with(sign)) separator = sign.size();
      }
      if (separator == 0) break;
      at += separator;
      if (text.substr(at).starts_with(" and ")) at += 5;
    }
    return end;
  }

  void Mention(uint32_t t, int number, Span span) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end() || found->second == kNone || found->second >= t) return;
    Add(t, found->second, Evidence::kTaskMention, span, file_.Slice(span));
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
    for (const PathEntry& entry : task.files) {
      if (!IsConcretePath(entry)) continue;
      const std::string_view path = NormalizedView(entry.path);
      writers_[path] = t;
      const std::string_view base = FileNameOf(path);
      if (base.size() < 6 || base.find('.') == std::string_view::npos || base == path) continue;
      const auto [known, is_new] = base_paths_.try_emplace(base, path);
      if (is_new || known->second == path) {
        base_names_[base] = t;
      } else {
        base_names_[base] = kNone;
      }
    }
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
  std::unordered_map<std::string_view, uint32_t> writers_;     // path → its last writer so far
  std::unordered_map<std::string_view, uint32_t> base_names_;  // file name → its writer; kNone: several paths
  std::unordered_map<std::string_view, std::string_view> base_paths_;
  std::unordered_map<int, uint32_t> by_number_;
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

}  // namespace gsd
