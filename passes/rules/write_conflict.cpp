#include <map>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

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

void Check(const PlanSet& plans, Reporter& report) {
  // One finding per later task: ten tasks that write one file are nine findings, not forty-five.
  std::map<uint32_t, Clash> clashes;
  for (const WriteConflict& conflict : plans.conflicts) {
    const PlanIndex plan = plans.tasks[conflict.first].plan;
    if (plan != plans.tasks[conflict.second].plan || plans.units[plan.value].superseded) continue;
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
         "depend on the other, or give each a file of its own."},
    Check};

}  // namespace gsd::rules
