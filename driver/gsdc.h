// The program gsdc, without its process: arguments and streams in, exit code out.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gsd {

// `args` without the program's name. Outputs go to `out`, human diagnostics to `err`; `in` is read for the
// path "-".
int GsdcMain(const std::vector<std::string>& args, std::FILE* in, std::FILE* out, std::FILE* err);

}  // namespace gsd
