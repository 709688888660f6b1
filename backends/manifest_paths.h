// Paths as the manifest has them: relative to the project root, normalised, each once.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analysis/plan_set.h"
#include "frontend/support.h"

namespace gsd {

// Does an entry of that kind name something by its place in the project?
bool IsRelative(PathKind kind);
// A path as the executor compares it: normalised when it is one inside of the root, else as written.
std::string CleanPath(std::string_view path, PathKind kind);
// Relative to the root with no way up; a plan from outside of it is known by its file's name.
std::string PlanPath(const PlanUnit& unit);
// An error when one of the plans has a path that gsd-run would refuse or not find.
Status CheckPlanPaths(const PlanSet& plans);

// Appends paths that are not in the list yet. Lists are short, so it looks; it hashes only when one is long.
class UniquePaths {
 public:
  explicit UniquePaths(std::vector<std::string>& paths) : paths_(paths) {}
  void Add(std::string path);

 private:
  std::vector<std::string>& paths_;
  std::unordered_set<std::string> seen_;
};

}  // namespace gsd
