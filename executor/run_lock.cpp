#include "executor/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "executor/text.h"

namespace gsd {

namespace fs = std::filesystem;

namespace {

// Opens a regular file; -1 and errno when that is not possible. Never through a link, which could lead to a
// file that is not ours.
int OpenRegular(const fs::path& file, int flags) {
  const int descriptor = open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  struct stat info = {};
  if (descriptor < 0 || (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode))) return descriptor;
  close(descriptor);
  errno = EINVAL;
  return -1;
}

// Whether the lock was free; an error when there can be no lock.
Result<bool> TryLock(int descriptor, int kind, const fs::path& file) {
  while (flock(descriptor, kind | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno == EINTR) continue;
    return Error{
        fmt::format("cannot lock {}: {}; the project must be on a file system with flock, which "
                    "some network file systems lack",
                    file.string(), std::strerror(errno))};
  }
  return true;
}

// "pid run since", as Take() writes it; what is missing is not told.
LockHolder ReadHolder(int descriptor) {
  char bytes[512];
  const ssize_t size = pread(descriptor, bytes, sizeof bytes, 0);
  LockHolder holder;
  if (size <= 0) return holder;
  const auto words = Split(Trim(std::string_view(bytes, static_cast<size_t>(size))), ' ');
  if (words.size() != 3) return holder;
  holder.pid = static_cast<pid_t>(std::clamp<int64_t>(ParseInt(words[0]).value_or(0), 0, INT32_MAX));
  holder.run = words[1] == "-" ? "" : words[1];
  holder.since = ParseInt(words[2]).value_or(0);
  return holder;
}

}  // namespace

std::string HolderMessage(const LockHolder& holder) {
  std::string who;
  if (holder.pid != 0)
    who = fmt::format(" (pid {}, {}, since {})", holder.pid,
                      holder.run.empty() ? "cleaning up" : "run " + OneLine(holder.run),
                      FormatLocalTime(holder.since));
  return fmt::format("another gsd-run{} works in this project", who);
}

Result<RunLock> RunLock::Take(const fs::path& file, const std::string& run, int64_t now) {
  const int descriptor = OpenRegular(file, O_RDWR | O_CREAT);
  if (descriptor < 0) return Error{fmt::format("cannot open {}: {}", file.string(), std::strerror(errno))};
  RunLock lock(descriptor);
  // Whoever asks for the holder has the lock for an instant; that is no reason to give up.
  constexpr int kTries = 20;
  bool locked = false;
  for (int i = 0; i < kTries && !locked; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto tried = TryLock(descriptor, LOCK_EX, file);
    if (!tried.ok()) return Error{tried.error()};
    locked = *tried;
  }
  if (!locked) return Error{HolderMessage(ReadHolder(descriptor))};
  const std::string text = fmt::format("{} {} {}\n", getpid(), run.empty() ? "-" : run, now);
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return Error{fmt::format("cannot write {}: {}", file.string(), std::strerror(errno))};
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock::~RunLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<std::optional<LockHolder>> ReadLockHolder(const fs::path& file) {
  const int descriptor = OpenRegular(file, O_RDONLY);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::optional<LockHolder>();
    return Error{fmt::format("cannot open {}: {}", file.string(), std::strerror(errno))};
  }
  const auto free = TryLock(descriptor, LOCK_SH, file);
  std::optional<LockHolder> holder;
  if (free.ok() && !*free) holder = ReadHolder(descriptor);
  close(descriptor);
  if (!free.ok()) return Error{free.error()};
  return holder;
}

}  // namespace gsd
