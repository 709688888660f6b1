#include "frontend/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

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
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
};

// Opens a regular file and says how large it is.
Result<std::pair<Descriptor, size_t>> OpenRegular(const std::filesystem::path& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return Failure("read", path, errno);
  struct stat info = {};
  if (fstat(file.fd, &info) != 0) return Failure("read", path, errno);
  if (S_ISDIR(info.st_mode)) return Failure("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) return Error{fmt::format("cannot read {}: not a regular file", path.string())};
  return std::pair(std::move(file), static_cast<size_t>(info.st_size));
}

// Reads into bytes[filled..], as much as there is room for; 0 at the end of the file.
Result<size_t> ReadSome(const Descriptor& file, const std::filesystem::path& path, std::string& bytes,
                        size_t filled) {
  while (true) {
    const ssize_t count = read(file.fd, bytes.data() + filled, bytes.size() - filled);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return Failure("read", path, errno);
  }
}

}  // namespace

Result<std::string> ReadWholeFile(const std::filesystem::path& path, size_t limit) {
  const auto opened = OpenRegular(path);
  if (!opened) return Error{opened.error()};
  const auto& [file, size] = *opened;
  // One byte more than the file has, so that one read usually sees its end; it may still grow while it is
  // read.
  std::string bytes(std::min(size, limit) + 1, '\0');
  size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 65536);
    const auto count = ReadSome(file, path, bytes, filled);
    if (!count) return Error{count.error()};
    filled += *count;
    if (filled > limit)
      return Error{fmt::format("cannot read {}: larger than {} bytes", path.string(), limit)};
    // All that the file had, and the byte more that was asked for is not there: its end.
    const bool whole = size > 0 && filled == size;
    if (*count == 0 || whole) {
      bytes.resize(filled);
      return bytes;
    }
  }
}

Result<std::string> ReadFileHead(const std::filesystem::path& path, size_t limit) {
  const auto opened = OpenRegular(path);
  if (!opened) return Error{opened.error()};
  const auto& [file, size] = *opened;
  std::string bytes(std::min(size, limit), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = ReadSome(file, path, bytes, filled);
    if (!count) return Error{count.error()};
    if (*count == 0) break;
    filled += *count;
  }
  bytes.resize(filled);
  return bytes;
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  struct stat before = {};
  const bool exists = stat(path_.c_str(), &before) == 0;
  if (exists && access(path_.c_str(), W_OK) != 0) {
    error_ = errno;
    return;
  }
  // mkostemp makes files that only their owner can read; this one is as any other would be.
  const mode_t mask = umask(0);
  umask(mask);
  mode_ = static_cast<int>(exists ? before.st_mode & 07777 : 0666 & ~mask);
  temporary_ = path_.string() + ".XXXXXX";
  fd_ = mkostemp(temporary_.data(), O_CLOEXEC);
  if (fd_ < 0) error_ = errno;
}

AtomicFile::~AtomicFile() {
  Finish();
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void AtomicFile::WritePiece(std::string_view bytes) {
  while (error_ == 0 && !bytes.empty()) {
    const ssize_t count = write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error_ = errno;
    } else {
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }
}

void AtomicFile::Finish() {
  if (writing_.valid()) writing_.get();
}

void AtomicFile::Append(std::string piece) {
  Finish();
  if (waiting_.empty()) {
    waiting_ = std::move(piece);  // the only piece of most files: no thread for that
    return;
  }
  writing_ = std::async(std::launch::async,
                        [this, bytes = std::exchange(waiting_, std::move(piece))] { WritePiece(bytes); });
}

Status AtomicFile::Commit(Durability durability) {
  Finish();
  WritePiece(waiting_);
  const bool sync = durability == Durability::kDurable;
  if (error_ == 0 && (fchmod(fd_, static_cast<mode_t>(mode_)) != 0 || (sync && fsync(fd_) != 0) ||
                      rename(temporary_.c_str(), path_.c_str()) != 0)) {
    error_ = errno;
  }
  if (error_ != 0) return Failure("write", path_, error_);
  close(fd_);
  fd_ = -1;
  return Ok();
}

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.Append(std::string(bytes));
  return file.Commit(AtomicFile::Durability::kDurable);
}

}  // namespace gsd
