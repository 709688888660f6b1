#include <algorithm>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Elements that mean nothing when empty. Not <depends>: empty, it says that the task waits for none.
bool NeedsText(Tag tag) {
  switch (tag) {
    case Tag::kName:
    case Tag::kFiles:
    case Tag::kAction:
    case Tag::kVerify:
    case Tag::kDone:
    case Tag::kReadFirst:
    case Tag::kAcceptanceCriteria:
    case Tag::kBehavior:
    case Tag::kImplementation:
    case Tag::kWhatBuilt:
    case Tag::kHowToVerify:
    case Tag::kResumeSignal:
    case Tag::kDecision:
    case Tag::kOptions:
    case Tag::kInstructions:
    case Tag::kDescription:
    case Tag::kAutomated:
    case Tag::kObjective:
    case Tag::kVerification:
    case Tag::kSuccessCriteria:
      return true;
    default:
      return false;
  }
}

bool IsEmpty(const SourceFile& file, Tag tag, Span body) {
  return NeedsText(tag) && Trim(file.Slice(body)).empty();
}

void CheckTask(const SourceFile& file, const Task& task, Reporter& report) {
  for (const Element& element : task.elements) {
    if (!element.closed() || !IsEmpty(file, element.tag, element.body)) continue;
    // Nobody expects a person at a checkpoint to change files.
    if (element.tag == Tag::kFiles && IsCheckpoint(task)) continue;
    const std::string_view name = TagNameAt(file, element.open);
    auto finding =
        report.At(FirstLine(file, element.span()), "the `<{}>` of {} is empty", name, TaskNoun(task));
    finding.Help("fill it in, or remove it");
    if (element.tag == Tag::kAction && !IsCheckpoint(task) &&
        !SaysAny(file, task, {Tag::kAction, Tag::kDescription})) {
      finding.As(Severity::kError).Help("say what is to be done: this is all that an agent is told");
    } else if (element.tag == Tag::kFiles) {
      finding.As(Severity::kNote)
          .Help("list the files that it creates or changes; write `none` when it changes none");
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    const SourceFile& file = *unit.source;
    for (const Section& section : unit.plan.sections) {
      if (section.close.size() == 0 || !IsEmpty(file, section.tag, section.body)) continue;
      report
          .At(FirstLine(file, file.SpanFrom(section.open.begin, section.close.end)), "`<{}>` is empty",
              TagNameAt(file, section.open))
          .Help("fill it in, or remove it");
    }
    for (const Task& task : unit.plan.tasks) CheckTask(file, task, report);
  }
}

}  // namespace

extern constinit const Rule empty_element = {
    {.name = "empty-element",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "An element that should say something is empty.",
     .rationale =
         "An empty element passes every check for its presence and tells the agent nothing: it is usually "
         "a template that was never filled in. A task whose `<action>` is empty is an error, because "
         "nothing is left to do."},
    Check};

}  // namespace gsd::rules
