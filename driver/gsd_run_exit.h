// How gsd-run and its commands end: what they print at last, and the exit code.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/support.h"

namespace CLI {
class App;
}

namespace gsd {

// Instead of a command line: the program is to print this and end.
struct GsdRunExit {
  int code = 0;
  std::string out, err;
};

// For a command line that cannot be carried out. `program`: whose --help tells more, "gsd-run report".
GsdRunExit UsageError(std::string_view message, std::string_view program);

// Fills what `app` is bound to. Nothing: go on; else the help that was asked for, or what is wrong.
std::optional<GsdRunExit> ParseArguments(CLI::App& app, std::vector<std::string> args,
                                         std::string_view program);

// Says why on `err`; returns 2.
int Fail(std::FILE* err, std::string_view message);

// Prints it; returns its code, or 2 when not all of it could be printed.
int End(const GsdRunExit& exit, std::FILE* out, std::FILE* err);
// Prints what a command has made and returns 0; fails when there is nothing, or it could not be printed.
int End(const Result<std::string>& made, std::FILE* out, std::FILE* err);

}  // namespace gsd
