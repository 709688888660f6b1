// The program gsd-run, without its process: arguments and streams in, exit code out.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gsd {

// `args` without the program's name. Progress and results go to `out`, mistakes to `err`.
int GsdRunMain(std::vector<std::string> args, std::FILE* out, std::FILE* err);

}  // namespace gsd
