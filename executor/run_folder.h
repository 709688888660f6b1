// Where a run keeps its files: .gsd/runs/<run>/<task>.<attempt>/ under the project root.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "frontend/support.h"

namespace gsd {

struct RunFolder {
  std::string id;              // 20261122-121500-ab12: when it began (UTC) and a random tail
  std::filesystem::path path;  // absolute
};

// Makes .gsd (which ignores itself) and a folder for a new run in it.
Result<RunFolder> MakeRunFolder(const std::filesystem::path& root, std::chrono::system_clock::time_point now);

// The folder of one attempt, in that of the run: "08-02_4.1". One level, since a folder costs as much as an
// idle task.
std::filesystem::path AttemptFolderOf(const std::filesystem::path& run, std::string_view task_id,
                                      int attempt);

// A task's id as a folder name: one to one, safe on every file system. "08-02:4" becomes "08-02_4".
std::string TaskFolderName(std::string_view task_id);

}  // namespace gsd
