#include "executor/temporary_folders.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "executor/attempt_files.h"

namespace gsd {

namespace fs = std::filesystem;

namespace {

// As it was made: a folder, no link in its place, only the user's, with nothing in it.
bool IsAsNew(const fs::path& folder) {
  struct stat info = {};
  constexpr mode_t kPermissions = 07777;
  if (lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  std::error_code error;
  return (info.st_mode & kPermissions) == S_IRWXU &&
         fs::directory_iterator(folder, error) == fs::directory_iterator() && !error;
}

}  // namespace

TemporaryFolders::~TemporaryFolders() {
  if (made_ > 0) RemoveFolder(parent_);
}

Result<fs::path> TemporaryFolders::Take() {
  if (!free_.empty()) {
    fs::path folder = std::move(free_.back());
    free_.pop_back();
    return folder;
  }
  std::error_code error;
  if (made_ == 0) {
    RemoveFolder(parent_);
    fs::create_directories(parent_, error);
    if (error) return Error{fmt::format("cannot make {}: {}", parent_.string(), error.message())};
  }
  // Short, since sockets in it have names of at most 107 bytes.
  fs::path folder = parent_ / std::to_string(++made_);
  if (mkdir(folder.c_str(), S_IRWXU) != 0) {
    error = {errno, std::generic_category()};
    return Error{fmt::format("cannot make {}: {}", folder.string(), error.message())};
  }
  return folder;
}

void TemporaryFolders::GiveBack(const fs::path& folder) {
  if (!IsAsNew(folder)) {
    RemoveFolder(folder);
    if (mkdir(folder.c_str(), S_IRWXU) != 0) return;  // something in it cannot be removed: it is given up
  }
  free_.push_back(folder);
}

}  // namespace gsd
