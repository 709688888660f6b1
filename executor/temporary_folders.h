// Folders for the temporary files (TMPDIR) of what runs at the same time. One that is given back is emptied
// and given out again: making and removing a folder for each attempt costs more than a short attempt itself.
#pragma once

#include <filesystem>
#include <vector>

#include "frontend/support.h"

namespace gsd {

class TemporaryFolders {
 public:
  // Makes them in `parent`, which need not be there yet. What an earlier process left there goes when its
  // folder is given out.
  explicit TemporaryFolders(std::filesystem::path parent) : parent_(std::move(parent)) {}
  ~TemporaryFolders();  // removes all of them
  TemporaryFolders(const TemporaryFolders&) = delete;
  TemporaryFolders& operator=(const TemporaryFolders&) = delete;

  // An empty folder that only the user may enter.
  Result<std::filesystem::path> Take();
  // Nothing uses it any longer.
  void GiveBack(const std::filesystem::path& folder);

 private:
  std::filesystem::path parent_;
  std::vector<std::filesystem::path> free_;  // empty ones
  size_t made_ = 0;
};

}  // namespace gsd
