#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded || !unit.plan.tasks.empty()) continue;
    if (unit.plan.tasks_open.size() > 0) {
      report.At(FirstLine(*unit.source, unit.plan.tasks_open), "there is no `<task>` in `<tasks>`")
          .Help("write each task as `<task type=\"auto\">` with name, files, action, verify and done");
      continue;
    }
    const auto& headings = unit.plan.task_headings;
    if (!headings.empty()) {
      report
          .At(headings[0].span, "the plan has no tasks: {}, which no tool runs",
              headings.size() == 1
                  ? "this heading is prose"
                  : fmt::format("this heading and {} like it are prose", headings.size() - 1))
          .Help(
              "write each as `<task type=\"auto\">` inside `<tasks>`, with name, files, action, verify and "
              "done");
      continue;
    }
    report.At(FileHead(*unit.source), "the plan has no tasks")
        .Help(
            "write each task as `<task type=\"auto\">` inside `<tasks>`, with name, files, action, verify "
            "and done");
  }
}

}  // namespace

extern constinit const Rule no_tasks = {
    {.name = "no-tasks",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "The plan has no `<task>`.",
     .rationale =
         "A plan without tasks gives nothing to run: it counts as a plan, makes others wait, and is done "
         "without any work. Task lists in headings and check boxes are prose to every tool."},
    Check};

}  // namespace gsd::rules
