#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr size_t kMaxTasks = 5;
constexpr size_t kMaxFiles = 15;

bool IsFile(const PathEntry& entry) {
  return entry.kind != PathKind::kProse && entry.kind != PathKind::kDirectory;
}

size_t CountFiles(const Plan& plan) {
  std::set<std::string_view> files;
  for (const PathEntry& entry : plan.header.files_modified) {
    if (IsFile(entry)) files.insert(entry.path);
  }
  for (const Task& task : plan.tasks) {
    for (const PathEntry& entry : task.files) {
      if (IsFile(entry)) files.insert(entry.path);
    }
  }
  return files.size();
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    std::vector<std::string> sizes;
    if (unit.plan.tasks.size() > kMaxTasks) sizes.push_back(Counted(unit.plan.tasks.size(), "task"));
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
     .summary = "The plan has more than 5 tasks, or changes more than 15 files.",
     .rationale =
         "One agent carries out a whole plan, and the quality of its work falls as its context fills. Two "
         "or three tasks are best and four common; beyond five, or beyond fifteen files, split the plan."},
    Check};

}  // namespace gsd::rules
