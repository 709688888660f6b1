// Folders and globs among the files that plans write: which files they stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analysis/plan_set.h"

namespace gsd {

// "src/db/" or "src/db/*.ts".
struct WidePath {
  std::string literal;  // what the paths of all its files begin with
  std::string pattern;  // "" for a folder: then that is all
};
// Nothing for a single file, nor for what begins with a wildcard or is the whole project: whoever writes that
// wants to say nothing about single files.
std::optional<WidePath> ReadWidePath(const PathEntry& entry);
// Is the file, as NormalizePath gives it, one of them?
bool Covers(const WidePath& wide, std::string_view file);

}  // namespace gsd
