// Did a task stay inside the files that it declared?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executor/workspace.h"

namespace gsd {

// Does a declared entry cover the path? Entries are files, folders ("src/api/", or "src/api" when the path is
// below it) and globs of * ? [] and **, all relative to the project root with forward slashes.
bool Covers(std::string_view entry, std::string_view path);

// The changes outside of `declared`, each as "created src/x.ts", in the order of `changes`. A task that
// declares no files has no scope: then there are none, but for changes outside the project root, which are
// never in scope.
std::vector<std::string> OutOfScope(const std::vector<std::string>& declared,
                                    const std::vector<FileChange>& changes);

}  // namespace gsd
