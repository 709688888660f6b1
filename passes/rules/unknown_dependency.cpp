#include <map>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// What messages say of one plan's tasks; made once, at its first unknown dependency.
struct Choice {
  std::vector<std::string_view>
      labels;               // what a misspelt word may have meant; a wrong number is no misspelling
  std::string description;  // "this plan has tasks 1 to 7"
};

// "Task 2" → "2": what is left to compare of a word.
std::string_view WithoutTaskWord(std::string_view word) {
  constexpr std::string_view kWord = "task";
  if (word.size() > kWord.size() && EqualsIgnoreCase(word.substr(0, kWord.size()), kWord)) {
    return Trim(word.substr(kWord.size()));
  }
  return word;
}

std::string DescribeTasks(const Plan& plan) {
  if (plan.tasks.size() == 1) return "it is the only task of this plan";
  bool consecutive = true;
  std::vector<std::string> words;
  int expected = plan.tasks[TaskId{0}].number;
  for (const Task& task : plan.tasks) {
    words.push_back(TaskWord(task));
    consecutive &= words.back() == std::to_string(expected++);
  }
  if (consecutive) return fmt::format("this plan has tasks {} to {}", words.front(), words.back());
  return fmt::format("the tasks of this plan are {}", ListOf(words, 12));
}

Choice ChoiceOf(const Plan& plan) {
  constexpr size_t kMostLabels = 200;  // so that a plan full of mistakes stays linear
  Choice choice{{}, DescribeTasks(plan)};
  for (const Task& task : plan.tasks) {
    if (!task.label.value.empty() && choice.labels.size() < kMostLabels)
      choice.labels.push_back(task.label.value);
  }
  return choice;
}

// The tasks that an ambiguous word names.
std::vector<TaskId> Meant(const Plan& plan, std::string_view word) {
  std::vector<TaskId> found;
  const std::string_view bare = WithoutTaskWord(word);
  const std::optional<int64_t> number = ParseInt(bare);
  for (uint32_t i = 0; i < plan.tasks.size(); ++i) {
    const Task& task = plan.tasks[TaskId{i}];
    if ((number && task.number == *number) || EqualsIgnoreCase(task.label.value, bare)) found.push_back({i});
  }
  return found;
}

void ReportAmbiguous(const PlanUnit& unit, const UnresolvedDependency& unresolved, Reporter& report) {
  const Task& task = unit.plan.tasks[unresolved.task];
  const std::vector<TaskId> meant = Meant(unit.plan, unresolved.ref.value);
  auto finding =
      report.At(unresolved.ref.span, "{} depends on `{}`, which is ambiguous: {} tasks are called so",
                TaskNoun(task), unresolved.ref.value, meant.size());
  for (const TaskId candidate : meant)
    finding.Label(TaskHead(unit.plan.tasks[candidate]), "could be this one");
  finding.Help("give every task a number of its own");
}

// Labels of the tasks of all plans, to tell "does not exist" from "exists in another plan".
using Labels = std::map<std::string, PlanIndex, std::less<>>;
Labels LabelsOf(const PlanSet& plans) {
  Labels labels;
  for (uint32_t i = 0; i < plans.units.size(); ++i) {
    for (const Task& task : plans.units[i].plan.tasks) {
      if (!task.label.value.empty()) labels.emplace(task.label.value, PlanIndex{i});
    }
  }
  return labels;
}

void ReportUnknown(const PlanSet& plans, PlanIndex plan, const UnresolvedDependency& unresolved,
                   const Labels& labels, Reachability& order, const Choice& choice, Reporter& report) {
  const PlanUnit& unit = plans.units[plan.value];
  const std::string_view word = unresolved.ref.value;
  const std::string_view bare = WithoutTaskWord(word);
  const auto elsewhere = labels.find(bare);
  const bool other_plan = elsewhere != labels.end();
  // A task of a plan that comes first anyway is done by then.
  if (other_plan && order.Reaches(elsewhere->second.value, plan.value) == Reachability::Answer::kYes) return;
  const Span span = unresolved.ref.span;
  const std::string task = TaskNoun(unit.plan.tasks[unresolved.task]);
  if (other_plan) {
    const std::string other = PlanName(plans.units[elsewhere->second.value]);
    report.At(span, "{} depends on `{}`, but there is no such task in this plan", task, word)
        .Help(
            "it is a task of plan {}: tasks wait for tasks of their own plan only; write {} in the front "
            "matter's "
            "depends_on",
            other, other);
    return;
  }
  const std::string_view closest = ClosestMatch(bare, choice.labels);
  // Task names mostly differ in their numbers alone: "t07" for "t08" would be a guess.
  if (closest.empty() || closest == bare || !SameNumbers(closest, bare)) {
    report.At(span, "{} depends on `{}`, but there is no such task in this plan", task, word)
        .Help("{}", choice.description);
    return;
  }
  report
      .At(span, "{} depends on `{}`, which is no task of this plan; did you mean `{}`?", task, word, closest)
      .SafeFix(fmt::format("replace it by `{}`", closest), {{span, std::string(closest)}});
}

void Check(const PlanSet& plans, Reporter& report) {
  const Labels labels = LabelsOf(plans);
  Reachability order(plans.graph.digraph);
  for (uint32_t p = 0; p < plans.units.size(); ++p) {
    const PlanUnit& unit = plans.units[p];
    if (unit.superseded || unit.graph.unresolved.empty()) continue;
    const Choice choice = ChoiceOf(unit.plan);
    for (const UnresolvedDependency& unresolved : unit.graph.unresolved) {
      if (unresolved.ambiguous) {
        ReportAmbiguous(unit, unresolved, report);
      } else {
        ReportUnknown(plans, PlanIndex{p}, unresolved, labels, order, choice, report);
      }
    }
  }
}

}  // namespace

extern constinit const Rule unknown_dependency = {
    {.name = "unknown-dependency",
     .category = "task-graph",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary =
         "A task depends on a task that its plan does not have, or on a name that several tasks share.",
     .rationale =
         "A dependency that names nothing orders nothing: the task would start before the work it needs "
         "is done. Tasks are named by their number (`2`, `Task 2`) or by their id; tasks of other plans "
         "belong into the front matter's depends_on, as plans."},
    Check};

}  // namespace gsd::rules
