#include <algorithm>
#include <iterator>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// What tools read from a `<task …>`: a misspelling can mean these.
constexpr std::string_view kRead[] = {
    "type",     "tdd",        "id",         "gate",         "priority",
    "wave",     "depends-on", "depends_on", "name",         "title",
    "number",   "status",     "model",      "complexity",   "estimated-complexity",
    "parallel", "files",      "subagent",   "context-mode", "autonomous"};

// Other spellings of them that are read as well, and what forks write that is close to one without being a
// slip.
constexpr std::string_view kAlsoWritten[] = {"depends",
                                             "dependsOn",
                                             "estimated_complexity",
                                             "context_mode",
                                             "estimated-tokens",
                                             "mode",
                                             "modes",
                                             "date",
                                             "state",
                                             "tag",
                                             "tags",
                                             "ids",
                                             "label",
                                             "kind",
                                             "role",
                                             "agent",
                                             "owner",
                                             "phase",
                                             "plan",
                                             "order",
                                             "waves",
                                             "file",
                                             "gated",
                                             "module",
                                             "models",
                                             "numbers",
                                             "parallelizable",
                                             "size"};

bool IsKnown(std::string_view name) {
  return std::find(std::begin(kRead), std::end(kRead), name) != std::end(kRead) ||
         std::find(std::begin(kAlsoWritten), std::end(kAlsoWritten), name) != std::end(kAlsoWritten);
}

// The attribute that `name` is a slip of, or "". Short names have too many neighbours: there, only swapped
// letters and capitals count.
std::string_view Meant(std::string_view name) {
  const std::string lower = ToLower(name);
  for (std::string_view known : kRead) {
    if (lower == known) return known;
    if (lower.size() == known.size() && std::is_permutation(lower.begin(), lower.end(), known.begin()))
      return known;
  }
  std::vector<std::string_view> candidates;
  for (std::string_view known : kRead) {
    if (known.size() >= 5 && lower.size() >= 4) candidates.push_back(known);
  }
  return ClosestMatch(lower, candidates);
}

void CheckTask(const Task& task, Reporter& report) {
  std::vector<std::string_view> renamed_to;
  for (uint32_t i = 0; i < task.own_attributes; ++i) {
    const Attribute& attribute = task.attributes[i];
    if (IsKnown(attribute.name)) continue;
    const std::string_view meant = Meant(attribute.name);
    if (meant.empty()) continue;
    auto finding = report.At(attribute.name_span, "`{}` is not an attribute of a task; did you mean `{}`?",
                             attribute.name, meant);
    const bool taken = FindAttribute(task, meant) != nullptr ||
                       std::find(renamed_to.begin(), renamed_to.end(), meant) != renamed_to.end();
    if (taken) {
      finding.Help("{} has a `{}` already: remove one of them", TaskNoun(task), meant);
    } else {
      renamed_to.push_back(meant);
      finding.SafeFix(fmt::format("write `{}`", meant), {{attribute.name_span, std::string(meant)}});
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const Task& task : unit.plan.tasks) CheckTask(task, report);
  }
}

}  // namespace

extern constinit const Rule unknown_attribute = {
    {.name = "unknown-attribute",
     .category = "syntax",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A task has an attribute that is nearly, but not quite, one that tools read.",
     .rationale =
         "A misspelled attribute is ignored without a word: `depend-on=\"2\"` lets the task run before "
         "task 2. Attributes that resemble none of the known ones are left alone, because forks of the "
         "format add their own."},
    Check};

}  // namespace gsd::rules
