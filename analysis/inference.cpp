// One pass over the tasks in document order. What earlier tasks write, and how they are called, is kept in
// tables; the text of each later task is read once, word by word. An edge always points backwards, so there
// are no cycles here.
#include "analysis/inference.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "analysis/independence.h"
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

constexpr int kNoWave = -1;

int WaveOf(const Task& task) {
  const Attribute* attribute = FindAttribute(task, "wave");
  return attribute == nullptr ? kNoWave : WaveNumber(attribute->value).value_or(kNoWave);
}

std::string_view WithoutExtension(std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  return dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)
             ? path
             : path.substr(0, dot);
}

// Is one of the two what the other ends with, from a slash on?
bool EndAlike(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return a.ends_with(b) && (a.size() == b.size() || a[a.size() - b.size() - 1] == '/');
}

// "../lib/store" → "lib/store", "$lib/stores/graph" → "stores/graph", "~/x/a.md" → "x/a.md"
std::string_view WithoutRoot(std::string_view word) {
  while (word.starts_with("../") || word.starts_with("./")) word.remove_prefix(word.find('/') + 1);
  if (word.starts_with('@') || word.starts_with('$') || word.starts_with('~') || word.starts_with('/'))
    word.remove_prefix(std::min(word.size(), word.find('/')) + (word.find('/') < word.size() ? 1 : 0));
  return word;
}

// Which of the tasks seen so far wrote a file last.
class Writers {
 public:
  // The file whole; the end of its path, the whole name at least (`api-utils.ts`), or that of an import
  // (`./api-utils`), if just one file that is written ends so; its folder (`src/api/`), if one task alone
  // writes there.
  uint32_t Find(std::string_view word) const {
    constexpr size_t kLongestPath = 1024;
    if (word.size() < 3 || word.size() > kLongestPath || by_path_.empty()) return kNone;
    if (const auto writer = by_path_.find(word); writer != by_path_.end()) return writer->second;
    if (word.back() == '/') {
      const auto folder = by_folder_.find(word.substr(0, word.size() - 1));
      return folder == by_folder_.end() ? kNone : folder->second;
    }
    const std::string_view name = FileNameOf(word);
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
      return EndAlike(found->second.path, WithoutRoot(word)) ? found->second.writer : kNone;
    }
    if (name.size() == word.size() || name.find('.') != std::string_view::npos) return kNone;
    const auto found = by_stem_.find(name);
    if (found == by_stem_.end()) return kNone;
    return EndAlike(WithoutExtension(found->second.path), WithoutRoot(word)) ? found->second.writer : kNone;
  }

  uint32_t FindPath(std::string_view path) const {
    const auto writer = by_path_.find(path);
    return writer == by_path_.end() ? kNone : writer->second;
  }

  void Register(uint32_t t, const Task& task) {
    constexpr size_t kShortestName = 6;  // `a.ts` may be any file
    for (const PathEntry& entry : task.files) {
      if (!IsConcretePath(entry)) continue;
      const std::string_view path = NormalizedView(entry.path);
      by_path_[path] = t;
      const std::string_view name = FileNameOf(path);
      if (name.size() == path.size()) continue;
      const auto [folder, is_new] = by_folder_.try_emplace(path.substr(0, path.size() - name.size() - 1), t);
      if (!is_new && folder->second != t) folder->second = kNone;
      if (name.find('.') == std::string_view::npos) continue;
      if (name.size() >= kShortestName) Add(by_name_, name, path, t);
      const std::string_view stem = WithoutExtension(name);
      if (stem.size() >= kShortestName) Add(by_stem_, stem, path, t);
    }
  }

 private:
  struct Written {
    std::string_view path;
    uint32_t writer;  // kNone: several paths
  };
  using Named = std::unordered_map<std::string_view, Written>;

  static void Add(Named& named, std::string_view name, std::string_view path, uint32_t t) {
    const auto [known, is_new] = named.try_emplace(name, Written{path, t});
    if (!is_new) known->second.writer = known->second.path == path ? t : kNone;
  }

  std::unordered_map<std::string_view, uint32_t> by_path_, by_folder_;
  Named by_name_, by_stem_;
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

// May the text speak of "Task 2" or "tasks 1-3"? A quick look: most do not.
bool NamesTasks(std::string_view text) {
  for (size_t at = text.find('k'); at != std::string_view::npos; at = text.find('k', at + 1)) {
    if (at < 3 || !EqualsIgnoreCase(text.substr(at - 3, 3), "tas")) continue;
    size_t behind = at + 1;
    while (behind < text.size() && (text[behind] == 's' || text[behind] == '#' || IsBlank(text[behind])))
      ++behind;
    if (behind < text.size() && IsDigit(text[behind])) return true;
  }
  return false;
}

class Inference {
 public:
  Inference(const SourceFile& file, const Plan& plan, const PlanId& own, const std::vector<bool>& infer,
            const std::vector<TaskEdge>& declared, const std::vector<bool>& followed)
      : file_(file),
        plan_(plan),
        infer_(infer),
        followed_(followed),
        into_(plan.tasks.size()),
        covers_all_(plan.tasks.size()),
        run_begin_(plan.tasks.size()),
        wave_(plan.tasks.size()),
        own_(own),
        by_number_(TasksByNumber(plan)) {
    for (const TaskEdge& edge : declared) into_[edge.to.value].push_back(edge.from.value);
  }

  InferredDependencies Run() {
    const auto count = static_cast<uint32_t>(plan_.tasks.size());
    evidence_of_.assign(count, kNone);
    needed_.assign(count, kNone);
    ReadAround();
    for (uint32_t t = 0; t < count; ++t) {
      const Task& task = plan_.tasks[TaskId{t}];
      evidence_.clear();
      wave_[t] = WaveOf(task);
      if (infer_[t]) {
        CollectEvidence(t, task);
        FindRun(t, task);
        Order(t, task);
      } else {
        const auto& from = into_[t];
        covers_all_[t] =
            t == 0 || (covers_all_[t - 1] && std::find(from.begin(), from.end(), t - 1) != from.end());
      }
      writers_.Register(t, task);
      if (task.type == TaskType::kCheckpoint) last_checkpoint_ = t;
    }
    return std::move(result_);
  }

 private:
  void Add(uint32_t to, uint32_t from, Evidence evidence, Span span, std::string_view detail) {
    if (evidence_of_[from] == to) return;  // the first evidence is the strongest
    evidence_of_[from] = to;
    evidence_.push_back({TaskId{from}, TaskId{to}, EdgeSource::kInferred, evidence, span, detail});
  }

  // What shows that the task needs an earlier one, from the latest of these to the first.
  void CollectEvidence(uint32_t t, const Task& task) {
    for (const PathEntry& entry : task.files) {
      if (!IsConcretePath(entry)) continue;
      const uint32_t writer = writers_.FindPath(NormalizedView(entry.path));
      if (writer != kNone) Add(t, writer, Evidence::kSharedFile, entry.span, entry.path);
    }
    FindMentions(file_, task, mentions_);
    const uint32_t text_end = std::max(task.open.end, task.body.end);
    ReadStatements(file_.text().substr(task.open.end, text_end - task.open.end), t);
    for (const Mention& mention : mentions_) {
      if (mention.apart) continue;
      const auto edge = EdgeOf(file_, t, mention, Meant(mention, writers_, by_number_));
      if (edge) Add(t, edge->from.value, edge->evidence, edge->span, edge->detail);
    }
    if (last_checkpoint_ != kNone) {
      Add(t, last_checkpoint_, Evidence::kCheckpoint, plan_.tasks[TaskId{last_checkpoint_}].open, {});
    }
    std::sort(evidence_.begin(), evidence_.end(),
              [](const TaskEdge& a, const TaskEdge& b) { return a.from.value > b.from.value; });
  }

  // What the plan says outside of its tasks; not what gsdc has written there.
  void ReadAround() {
    if (plan_.tasks.empty()) return;
    const Span graph = plan_.generated_graph;
    const auto text_end = static_cast<uint32_t>(file_.text().size());
    const uint32_t begin = plan_.tasks[TaskId{0}].span.begin;
    const uint32_t end = plan_.tasks[TaskId{static_cast<uint32_t>(plan_.tasks.size() - 1)}].span.end;
    const bool before = graph.size() != 0 && graph.end <= begin;
    const bool behind = graph.size() != 0 && graph.begin >= end;
    for (const auto& [from, to] :
         {std::pair(0U, before ? graph.begin : begin), std::pair(before ? graph.end : begin, begin),
          std::pair(end, behind ? graph.begin : text_end),
          std::pair(behind ? graph.end : text_end, text_end)}) {
      if (from >= to || !NamesTasks(file_.text().substr(from, to - from))) continue;
      mentions_.clear();
      AddMentions(file_.text().substr(from, to - from), mentions_);
      ReadStatements(file_.text().substr(from, to - from), kNone);
    }
  }

  // Keeps what the text, to which the mentions belong, says of independence. Bounded: what is beyond it was
  // not said.
  void ReadStatements(std::string_view text, uint32_t speaker) {
    if (pairs_left_ == 0) return;
    const auto task_of = [&](int number) {
      const auto found = by_number_.find(number);
      return found == by_number_.end() ? kNone : found->second;
    };
    for (const IndependenceStatement& statement : ReadIndependence(text, own_, mentions_)) {
      for (const int other : statement.others) {
        if (statement.of_speaker) KeepApart(speaker, task_of(other), statement.words);
        for (const int task : statement.tasks) KeepApart(task_of(task), task_of(other), statement.words);
        if (pairs_left_ == 0) return;
      }
    }
  }

  void KeepApart(uint32_t a, uint32_t b, std::string_view words) {
    if (pairs_left_ == 0 || a == kNone || b == kNone || a == b) return;
    --pairs_left_;
    apart_.try_emplace(PairOf(a, b), words);
    stated_.insert(a);
    stated_.insert(b);
  }

  static uint64_t PairOf(uint32_t a, uint32_t b) {
    return static_cast<uint64_t>(std::max(a, b)) << 32U | std::min(a, b);
  }

  // A run: tasks in a row that all say that they can run beside others. Those with a wave or in a statement
  // are left to these, which say beside whom.
  void FindRun(uint32_t t, const Task& task) {
    const auto in_run = [&](uint32_t at, const Task& candidate) {
      return infer_[at] && SaysParallel(candidate) && wave_[at] == kNoWave && stated_.count(at) == 0;
    };
    run_begin_[t] = t;
    if (t == 0) return;
    const bool evident = !evidence_.empty() && evidence_[0].from.value == t - 1;
    if (followed_[t] && !evident) return;
    if (in_run(t, task) && in_run(t - 1, plan_.tasks[TaskId{t - 1}])) run_begin_[t] = run_begin_[t - 1];
  }

  static bool SaysParallel(const Task& task) {
    return task.type != TaskType::kCheckpoint && DeclaredParallel(task) == "can-parallelize";
  }

  // Puts the task behind all that it must wait for.
  void Order(uint32_t t, const Task& task) {
    Evidence otherwise = Evidence::kSequential;
    if (task.type == TaskType::kCheckpoint) {
      otherwise = Evidence::kCheckpoint;
    } else if (t + 1 == plan_.tasks.size() && t > 1 && IsClosingName(task.name.value)) {
      otherwise = Evidence::kClosing;
    }
    if (otherwise != Evidence::kSequential || !Walk(t, task, otherwise, true))
      Walk(t, task, otherwise, false);
  }

  // From the task before it back to one behind which nothing is left. A task on the way is needed already by
  // one that is kept, or it is kept, or it is independent. False when the tasks beside this one are too many
  // to look at or to wait for; then it waits for them all, and those behind it have no more than it to look
  // at.
  bool Walk(uint32_t t, const Task& task, Evidence otherwise, bool allow_independence) {
    constexpr size_t kMostSteps = 256, kMostEdges = 256;
    kept_.clear();
    beside_.clear();
    ++stamp_;
    auto next = evidence_.begin();
    size_t steps = 0;
    for (uint32_t s = t; s-- > 0;) {
      if (allow_independence && (++steps > kMostSteps || kept_.size() > kMostEdges)) return false;
      while (next != evidence_.end() && next->from.value > s) ++next;
      const bool evident = next != evidence_.end() && next->from.value == s;
      if (needed_[s] != stamp_) {
        if (evident) {
          kept_.push_back(*next);
        } else if (allow_independence && StandsApart(t, task, s)) {
          // All of a run, when nothing in it is needed.
          if (run_begin_[t] < s && kept_.empty() &&
              (next == evidence_.end() || next->from.value < run_begin_[t])) {
            beside_.back().first = TaskId{run_begin_[t]};
            s = run_begin_[t];
          }
          continue;
        } else {
          kept_.push_back(EdgeWithoutEvidence(t, task, s, otherwise));
        }
      }
      if (covers_all_[s]) break;
      for (const uint32_t from : into_[s]) {
        if (from < s) needed_[from] = stamp_;
      }
    }
    covers_all_[t] = beside_.empty();
    for (const TaskEdge& edge : kept_) into_[t].push_back(edge.from.value);
    result_.edges.insert(result_.edges.end(), kept_.begin(), kept_.end());
    result_.dropped.insert(result_.dropped.end(), beside_.begin(), beside_.end());
    return true;
  }

  TaskEdge EdgeWithoutEvidence(uint32_t t, const Task& task, uint32_t s, Evidence otherwise) const {
    TaskEdge edge{TaskId{s}, TaskId{t}, EdgeSource::kInferred, otherwise, task.open, {}};
    if (otherwise == Evidence::kSequential && wave_[s] != kNoWave && wave_[s] < wave_[t]) {
      const Attribute* wave = FindAttribute(task, "wave");
      edge.evidence = Evidence::kWave;
      edge.span = wave->value_span;
      edge.detail = wave->value;
    }
    return edge;
  }

  // Is there evidence that the two are independent? Remembers it.
  bool StandsApart(uint32_t t, const Task& task, uint32_t s) {
    const Task& other = plan_.tasks[TaskId{s}];
    if (other.type == TaskType::kCheckpoint) return false;
    DroppedWait wait{TaskId{t}, TaskId{s}, TaskId{s}, Independence::kParallel, {}, {}};
    if (s >= run_begin_[t]) {
      const Attribute* parallel = FindAttribute(task, "parallel");
      wait.span = parallel->value_span;
      wait.detail = parallel->value;
    } else if (wave_[t] != kNoWave && wave_[t] == wave_[s]) {
      const Attribute* wave = FindAttribute(task, "wave");
      wait.independence = Independence::kWave;
      wait.span = wave->value_span;
      wait.detail = wave->value;
    } else if (const auto said = apart_.find(PairOf(t, s)); said != apart_.end()) {
      wait.independence = Independence::kStatement;
      wait.span = file_.SpanOf(said->second);
      wait.detail = said->second;
    } else {
      return false;
    }
    if (!beside_.empty() && beside_.back().independence == wait.independence &&
        beside_.back().span == wait.span && beside_.back().first.value == s + 1) {
      beside_.back().first = TaskId{s};
    } else {
      beside_.push_back(wait);
    }
    return true;
  }

  const SourceFile& file_;
  const Plan& plan_;
  const std::vector<bool>& infer_;
  const std::vector<bool>& followed_;
  std::vector<std::vector<uint32_t>> into_;  // by task: what it waits for, so far
  std::vector<bool> covers_all_;             // by task: waits for all before it, directly or through others
  std::vector<uint32_t> run_begin_;          // by task: where its run begins; itself: in none
  std::vector<int> wave_;                    // by task
  const PlanId& own_;
  Writers writers_;
  const std::unordered_map<int, uint32_t> by_number_;
  std::vector<Mention> mentions_;
  std::unordered_map<uint64_t, std::string_view> apart_;  // by pair of tasks: the words that say so
  std::unordered_set<uint32_t> stated_;                   // the tasks of these pairs
  uint32_t pairs_left_ = 100'000;                         // that statements may still name
  uint32_t last_checkpoint_ = kNone;
  InferredDependencies result_;
  // Of the task that is looked at.
  std::vector<TaskEdge> evidence_, kept_;
  std::vector<DroppedWait> beside_;
  std::vector<uint32_t> evidence_of_;  // by task: the last one that has evidence to need it
  std::vector<uint32_t> needed_;       // by task: the stamp of the last walk that found it needed
  uint32_t stamp_ = 0;
};

}  // namespace

std::optional<int> WaveNumber(std::string_view value) {
  const auto number = ParseInt(Trim(value));
  if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

std::string_view ParallelWord(std::string_view value) {
  value = Trim(value);
  if (value == "can-parallelize" || value == "true") return "can-parallelize";
  return value == "sequential" || value == "false" ? "sequential" : "";
}

std::string_view DeclaredParallel(const Task& task) {
  return ParallelWord(ValueOf(FindAttribute(task, "parallel")).value);
}

InferredDependencies InferDependencies(const SourceFile& file, const Plan& plan, const PlanId& own,
                                       const std::vector<bool>& infer, const std::vector<TaskEdge>& declared,
                                       const std::vector<bool>& followed) {
  return Inference(file, plan, own, infer, declared, followed).Run();
}

std::vector<TaskEdge> NamedTasks(const SourceFile& file, const Plan& plan) {
  const auto by_number = TasksByNumber(plan);
  std::vector<Mention> mentions;
  std::vector<TaskEdge> named;
  Writers writers;
  uint32_t registered = 0;  // tasks; no further than somebody asks
  for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
    FindMentions(file, plan.tasks[TaskId{t}], mentions);
    if (mentions.empty()) continue;
    for (; registered < t; ++registered) writers.Register(registered, plan.tasks[TaskId{registered}]);
    for (const Mention& mention : mentions) {
      if (const auto edge = EdgeOf(file, t, mention, Meant(mention, writers, by_number)))
        named.push_back(*edge);
    }
  }
  return named;
}

}  // namespace gsd
