#include <algorithm>
#include <iterator>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

bool NamesFiles(const Task& task) {
  // An empty <files> is for empty-element to say.
  return !task.files.empty() || HasAny(task, {Tag::kFiles, Tag::kFile}) ||
         FindAttribute(task, "files") != nullptr;
}

std::string FirstWord(std::string_view name) {
  // "Task 3: Verify the build" begins with "verify".
  if (const size_t colon = name.find(": "); colon != std::string_view::npos)
    name = Trim(name.substr(colon + 1));
  return ToLower(name.substr(0, name.find_first_of(" \t\n")));
}

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::ranges::find(words, word) != std::end(words);
}

// Does the task only run or look at something? Its name begins so, and its action has no word for writing.
bool OnlyChecks(const SourceFile& file, const Task& task) {
  constexpr std::string_view kChecks[] = {"audit", "check",    "confirm", "deploy",  "inspect",
                                          "merge", "publish",  "push",    "release", "review",
                                          "run",   "validate", "verify"};
  constexpr std::string_view kWriting[] = {
      "add",    "adjust",   "append",    "change", "configure", "convert", "correct",  "create",
      "delete", "document", "edit",      "extend", "extract",   "fix",     "generate", "implement",
      "insert", "install",  "introduce", "make",   "migrate",   "modify",  "move",     "patch",
      "record", "refactor", "remove",    "rename", "render",    "replace", "rewrite",  "save",
      "set",    "show",     "update",    "use",    "wire",      "write"};
  if (!IsOneOf(FirstWord(task.name.value), kChecks)) return false;
  const std::string action = ToLower(ElementText(file, task, Tag::kAction));
  for (size_t at = 0; at < action.size();) {
    size_t end = at;
    while (end < action.size() && IsAlpha(action[end])) ++end;
    if (IsOneOf(std::string_view(action).substr(at, end - at), kWriting)) return false;
    at = end + 1;
  }
  return true;
}

// `files_modified: []`, and no task contradicts it: the whole plan changes none.
bool ChangesNothing(const Plan& plan) {
  return plan.header.has_files_modified && plan.header.files_modified.empty() &&
         std::ranges::all_of(plan.tasks, [](const Task& task) { return task.files.empty(); });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || ChangesNothing(unit.plan)) continue;
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task) || NamesFiles(task) || OnlyChecks(*unit.source, task)) continue;
      report.At(TaskHead(task), "{} has no `<files>`", TaskNoun(task))
          .Help(
              "list the files that it creates or changes; write `<files>none</files>` when it changes none");
    }
  }
}

}  // namespace

extern constinit const Rule missing_files = {
    {.name = "missing-files",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "A task does not say which files it changes.",
     .rationale = "Without its files nobody can tell what the task may run beside: it is put behind its "
                  "predecessor, and changes to files of another task go unnoticed. A task that only checks "
                  "something says `none`; one whose name begins with `Verify`, `Run` or the like and whose "
                  "action has no word for writing needs not, nor a plan with `files_modified: []`."},
    Check};

}  // namespace gsd::rules
