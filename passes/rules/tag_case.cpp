#include <algorithm>

#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

// The close tag that begins at `offset`, or an empty span.
Span CloseTagAt(const SourceFile& file, uint32_t offset) {
  const std::string_view text = file.text().substr(offset);
  if (!text.starts_with("</")) return {};
  return file.SpanFrom(offset, std::min(file.text().find('>', offset), file.text().size()));
}

// One element, by its open and close tags; the check looks at both, so that a fix leaves a pair.
class TagPairs {
 public:
  TagPairs(const SourceFile& file, Reporter& report) : file_(file), report_(report) {}

  void Check(Span open, Span close) {
    std::vector<Edit> edits;
    for (const Span tag : {open, close}) {
      const std::string_view name = TagNameAt(file_, tag);
      // `activeForm` is known as it is.
      if (name.empty() || TagOf(name) != Tag::kUnknown) continue;
      std::string lower = ToLower(name);
      if (lower != name) edits.push_back({file_.SpanOf(name), std::move(lower)});
    }
    if (edits.empty()) return;
    const Span at = edits.front().span;
    const std::string lower = edits.front().text;
    report_.At(at, "`{}` has capitals; other tools read only `{}`", file_.Slice(at), lower)
        .SafeFix(fmt::format("write `{}`", lower), std::move(edits));
  }

 private:
  const SourceFile& file_;
  Reporter& report_;
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    TagPairs pairs(*unit.source, report);
    const uint32_t end = unit.plan.tasks_region.end;
    if (unit.plan.tasks_open.size() > 0) {
      pairs.Check(unit.plan.tasks_open, CloseTagAt(*unit.source, end));
    }
    for (const Section& section : unit.plan.sections) pairs.Check(section.open, section.close);
    for (const Task& task : unit.plan.tasks) {
      if (!task.from_feature) pairs.Check(task.open, CloseTagAt(*unit.source, task.body.end));
      for (const Element& element : task.elements) pairs.Check(element.open, element.close);
    }
  }
}

}  // namespace

extern constinit const Rule tag_case = {
    {.name = "tag-case",
     .category = "syntax",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "The name of a tag is written with capitals.",
     .rationale =
         "gsdc takes `<Task>` for a task, but other tools compare tag names exactly and pass over it "
         "without a word, so the task is never run. Tag names are lower case."},
    Check};

}  // namespace gsd::rules
