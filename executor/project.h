// A manifest together with the project that it is for, checked against each other.
#pragma once

#include <filesystem>
#include <string>

#include "backends/manifest.h"

namespace gsd {

struct Project {
  Manifest manifest;
  std::filesystem::path root;  // absolute, without links
};

// Reads a manifest, finds the project root (relative to the folder the manifest stands in) and makes sure
// that no plan has changed since it was compiled, unless `stale_ok`.
Result<Project> LoadProject(const std::filesystem::path& manifest_path, bool stale_ok);

}  // namespace gsd
