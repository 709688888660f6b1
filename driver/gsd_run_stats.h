// gsd-run stats and gsd-run stats merge: what earlier runs needed, shown, and put together across projects.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gsd {

// `args` behind the word "stats". Returns the exit code: 0, or 2 with a message on `err`.
int GsdRunStatsMain(std::vector<std::string> args, std::FILE* out, std::FILE* err);

}  // namespace gsd
