#include <algorithm>
#include <map>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"
#include "passes/wide_paths.h"

namespace gsd::rules {
namespace {

// Where `task` says that it writes `path`; its head when the spelling is not found.
Span EntryOf(const Task& task, std::string_view path) {
  for (const PathEntry& entry : task.files) {
    if (NormalizePath(entry.path) == path) return entry.span;
  }
  return TaskHead(task);
}

// One task, and the earlier ones that may run beside it and write the same files.
struct Clash {
  std::map<uint32_t, std::vector<uint32_t>> files;  // by the earlier task (of the union): the paths
};

void ReportClash(const PlanSet& plans, uint32_t later, const Clash& clash, Reporter& report) {
  const PlanUnit& unit = plans.units[plans.tasks[later].plan.value];
  const Task& task = plans.TaskAt(later);
  std::vector<TaskId> earlier;
  std::set<uint32_t> paths;
  std::map<uint32_t, uint32_t> last_writer;  // by path: enough to wait for; its own findings chain the others
  for (const auto& [other, shared] : clash.files) {
    earlier.push_back(plans.tasks[other].task);
    for (const uint32_t path : shared) {
      paths.insert(path);
      last_writer[path] = other;
    }
  }
  std::vector<std::string> names;
  for (const uint32_t path : paths) names.push_back(Quoted(plans.paths[path]));

  auto finding =
      report.At(EntryOf(task, plans.paths[*paths.begin()]), "{} may run at the same time as {}, and {} {}",
                TaskNoun(task), TaskNouns(unit.plan, earlier),
                earlier.size() == 1 ? "both write" : "all of them write to", ListOf(names));
  std::set<uint32_t> wanted;
  for (const auto& [path, other] : last_writer) {
    finding.Label(EntryOf(plans.TaskAt(other), plans.paths[path]), "{} writes it too",
                  TaskNoun(plans.TaskAt(other)));
    wanted.insert(other);
  }
  std::vector<TaskId> awaited;
  for (const uint32_t other : wanted) awaited.push_back(plans.tasks[other].task);
  const std::string advice =
      fmt::format("let {} depend on {}", TaskNoun(task), TaskNouns(unit.plan, awaited));
  if (auto edit = AddDependencies(unit, task, awaited)) {
    finding.UnsafeFix(advice, {*edit});
  } else {
    finding.Help("{}", advice);
  }
}

bool IsWide(const PathEntry& entry) {
  return entry.kind == PathKind::kDirectory || entry.kind == PathKind::kGlob;
}

// Folders and globs of a task against the files of the others of its plan. Somebody who says only the folder
// may well mean other files of it: a warning, and one for each pair of tasks.
class WideCheck {
 public:
  WideCheck(const PlanSet& plans, Reporter& report)
      : plans_(plans), report_(report), reach_(plans.union_graph) {
    for (const WriteConflict& conflict : plans.conflicts) known_.emplace(conflict.first, conflict.second);
  }

  void CheckUnit(PlanIndex plan) {
    const PlanUnit& unit = plans_.units[plan.value];
    std::vector<std::pair<TaskId, const PathEntry*>> wide;
    for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
      for (const PathEntry& entry : unit.plan.tasks[TaskId{t}].files) {
        if (IsWide(entry)) wide.emplace_back(TaskId{t}, &entry);
      }
    }
    std::multimap<std::string_view, TaskId> files;
    for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
      for (const uint32_t path : unit.tasks[TaskId{t}].writes) files.emplace(plans_.paths[path], TaskId{t});
    }
    int looks = 0;
    for (const auto& [task, entry] : wide) {
      const auto path = ReadWidePath(*entry);
      if (!path) continue;
      for (auto file = files.lower_bound(path->literal);
           file != files.end() && file->first.starts_with(path->literal); ++file) {
        constexpr int kMostLooks = 20'000;  // in a plan
        if (++looks > kMostLooks) return;
        if (file->second != task && Covers(*path, file->first)) Compare(plan, task, *entry, *file);
      }
    }
  }

 private:
  void Compare(PlanIndex plan, TaskId task, const PathEntry& entry,
               const std::pair<const std::string_view, TaskId>& file) {
    const uint32_t one = plans_.UnionTask(plan, task), two = plans_.UnionTask(plan, file.second);
    const auto pair = std::minmax(one, two);
    if (known_.count(pair) > 0 || reach_.Comparable(one, two) != Reachability::Answer::kNo) return;
    known_.insert(pair);
    const PlanUnit& unit = plans_.units[plan.value];
    const Task& other = unit.plan.tasks[file.second];
    const TaskId later = std::max(task, file.second), earlier = std::min(task, file.second);
    auto finding = report_.At(
        entry.span, "{} may run at the same time as {}, and writes {}; that includes {}, which {} writes",
        TaskNoun(unit.plan.tasks[task]), TaskNoun(other), Quoted(entry.path), Quoted(file.first),
        TaskNoun(other));
    finding.As(Severity::kWarning).Label(EntryOf(other, file.first), "{} writes it here", TaskNoun(other));
    const std::string advice =
        fmt::format("let {} depend on {}", TaskNoun(unit.plan.tasks[later]), TaskNouns(unit.plan, {earlier}));
    finding.Help("name the files, or {}", advice);
  }

  const PlanSet& plans_;
  Reporter& report_;
  Reachability reach_;
  std::set<std::pair<uint32_t, uint32_t>> known_;  // tasks of the union, the earlier one first
};

bool WritesWidely(const PlanUnit& unit) {
  return unit.open() && std::ranges::any_of(unit.plan.tasks, [](const Task& task) {
           return std::ranges::any_of(task.files, IsWide);
         });
}

void CheckWideWrites(const PlanSet& plans, Reporter& report) {
  std::optional<WideCheck> check;  // most plans name files only
  for (uint32_t p = 0; p < plans.units.size(); ++p) {
    if (!WritesWidely(plans.units[p])) continue;
    if (!check) check.emplace(plans, report);
    check->CheckUnit({p});
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  CheckWideWrites(plans, report);
  // One finding per later task: ten tasks that write one file are nine findings, not forty-five.
  std::map<uint32_t, Clash> clashes;
  for (const WriteConflict& conflict : plans.conflicts) {
    const PlanIndex plan = plans.tasks[conflict.first].plan;
    if (plan != plans.tasks[conflict.second].plan || !plans.units[plan.value].open()) continue;
    clashes[conflict.second].files[conflict.first].push_back(conflict.path);
  }
  for (const auto& [later, clash] : clashes) ReportClash(plans, later, clash, report);
}

}  // namespace

extern constinit const Rule write_conflict = {
    {.name = "write-conflict",
     .category = "task-graph",
     .severity = Severity::kError,
     .fixable = Fixable::kUnsafe,
     .summary = "Two tasks that may run at the same time write the same file.",
     .rationale =
         "Nothing says which of them comes first, so with two agents at work one overwrites what the other "
         "wrote, or their changes cannot be merged. It does not matter whether they stand in the same "
         "batch: tasks that do not wait for each other, directly or through others, may overlap. Let one "
         "depend on the other, or give each a file of its own. A folder or glob that covers a file of the "
         "other "
         "task is a warning. Lock files (`package-lock.json`, `Cargo.lock`) count as all others do: they are "
         "rewritten as a whole, and two of them cannot be merged; let one task install all packages."},
    Check};

}  // namespace gsd::rules
