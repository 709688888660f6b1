#include "executor/project.h"

#include <fmt/format.h>

#include "frontend/files.h"

namespace gsd {

namespace fs = std::filesystem;

namespace {

Status CheckFresh(const Project& project) {
  for (const ManifestPlan& plan : project.manifest.plans) {
    const auto bytes = ReadWholeFile(project.root / plan.path);
    if (!bytes.ok())
      return Error{fmt::format("plan {}: {}; compile it again with gsdc, or go on with --stale-ok", plan.id,
                               bytes.error())};
    if (Sha256Hex(*bytes) != plan.sha256)
      return Error{
          fmt::format("plan {} ({}) has changed since the manifest was compiled; compile it again with "
                      "gsdc, or go on with --stale-ok",
                      plan.id, plan.path)};
  }
  return Ok();
}

}  // namespace

Result<Project> LoadProject(const fs::path& manifest_path, bool stale_ok) {
  const auto bytes = ReadWholeFile(manifest_path);
  if (!bytes.ok()) return Error{bytes.error()};
  auto manifest = ReadManifest(*bytes);
  if (!manifest.ok()) return Error{fmt::format("{}: {}", manifest_path.string(), manifest.error())};
  std::error_code error;
  const fs::path root = fs::canonical(fs::absolute(manifest_path).parent_path() / manifest->root, error);
  if (error || !fs::is_directory(root, error))
    return Error{
        fmt::format("{}: root: \"{}\" is not a folder (it is relative to the folder of the manifest)",
                    manifest_path.string(), manifest->root)};
  Project project{std::move(*manifest), root};
  if (!stale_ok) {
    if (auto fresh = CheckFresh(project); !fresh.ok()) return Error{fresh.error()};
  }
  return project;
}

}  // namespace gsd
