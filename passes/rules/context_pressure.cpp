#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr int64_t kNotePercent = 50, kWarningPercent = 70;

int64_t PercentOf(int64_t part, int64_t whole) {
  return whole <= 0 ? 0
                    : static_cast<int64_t>(100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// ", the largest `a.sql` (90,000 tokens) and `b.ts` (20,000 tokens)"
std::string LargestOf(const TaskFacts& facts) {
  std::vector<std::string> names;
  for (const ContextFile& file : facts.reads.largest)
    names.push_back(fmt::format("`{}` ({} tokens)", file.path, Grouped(file.bytes / 4)));
  return names.empty() ? "" : ", the largest " + ListOf(names);
}

// In as many parts as have room, as far as its files can be shared out.
std::string SplitOf(const Task& task, int64_t percent) {
  const auto parts = static_cast<size_t>(percent / kNotePercent + 1);
  return task.files.size() < 2 ? "split the task"
                               : fmt::format("split the task: its {} files in {} parts", task.files.size(),
                                             std::min(parts, task.files.size()));
}

void CheckUnit(const PlanSet& plans, const PlanUnit& unit, Reporter& report) {
  std::vector<TaskId> full;
  int64_t most = 0;
  TaskId fullest;
  for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
    const TaskFacts& facts = unit.tasks[TaskId{i}];
    const int64_t window = WindowOf(plans, facts.routed.model);
    // Over the window is context-overflow.
    if (facts.checkpoint || facts.context_tokens > window) continue;
    const int64_t percent = PercentOf(facts.context_tokens, window);
    if (percent < kNotePercent) continue;
    full.push_back({i});
    if (percent > most) most = percent, fullest = {i};
  }
  if (full.empty()) return;
  // One finding a plan: mostly it is the context that its tasks share.
  const TaskFacts& facts = unit.tasks[fullest];
  auto finding =
      report.At(TaskHead(unit.plan.tasks[fullest]),
                "{} {} {} % of the model's context before the work begins: about {} tokens, {} has {}",
                TaskNoun(unit.plan.tasks[fullest]), facts.inherited_context ? "has filled" : "has to read",
                most, Grouped(facts.context_tokens), InfoOf(facts.routed.model).name,
                Grouped(WindowOf(plans, facts.routed.model)));
  constexpr size_t kMostLabels = 8;
  for (size_t i = 0; i < std::min(full.size(), kMostLabels); ++i) {
    if (full[i] == fullest) continue;
    finding.Label(TaskHead(unit.plan.tasks[full[i]]), "about {} tokens",
                  Grouped(unit.tasks[full[i]].context_tokens));
  }
  const std::string largest = LargestOf(facts);
  if (facts.inherited_context) {
    finding.Help("its context is inherited: what the tasks before it said is still there; start it fresh");
  } else {
    finding.Help(
        "counted are the task's text, its files, <read_first> and the plan's @ references{}; name the parts "
        "of "
        "large files that matter, drop references, or {}",
        largest, SplitOf(unit.plan.tasks[fullest], most));
  }
  if (most < kWarningPercent) finding.As(Severity::kNote);
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open()) CheckUnit(plans, unit, report);
  }
}

}  // namespace

extern constinit const Rule context_pressure = {
    {.name = "context-pressure",
     .category = "budget",
     .severity = Severity::kWarning,
     .summary = "What a task has to read leaves little of its model's context window for the work.",
     .rationale =
         "The quality of the work goes down when over 70 % of the window is used, and the task's own work "
         "still comes on top of what it reads. From 70 % before the work begins this is a warning, from "
         "50 % a note; over the whole window it is `context-overflow`. Counted as there: four bytes a "
         "token, each file once."},
    Check};

}  // namespace gsd::rules
