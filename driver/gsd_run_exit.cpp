#include "driver/gsd_run_exit.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "driver/terminal.h"

namespace gsd {

GsdRunExit UsageError(std::string_view message, std::string_view program) {
  return {2, {}, fmt::format("gsd-run: error: {}\nTry {} --help.\n", message, program)};
}

std::optional<GsdRunExit> ParseArguments(CLI::App& app, std::vector<std::string> args,
                                         std::string_view program) {
  std::reverse(args.begin(), args.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(args));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    if (app.exit(error, out, err) == 0) return GsdRunExit{0, out.str(), {}};
    return UsageError(error.what(), program);
  }
  return std::nullopt;
}

int Fail(std::FILE* err, std::string_view message) {
  Print(err, fmt::format("gsd-run: error: {}\n", EscapeControls(message)));
  return 2;
}

int End(const GsdRunExit& exit, std::FILE* out, std::FILE* err) {
  Print(out, exit.out);
  Print(err, EscapeControls(exit.err));
  return FlushOutput(out) ? exit.code : 2;
}

int End(const Result<std::string>& made, std::FILE* out, std::FILE* err) {
  if (!made.ok()) return Fail(err, made.error());
  Print(out, *made);
  return FlushOutput(out) ? 0 : Fail(err, "cannot write to standard output");
}

}  // namespace gsd
