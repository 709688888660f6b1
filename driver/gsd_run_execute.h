// Sets everything up that a run needs, carries it out, and says what came of it.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "driver/gsd_run_options.h"
#include "executor/journal.h"
#include "executor/ledger.h"
#include "executor/project.h"

namespace gsd {

// Returns the program's exit code. `resumed`: the run that goes on; nothing: a new one begins.
int ExecuteRun(const GsdRunOptions& options, const Project& project, const std::optional<RunRow>& resumed,
               std::FILE* out, std::FILE* err);

// The manifest's ceilings, or those of the command line in their place.
Ceilings CeilingsOf(const GsdRunOptions& options, const Manifest& manifest);

// For `gsd-run clean`: the work trees and merged branches of a run (driver/gsd_run_commands.h).
Result<std::string> CleanGit(const std::filesystem::path& root, const RunRow& run, bool dry_run);

}  // namespace gsd
