#include <algorithm>
#include <array>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Says in other words that the task changes nothing, or marks what it only reads.
bool IsHarmless(std::string_view prose) {
  static constexpr std::array<std::string_view, 9> kWords = {
      "verification only", "verify only", "no changes",     "no code",          "no source",
      "no new files",      "read-only",   "not applicable", "nothing to change"};
  const std::string lower = ToLower(prose);
  if (lower.starts_with("<read>")) return true;
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    std::vector<const PathEntry*> entries = WrittenPaths(unit, PathKind::kProse);
    std::erase_if(entries, [](const PathEntry* entry) { return IsHarmless(entry->path); });
    if (entries.empty()) continue;
    report
        .At(entries.front()->span, "plan {} lists {} among its files, but {}", PlanName(unit),
            ListOf(QuotedPaths(entries)), entries.size() == 1 ? "that is no path" : "these are no paths")
        .Help("name the files, one on a line; write `none` when there are none");
  }
}

}  // namespace

extern constinit const Rule prose_in_files = {
    {.name = "prose-in-files",
     .category = "references",
     .severity = Severity::kWarning,
     .summary = "An entry of a list of files is no path.",
     .rationale =
         "Files are how plans and tasks that must not run side by side are found. `see above` or `<18 "
         "files>` "
         "names none of them, so what the task really writes is not seen. Remarks behind a path are fine, "
         "and so is anything that says that there are no files (`none`, `N/A`, `verification only`). Once "
         "for a plan; plans that have been executed are not reported."},
    Check};

}  // namespace gsd::rules
