#include <algorithm>
#include <map>
#include <set>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Where a task's number is written: its id= or number=, or the digits in its name.
Span NumberSpan(const SourceFile& file, const Task& task) {
  if (!task.label.value.empty()) return task.label.span;
  if (task.number_source == NumberSource::kAttribute) {
    for (std::string_view name : {"id", "number"}) {
      const Attribute* attribute = FindAttribute(task, name);
      if (attribute != nullptr && ParseInt(Trim(attribute->value)) == task.number)
        return attribute->value_span;
    }
  }
  const std::string digits = std::to_string(task.number);
  const std::string_view name = file.Slice(task.name.span);
  const size_t at = name.find(digits);
  if (task.number_source != NumberSource::kName || at == std::string_view::npos) return {};
  return file.SpanFrom(task.name.span.begin + at, task.name.span.begin + at + digits.size());
}

// Names for the tasks that share one: numbers behind the highest, labels with a number behind them.
class FreeNames {
 public:
  explicit FreeNames(const Plan& plan) {
    for (const Task& task : plan.tasks) {
      highest_ = std::max(highest_, task.number);
      taken_.emplace(task.label.value);
    }
  }
  std::string Next(const Task& task) {
    if (task.label.value.empty()) return std::to_string(++highest_);
    const std::string label(task.label.value);
    int& suffix = suffixes_.try_emplace(label, 1).first->second;
    std::string candidate;
    do {
      candidate = fmt::format("{}-{}", label, ++suffix);
    } while (!taken_.insert(candidate).second);
    return candidate;
  }

 private:
  int highest_ = 0;
  std::set<std::string> taken_;
  std::map<std::string, int> suffixes_;
};

void CheckGroup(const PlanUnit& unit, const std::vector<TaskId>& group, FreeNames& free_names,
                Reporter& report) {
  const SourceFile& file = *unit.source;
  const Task* first = nullptr;
  for (TaskId id : group) {
    const Task& task = unit.plan.tasks[id];
    const Span span = NumberSpan(file, task);
    // A number that nobody wrote is only the task's place in the plan, and gives way.
    if (span.size() == 0) continue;
    if (first == nullptr) {
      first = &task;
      continue;
    }
    const std::string name = free_names.Next(task);
    report.At(span, "two tasks are called {}", TaskNoun(task))
        .Label(NumberSpan(file, *first), "the first one")
        .UnsafeFix(fmt::format("call this one {}; dependencies that mean it must be changed by hand", name),
                   {{span, name}});
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    FreeNames free_names(unit.plan);
    for (const auto& group : unit.graph.duplicate_numbers) CheckGroup(unit, group, free_names, report);
  }
}

}  // namespace

extern constinit const Rule duplicate_task_number = {
    {.name = "duplicate-task-number",
     .category = "structure",
     .severity = Severity::kError,
     .fixable = Fixable::kUnsafe,
     .summary = "Two tasks of a plan have the same number or label.",
     .rationale =
         "A dependency on that number means either task, and a manifest, a journal or a commit cannot tell "
         "them apart. Give each task a number of its own, then look at the dependencies that name it."},
    Check};

}  // namespace gsd::rules
