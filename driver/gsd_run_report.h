// gsd-run report: a page for a run, one for all of them, or a run as text.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gsd {

// `args` behind the word "report". Returns the exit code: 0, or 2 with a message on `err`.
int GsdRunReportMain(std::vector<std::string> args, std::FILE* out, std::FILE* err);

}  // namespace gsd
