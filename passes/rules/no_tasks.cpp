#include "frontend/task_headings.h"
#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

constexpr std::string_view kHelp =
    "write each task as `<task type=\"auto\">` inside `<tasks>`, with name, files, action, verify and done";

void CheckPlan(const PlanUnit& unit, Reporter& report) {
  const Span head = FileHead(*unit.source);
  if (unit.content == FileContent::kForeign) {
    report.At(head, "this file holds no plan: neither a `<task>` nor a field of a plan's front matter")
        .As(Severity::kNote)
        .Help("leave it out; in a folder, a file like this is passed over");
  } else if (unit.plan.tasks_open.size() > 0) {
    report.At(FirstLine(*unit.source, unit.plan.tasks_open), "there is no `<task>` in `<tasks>`")
        .Help("write each task as `<task type=\"auto\">` with name, files, action, verify and done");
  } else if (const auto headings = FindTaskHeadings(*unit.source, unit.plan); !headings.empty()) {
    report
        .At(headings[0].span, "the plan has no tasks: {}, which no tool runs",
            headings.size() == 1 ? "this heading is prose"
                                 : fmt::format("this heading and {} like it are prose", headings.size() - 1))
        .Help("{}", kHelp);
  } else if (unit.content == FileContent::kNothing) {
    report.At(head, "the file is called a plan, but has neither tasks nor any field of a plan's front matter")
        .Help("write both, or give the file another name");
  } else {
    report.At(head, "the plan has no tasks").Help("{}", kHelp);
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open() && unit.plan.tasks.empty()) CheckPlan(unit, report);
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
         "without any work. Task lists in headings and check boxes are prose to every tool. A file without "
         "tasks "
         "and without a field of a plan's front matter gets this one finding. When its name is that of "
         "another program's plan (`slices/S01/S01-PLAN.md`), or has no number and is not `PLAN.md`, it is "
         "no plan: a note says so where the file itself is named, and walking a folder passes over it."},
    Check};

}  // namespace gsd::rules
