#include "frontend/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

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
  std::string bytes;
  bytes.reserve(std::min(static_cast<size_t>(info.st_size), limit));
  char buffer[65536];
  while (true) {
    const ssize_t count = read(file.fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("read", path, errno);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
    if (bytes.size() > limit)
      return Error{fmt::format("cannot read {}: larger than {} bytes", path.string(), limit)};
  }
}

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
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
  if (fchmod(file.fd, 0666 & ~mask) != 0 || fsync(file.fd) != 0) return fail();
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail();
  return Ok();
}

}  // namespace gsd
