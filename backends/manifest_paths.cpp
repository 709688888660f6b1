#include "backends/manifest_paths.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/manifest_validate.h"

namespace gsd {

bool IsRelative(PathKind kind) {
  return kind == PathKind::kFile || kind == PathKind::kDirectory || kind == PathKind::kGlob;
}

std::string CleanPath(std::string_view path, PathKind kind) {
  std::string clean(path);
  if (IsRelative(kind)) {
    if (std::string normal = NormalizePath(path); !normal.empty()) {
      if (path.ends_with('/') && !normal.ends_with('/')) normal += '/';
      clean = std::move(normal);
    }
  }
  return clean;
}

std::string PlanPath(const PlanUnit& unit) {
  const std::string& path = unit.root_path.empty() ? unit.source->path() : unit.root_path;
  const std::string normal = path.starts_with('/') ? std::string() : NormalizePath(path);
  return normal.empty() ? path.substr(path.rfind('/') + 1) : normal;
}

Status CheckPlanPaths(const PlanSet& plans) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    if (const std::string mistake = PlanPathMistake(PlanPath(unit)); !mistake.empty())
      return Error{
          fmt::format("no manifest can name the plan {}: its path {}", unit.source->path(), mistake)};
  }
  return Ok();
}

void UniquePaths::Add(std::string path) {
  constexpr size_t kShort = 24;  // up to here looking is faster than hashing
  if (paths_.size() < kShort) {
    if (std::find(paths_.begin(), paths_.end(), path) != paths_.end()) return;
  } else {
    if (seen_.empty()) seen_.insert(paths_.begin(), paths_.end());
    if (!seen_.insert(path).second) return;
  }
  paths_.push_back(std::move(path));
}

}  // namespace gsd
