#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

std::string Minutes(double seconds) { return fmt::format("{:.1f} minutes", seconds / 60); }

void ReportUnreliable(const PlanSet& plans, const UnmetGoal& goal, Reporter& report) {
  const std::vector<uint32_t>& tasks = plans.optimized->unreliable;
  const TaskRef first = plans.tasks[tasks.front()];
  const PlanUnit& unit = plans.units[first.plan.value];
  auto finding = report.At(TaskHead(unit.plan.tasks[first.task]),
                           "no model carries out {} with the success rate that was asked for: {:.0f} % of "
                           "first attempts, {:.0f} % "
                           "is the best",
                           tasks.size() == 1 ? TaskNounIn(plans, unit, unit.plan.tasks[first.task])
                                             : fmt::format("{} tasks", tasks.size()),
                           100 * goal.wanted, 100 * goal.possible);
  constexpr size_t kMostLabels = 8;
  for (size_t i = 1; i < std::min(tasks.size(), kMostLabels); ++i)
    finding.Label(TaskHead(plans.TaskAt(tasks[i])), "this one, too");
  finding.Help("split it, or lower --min-success");
}

void ReportGoal(const PlanSet& plans, const PlanUnit& unit, const UnmetGoal& goal, Reporter& report) {
  const double over = goal.possible - goal.wanted;
  switch (goal.kind) {
    case UnmetGoal::Kind::kTokens:
      report
          .At(PlanHead(unit),
              "no choice of models keeps to the budget: at least {} tokens are needed, {} over",
              Grouped(static_cast<int64_t>(goal.possible)), Grouped(static_cast<int64_t>(over)))
          .Help("retries are counted; raise the budget, or leave out or simplify tasks");
      return;
    case UnmetGoal::Kind::kUsd:
      report
          .At(PlanHead(unit),
              "no choice of models keeps to the budget: at least ${:.4f} is needed, ${:.4f} over",
              goal.possible, over)
          .Help("retries are counted; raise the budget, or leave out or simplify tasks");
      return;
    case UnmetGoal::Kind::kDeadline:
      report
          .At(PlanHead(unit), "no choice of models keeps to the deadline: at least {} are needed, {} over",
              Minutes(goal.possible), Minutes(over))
          .Help("retries are counted; split tasks of the critical path, or drop dependencies: --emit=cost");
      return;
    case UnmetGoal::Kind::kTogether:
      report
          .At(PlanHead(unit), "no choice of models was found that meets all goals together: {}",
              goal.wanted > 0 && over > 0 ? fmt::format("within the budget it takes {}, {} over",
                                                        Minutes(goal.possible), Minutes(over))
                                          : std::string("what saves tokens costs more dollars or time"))
          .Help("each can be met alone; raise the budget, or allow more time");
      return;
    case UnmetGoal::Kind::kSuccess:
      ReportUnreliable(plans, goal, report);
      return;
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  if (!plans.optimized) return;
  const auto first = std::ranges::find_if(plans.units, [](const PlanUnit& unit) { return !unit.superseded; });
  if (first == plans.units.end()) return;
  for (const UnmetGoal& goal : plans.optimized->unmet) ReportGoal(plans, *first, goal, report);
}

}  // namespace

extern constinit const Rule unmet_goal = {
    {.name = "unmet-goal",
     .category = "budget",
     .severity = Severity::kError,
     .summary =
         "No choice of models keeps to the budget, the deadline or the success rate that was asked for.",
     .rationale =
         "`--optimize` chooses models within `--budget-tokens`, `--budget-usd`, `--deadline` and "
         "`--min-success`. Where that is impossible, the nearest choice is taken, and this says which goal "
         "is missed and by how much. Counted is what is held against the goal: for budgets the upper "
         "estimate "
         "or what is expected with retries, whichever is more; for the deadline the schedule with the "
         "retries "
         "that are expected."},
    Check};

}  // namespace gsd::rules
