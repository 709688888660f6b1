#include "frontend/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gsd {
namespace {

Error Failure(std::string_view doing, const std::filesystem::path& path, int error) {
  return Error{fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error))};
}

// A descriptor that is closed at the end of the scope.
struct Descriptor {
  int fd;
  explicit Descriptor(int value) : fd(value) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

}  // namespace

Result<std::string> ReadWholeFile(const std::filesystem::path& path, size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return Failure("read", path, errno);
  struct stat info = {};
  if (fstat(file.fd, &info) != 0) return Failure("read", path, errno);
  if (S_ISDIR(info.st_mode)) return Failure("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) return Error{fmt::format("cannot read {}: not a regular file", path.string())};
  // One byte more than the file has, so that one read usually sees its end; it may still grow while it is
  // read.
  std::string bytes(std::min(static_cast<size_t>(info.st_size), limit) + 1, '\0');
  size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 65536);
    const ssize_t count = read(file.fd, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("read", path, errno);
    filled += static_cast<size_t>(count);
    if (filled > limit)
      return Error{fmt::format("cannot read {}: larger than {} bytes", path.string(), limit)};
    if (count == 0) {
      bytes.resize(filled);
      return bytes;
    }
  }
}

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  // A file that is there keeps its permissions, and one that may not be written is not replaced behind its
  // back.
  struct stat before = {};
  const bool exists = stat(path.c_str(), &before) == 0;
  if (exists && access(path.c_str(), W_OK) != 0) return Failure("write", path, errno);
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.fd < 0) return Failure("write", path, errno);
  const auto fail = [&] {
    const int error = errno;
    unlink(temporary.c_str());
    return Failure("write", path, error);
  };
  while (!bytes.empty()) {
    const ssize_t count = write(file.fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail();
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  // mkostemp makes files that only their owner can read; this one is as any other would be.
  const mode_t mask = umask(0);
  umask(mask);
  const mode_t mode = exists ? before.st_mode & 07777 : 0666 & ~mask;
  if (fchmod(file.fd, mode) != 0 || fsync(file.fd) != 0) return fail();
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail();
  return Ok();
}

}  // namespace gsd
