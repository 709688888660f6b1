#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// With the blank before it.
Edit RemoveAttribute(const PlanUnit& unit, const Attribute& attribute) {
  Span span = attribute.span;
  while (span.begin > 0 && IsSpace(unit.source->text()[span.begin - 1])) --span.begin;
  return {span, ""};
}

void CheckTask(const PlanUnit& unit, TaskId id, Reachability& reach, Reporter& report) {
  const Task& task = unit.plan.tasks[id];
  const TaskFacts& facts = unit.tasks[id];
  const Attribute* mode = FindAttribute(task, "context-mode");
  if (mode == nullptr) return;
  const std::string_view value = Trim(mode->value);
  if (value != "inherited" && value != "fresh") return;  // invalid-attribute-value
  if (facts.checkpoint) {
    report
        .At(mode->span, "{} is a checkpoint: no agent runs it, so its context-mode means nothing",
            TaskNoun(task))
        .As(Severity::kNote)
        .UnsafeFix("remove the attribute", {RemoveAttribute(unit, *mode)});
    return;
  }
  if (value != "inherited") return;
  const Edit fresh{mode->value_span, "fresh"};
  if (facts.declared_explore) {
    report
        .At(mode->value_span, "{} explores in an inherited context, which keeps all that it reads",
            TaskNoun(task))
        .Label(ValueOf(FindAttribute(task, "subagent")).span,
               "an explorer is to give back only what it found")
        .UnsafeFix("start it fresh", {fresh});
    return;
  }
  if (facts.parallel != Parallelism::kCanParallelize) return;
  const auto companion = CompanionOf(unit, id, reach);
  if (!companion) return;
  report
      .At(mode->value_span, "{} inherits the main session's context, but may run at the same time as {}",
          TaskNoun(task), TaskNoun(unit.plan.tasks[*companion]))
      .Label(TaskHead(unit.plan.tasks[*companion]), "may run beside it")
      .Help("there is one main session, and one task at a time can work in it")
      .UnsafeFix("start it fresh", {fresh});
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || unit.plan.tasks.size() > kMostComparedTasks) continue;
    Reachability reach(unit.graph.digraph);
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) CheckTask(unit, {i}, reach, report);
  }
}

}  // namespace

extern constinit const Rule context_mode_mismatch = {
    {.name = "context-mode-mismatch",
     .category = "routing",
     .severity = Severity::kWarning,
     .fixable = Fixable::kUnsafe,
     .summary = "A task's context-mode does not fit how the task is run.",
     .rationale =
         "`inherited` means that the task works in the main session and sees what went on there before. A "
         "task that may run beside others cannot: either it waits for them after all, or it starts without "
         "what it counts on. An explorer should not: everything it reads would stay in the main session. On "
         "a checkpoint the attribute says nothing at all, which is a note. A task that needs what others "
         "found out should depend on them and name their files in <read_first>."},
    Check};

}  // namespace gsd::rules
