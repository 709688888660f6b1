// What the commits of a run changed, as git tells it: for the SUMMARY, and for the prompts of a resumed run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "executor/git.h"
#include "executor/workspace.h"

namespace gsd {

struct CommitChanges {
  std::string commit;
  std::vector<std::string> tasks;   // by its "Gsd-Task" trailers
  std::vector<FileChange> changes;  // below the project root only
};

// The commits behind `base` up to `tip`, oldest first. `root`: the project root, in the repository.
Result<std::vector<CommitChanges>> ReadCommitChanges(const Git& git, const std::filesystem::path& root,
                                                     const std::string& base, const std::string& tip);

// The paths that a task's commits changed, each once, without those that are deleted.
std::vector<std::string> FilesOfTask(const std::vector<CommitChanges>& commits, std::string_view task);

}  // namespace gsd
