// The commands beside `run` that read the journal and answer it: status, approve, choose, reject, clean.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/journal.h"
#include "executor/status_report.h"

namespace gsd {

// The project that the commands are for: `given`, or from here upwards the folder with .gsd/journal.db.
Result<std::filesystem::path> FindJournalRoot(const std::string& given);

// Does `id` look like a run's, so that it may be a part of a path?
bool IsRunId(std::string_view id);

// All that the journal and the run's folder say of `run` ("": the newest). A manifest that cannot be read is
// warned of on `err` and left out.
Result<ProjectStatus> ReadProjectStatus(const std::filesystem::path& root, const std::string& run,
                                        std::FILE* err);

// Does the first argument name one of them?
bool IsGsdRunCommand(const std::vector<std::string>& args);

// Removes a run's work trees and branches from the repository that `root` stands in, or with `dry_run` only
// looks for them. Says what there was ("2 work trees, 1 branch"; "" for nothing).
using CleanRepository =
    std::function<Result<std::string>(const std::filesystem::path& root, const RunRow& run, bool dry_run)>;

// `args` without the program's name, the command first. `clean_repository` may be empty: there is nothing to
// remove then. Returns the exit code: 0, or 2 with a message on `err`.
int GsdRunCommandMain(std::vector<std::string> args, const CleanRepository& clean_repository, std::FILE* out,
                      std::FILE* err);

}  // namespace gsd
