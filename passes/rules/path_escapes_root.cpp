#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

bool Escapes(const PathEntry& entry) {
  const bool relative =
      entry.kind == PathKind::kFile || entry.kind == PathKind::kDirectory || entry.kind == PathKind::kGlob;
  return relative && entry.path.find("..") != std::string_view::npos && NormalizePath(entry.path).empty() &&
         !Trim(entry.path).empty();
}

// The entries of `list` that lead out of the project, each path once.
void Collect(const std::vector<PathEntry>& list, std::vector<const PathEntry*>& found) {
  std::set<std::string_view> seen;
  for (const PathEntry& entry : list) {
    if (Escapes(entry) && seen.insert(entry.path).second) found.push_back(&entry);
  }
}

// The paths as messages name them, each once.
std::vector<std::string> Names(const std::vector<const PathEntry*>& entries) {
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  for (const PathEntry* entry : entries) {
    if (seen.insert(entry->path).second) names.push_back(Quoted(entry->path));
  }
  return names;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    // One finding a plan: where one task leaves the project, the others mostly follow.
    std::vector<const PathEntry*> written;
    for (const Task& task : unit.plan.tasks) Collect(task.files, written);
    const size_t by_tasks = written.size();
    Collect(unit.plan.header.files_modified, written);
    if (written.empty()) continue;
    auto finding = report.At(written.front()->span, "plan {} writes outside the project: {}", PlanName(unit),
                             ListOf(Names(written)));
    // files_modified repeats what the tasks say.
    const size_t shown = by_tasks == 0 ? written.size() : by_tasks;
    for (size_t i = 1; i < shown; ++i) finding.Label(written[i]->span, "outside, too");
    finding.Help(
        "tasks run in a work tree of their own, where this path is another place and nothing is committed; "
        "plan this in the project that the files belong to");
  }
  // What is only read may well exist there, but not on every machine.
  std::vector<std::vector<const PathEntry*>> read(plans.units.size());
  for (const CheckedReference& reference : plans.references) {
    if (Escapes(reference.path)) read[reference.plan.value].push_back(&reference.path);
  }
  for (size_t i = 0; i < read.size(); ++i) {
    if (read[i].empty() || !plans.units[i].open()) continue;
    report.At(read[i].front()->span, "the context lies outside the project: {}", ListOf(Names(read[i])))
        .Help(
            "in another checkout, or in a task's work tree, the file is not there; copy what matters into "
            "the "
            "project")
        .As(Severity::kWarning);
  }
}

}  // namespace

extern constinit const Rule path_escapes_root = {
    {.name = "path-escapes-root",
     .category = "references",
     .severity = Severity::kError,
     .summary = "A path with `..` leads out of the project.",
     .rationale =
         "Paths count from the project's root. A task that runs in a work tree of its own does not find "
         "`../other-project` there, and what it writes outside is in no commit of this project. Files that "
         "are only read, by an @ reference, are a warning: they may exist here and nowhere else."},
    Check};

}  // namespace gsd::rules
