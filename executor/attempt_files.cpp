#include "executor/attempt_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "executor/process.h"
#include "frontend/utf8.h"

namespace gsd {

namespace fs = std::filesystem;

Status WritePrivateFile(const fs::path& path, std::string_view bytes) {
  const auto failure = [&] {
    return Error{fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
  };
  const auto make = [&] { return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); };
  int fd = make();
  if (fd < 0 && errno == EEXIST && unlink(path.c_str()) == 0) fd = make();
  if (fd < 0) return failure();
  Status written = Ok();
  while (!bytes.empty() && written.ok()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      written = failure();
    }
  }
  close(fd);
  return written;
}

std::string ReadLastLines(const fs::path& path, size_t lines, size_t bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return "";
  struct stat info = {};
  std::string raw;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    const auto size = static_cast<size_t>(info.st_size);
    raw.resize(std::min(size, bytes));
    const ssize_t count = pread(fd, raw.data(), raw.size(), static_cast<off_t>(size - raw.size()));
    raw.resize(count > 0 ? static_cast<size_t>(count) : 0);
  }
  close(fd);

  std::string text;
  for (std::string_view rest = raw; !rest.empty();) {
    const size_t length = Utf8SequenceLength(rest);
    const char first = rest.front();
    const bool control = (first >= 0 && first < ' ' && first != '\n' && first != '\t') || first == 0x7F;
    if (length > 0 && !control) text += rest.substr(0, length);
    rest.remove_prefix(std::max<size_t>(length, 1));
  }
  while (!text.empty() && IsSpace(text.back())) text.pop_back();
  size_t begin = text.size();
  for (size_t line = 0; line < lines && begin != std::string::npos; ++line)
    begin = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

void RemoveFolder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) return;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, error);
  for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error),
       end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (!fs::is_directory(entry->symlink_status(ignored))) continue;
    fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
  fs::remove_all(folder, error);
}

std::vector<std::string> TaskEnvironment(const std::vector<std::pair<std::string, std::string>>& variables) {
  constexpr std::array<std::string_view, 8> kOfGit = {
      "GIT_DIR=",    "GIT_WORK_TREE=",  "GIT_INDEX_FILE=", "GIT_OBJECT_DIRECTORY=",
      "GIT_PREFIX=", "GIT_COMMON_DIR=", "GIT_NAMESPACE=",  "GIT_ALTERNATE_OBJECT_DIRECTORIES="};
  auto environment = EnvironmentWith(variables);
  std::erase_if(environment, [&](const std::string& entry) {
    return std::any_of(kOfGit.begin(), kOfGit.end(),
                       [&](std::string_view name) { return entry.rfind(name, 0) == 0; });
  });
  return environment;
}

}  // namespace gsd
