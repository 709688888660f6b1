#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// A task, and what its route costs.
struct Dear {
  const PlanUnit* unit;
  const Task* task;
  const TaskFacts* facts;
};

void ReportTooDear(const PlanSet& plans, const Dear& dear, Reporter& report) {
  const Route& route = dear.facts->routed.route;
  const auto tokens = static_cast<int64_t>(route.tokens);
  report
      .At(TaskHead(*dear.task), "{} needs about {} tokens on {}, over 15 % of the budget of {}",
          TaskNoun(*dear.task), Grouped(tokens), InfoOf(route.model).name,
          Grouped(plans.options.budget_tokens))
      .Help("a cheaper model needs no fewer tokens; split the task, or raise the budget");
}

// Tasks that would have fitted, had those before them not spent the budget: one finding for all.
void ReportLate(const PlanSet& plans, const std::vector<Dear>& late, Reporter& report) {
  std::vector<std::string> names;
  for (const Dear& dear : late) {
    names.push_back(plans.units.size() == 1 ? TaskWord(*dear.task)
                                            : TaskNounIn(plans, *dear.unit, *dear.task));
  }
  const std::string_view which = late.size() == 1 ? "task" : "tasks";
  const Route& route = late.front().facts->routed.route;
  report
      .At(TaskHead(*late.front().task), "too little of the budget of {} tokens is left for {} {}",
          Grouped(plans.options.budget_tokens), which, ListOf(names))
      .Help("each needs over 15 % of what the tasks before it leave ({} tokens before {}); raise the budget",
            Grouped(static_cast<int64_t>(route.remaining_before)),
            TaskNounIn(plans, *late.front().unit, *late.front().task));
}

void Check(const PlanSet& plans, Reporter& report) {
  const double limit = kMaxShareOfRemaining * static_cast<double>(plans.options.budget_tokens);
  std::vector<Dear> late;
  // In the order in which the router saw them.
  for (const Batch& batch : plans.batches) {
    for (const uint32_t index : batch.tasks) {
      const TaskRef ref = plans.tasks[index];
      const PlanUnit& unit = plans.units[ref.plan.value];
      const Dear dear{&unit, &unit.plan.tasks[ref.task], &unit.tasks[ref.task]};
      if (!unit.open() || dear.facts->checkpoint || !dear.facts->routed.route.unaffordable) continue;
      if (dear.facts->routed.route.tokens > limit) {
        ReportTooDear(plans, dear, report);
      } else if (plans.options.budget_given) {
        // Nobody chose the default budget, and every project of some size uses it up.
        late.push_back(dear);
      }
    }
  }
  if (!late.empty()) ReportLate(plans, late, report);
}

}  // namespace

extern constinit const Rule unaffordable_model = {
    {.name = "unaffordable-model",
     .category = "routing",
     .severity = Severity::kWarning,
     .summary = "A task needs over 15 % of what is left of the budget, and no cheaper model would need less.",
     .rationale =
         "The router gives no task more than 15 % of what remains of the budget, so that one task cannot "
         "starve the others. Here even a cheaper model would not fit, so the task keeps its model, and the "
         "budget may run out before the end. Split the task, lower its complexity or raise the budget. "
         "Without a budget of your own, only tasks that are too dear for a fresh one are reported."},
    Check};

}  // namespace gsd::rules
