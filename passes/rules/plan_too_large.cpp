#include <algorithm>
#include <unordered_set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr size_t kMaxTasks = 5;
constexpr size_t kMaxFiles = 15;

bool IsFile(const PathEntry& entry) {
  return entry.kind != PathKind::kProse && entry.kind != PathKind::kDirectory;
}

// Files that the plan names, each once.
size_t CountFiles(const Plan& plan) {
  std::vector<std::string_view> files;
  const auto add = [&](const std::vector<PathEntry>& entries) {
    for (const PathEntry& entry : entries) {
      if (IsFile(entry)) files.push_back(entry.path);
    }
  };
  add(plan.header.files_modified);
  for (const Task& task : plan.tasks) add(task.files);
  if (files.size() <= kMaxFiles) return files.size();
  return std::unordered_set<std::string_view>(files.begin(), files.end(), files.size()).size();
}

// A checkpoint is a person's work and fills nobody's context.
size_t CountAgentTasks(const Plan& plan) {
  return static_cast<size_t>(std::count_if(plan.tasks.begin(), plan.tasks.end(), [](const Task& task) {
    return task.type != TaskType::kCheckpoint;
  }));
}

// Tasks that say what they wait for are run one by one, each by an agent of its own: no context fills up.
bool RunsTaskByTask(const Plan& plan) {
  return std::all_of(plan.tasks.begin(), plan.tasks.end(),
                     [](const Task& task) { return task.depends_on.has_value(); });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    std::vector<std::string> sizes;
    const size_t tasks = CountAgentTasks(unit.plan);
    if (tasks > kMaxTasks && !RunsTaskByTask(unit.plan)) sizes.push_back(Counted(tasks, "task"));
    if (const size_t files = CountFiles(unit.plan); files > kMaxFiles)
      sizes.push_back(Counted(files, "file"));
    if (sizes.empty()) continue;
    report.At(PlanHead(unit), "the plan is large: {}", ListOf(sizes))
        .Help("split it into plans of two or three tasks each; up to {} tasks and {} files pass", kMaxTasks,
              kMaxFiles);
  }
}

}  // namespace

extern constinit const Rule plan_too_large = {
    {.name = "plan-too-large",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "The plan has more than 5 tasks for one agent, or changes more than 15 files.",
     .rationale =
         "One agent carries out a whole plan, and the quality of its work falls as its context fills. Two "
         "or three tasks are best and four common; beyond five, or beyond fifteen files, split the plan. "
         "Where "
         "every task declares what it depends on, each gets an agent of its own, and their number is no "
         "matter."},
    Check};

}  // namespace gsd::rules
