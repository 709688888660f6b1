#include "passes/plan_text.h"
#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    // Where there is nothing of a plan at all, no-tasks says so.
    if (!unit.open() || unit.content != FileContent::kPlan) continue;
    const SourceFile& file = *unit.source;
    const Header& header = unit.plan.header;
    if (!header.present) {
      report.At(FileHead(file), "the plan has no front matter")
          .Help(
              "begin the file with a block between two `---` lines: phase, plan, type, wave, depends_on, "
              "files_modified, autonomous, must_haves");
      continue;
    }
    const uint32_t first_byte = FileHead(file).begin;
    if (header.span.begin <= first_byte) continue;
    const Span before = file.SpanFrom(first_byte, header.span.begin);
    auto finding =
        report.At(FirstLine(file, header.span),
                  "the front matter does not begin on the first line, so other tools do not see it");
    if (Trim(file.Slice(before)).empty()) {
      finding.SafeFix("remove the blank lines before it", {{before, ""}});
    } else {
      finding.Label(FileHead(file), "this stands before it")
          .Help("move what stands before it below the front matter");
    }
  }
}

}  // namespace

extern constinit const Rule missing_front_matter = {
    {.name = "missing-front-matter",
     .category = "syntax",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "The plan has no front matter, or it does not begin on the first line.",
     .rationale =
         "Phase, plan number, dependencies and must-haves stand in the front matter. Without it a plan "
         "takes its identity from the file's name, depends on nothing and cannot be verified. Other tools "
         "want `---` as the very first bytes: behind a title or a blank line they report every field as "
         "missing."},
    Check};

}  // namespace gsd::rules
