#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

std::string Minutes(double seconds) { return fmt::format("{:.1f} minutes", seconds / 60); }

const TaskFacts& FactsOf(const PlanSet& plans, uint32_t task) {
  const TaskRef ref = plans.tasks[task];
  return plans.units[ref.plan.value].tasks[ref.task];
}

// Tasks whose models were chosen, or those whose model the plan has decided.
void ReportUnreliable(const PlanSet& plans, const UnmetGoal& goal, bool chosen, Reporter& report) {
  std::vector<uint32_t> tasks;
  double best = 1;
  for (const uint32_t task : plans.optimized->unreliable) {
    const TaskFacts& facts = FactsOf(plans, task);
    if (facts.routed.optimized != chosen) continue;
    tasks.push_back(task);
    best = std::min(best, facts.success[static_cast<size_t>(facts.routed.model)]);
  }
  if (tasks.empty()) return;
  const TaskRef first = plans.tasks[tasks.front()];
  const PlanUnit& unit = plans.units[first.plan.value];
  const std::string noun = tasks.size() == 1 ? TaskNounIn(plans, unit, unit.plan.tasks[first.task])
                                             : fmt::format("{} tasks", tasks.size());
  auto finding =
      report.At(TaskHead(unit.plan.tasks[first.task]),
                "{} {} with the success rate that was asked for: {:.0f} % of first attempts, "
                "{:.0f} % {}",
                chosen ? "no model carries out" : "the model that the plan names does not carry out", noun,
                100 * goal.wanted, 100 * best, chosen ? "is the best" : "is expected");
  constexpr size_t kMostLabels = 8;
  for (size_t i = 1; i < std::min(tasks.size(), kMostLabels); ++i)
    finding.Label(TaskHead(plans.TaskAt(tasks[i])), "this one, too");
  finding.Help("{}", chosen
                         ? "split it, or lower --min-success"
                         : "give it another model, let --refresh choose all models, or lower --min-success");
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
      ReportUnreliable(plans, goal, true, report);
      ReportUnreliable(plans, goal, false, report);
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
