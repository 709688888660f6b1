#include <algorithm>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Plans in an archive have been executed, and what they refer to was moved together with them.
bool IsArchived(std::string_view path) {
  const std::vector<std::string_view> parts = Split(path, '/');
  return std::ranges::any_of(parts, [](std::string_view part) {
    return part == "milestones" || part == "archive" || part == "archived";
  });
}

// `@scope/package` and `@scope/package/part` of npm look like references to a file without an extension.
bool MayBePackage(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash != std::string_view::npos && slash + 1 < path.size() && path[0] != '.' &&
         path.find('.', slash) == std::string_view::npos;
}

// The summary of a plan that is compiled: it will be there when that plan has run.
class Summaries {
 public:
  explicit Summaries(const PlanSet& plans) {
    for (const PlanUnit& unit : plans.units) promised_.insert(Key(unit.root_path, unit.id.id));
  }
  bool Promised(std::string_view path) const {
    constexpr std::string_view kEnd = "-SUMMARY.md";
    if (!path.ends_with(kEnd)) return false;
    const size_t name = path.rfind('/') + 1;
    return promised_.count(Key(path, path.substr(name, path.size() - kEnd.size() - name))) > 0;
  }

 private:
  static std::string Key(std::string_view path, std::string_view id) {
    return fmt::format("{}/{}", path.substr(0, path.rfind('/') + 1), NormalizePlanName(id));
  }
  std::set<std::string> promised_;
};

void Check(const PlanSet& plans, Reporter& report) {
  const Summaries summaries(plans);
  std::vector<std::vector<const PathEntry*>> missing(plans.units.size());
  for (const CheckedReference& reference : plans.references) {
    const std::string_view path = reference.path.path;
    if (reference.state != PathState::kMissing || MayBePackage(path) || summaries.Promised(path)) continue;
    if (IsArchived(plans.units[reference.plan.value].root_path)) continue;
    missing[reference.plan.value].push_back(&reference.path);
  }
  for (size_t i = 0; i < plans.units.size(); ++i) {
    if (missing[i].empty() || !plans.units[i].open()) continue;
    // One finding a plan: files mostly go missing together, when a folder is moved.
    std::vector<std::string> names;
    for (const PathEntry* path : missing[i]) names.push_back(Quoted(path->path));
    auto finding =
        report.At(missing[i].front()->span, "{} {} not exist, and no earlier task writes {}", ListOf(names),
                  names.size() == 1 ? "does" : "do", names.size() == 1 ? "it" : "them");
    for (size_t at = 1; at < missing[i].size(); ++at)
      finding.Label(missing[i][at]->span, "does not exist either");
    finding.Help("the agent is told to read {}; correct the path, or remove the reference",
                 names.size() == 1 ? "it" : "them");
  }
}

}  // namespace

extern constinit const Rule missing_reference = {
    {.name = "missing-reference",
     .category = "references",
     .severity = Severity::kWarning,
     .summary = "An @ reference names a file that is neither on disk nor written by an earlier task.",
     .rationale =
         "What a plan refers to with @ is loaded into the agent's context before it starts. A file that is "
         "not there costs the agent a search and leaves it without what the plan's author wanted it to "
         "know. Correct the path, or let the plan that writes the file come first. Plans that have been "
         "executed are not reported: nobody loads their context again."},
    Check};

}  // namespace gsd::rules
