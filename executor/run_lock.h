// One gsd-run at a time works in a project. The lock is the kernel's (flock on .gsd/lock), so it ends with
// the process that holds it, however that dies; what stands in the file is only for messages.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "frontend/support.h"

namespace gsd {

// Where it stands below a project's root.
inline std::filesystem::path RunLockPath(const std::filesystem::path& root) { return root / ".gsd" / "lock"; }

struct LockHolder {
  pid_t pid = 0;      // 0: not told
  std::string run;    // "": none, it cleans up
  int64_t since = 0;  // milliseconds since 1970; 0: not told
};

// "another gsd-run (pid 123, run 20261122-…, since 2026-11-22 12:15) works in this project"
std::string HolderMessage(const LockHolder& holder);

// Held from Take() to the end of its life. Programs that this one starts do not inherit it.
class RunLock {
 public:
  // For `run`, at `now` (milliseconds since 1970). Errors: somebody else holds it (HolderMessage), the file
  // cannot be made, the file system knows no locks. Waits for at most a tenth of a second.
  static Result<RunLock> Take(const std::filesystem::path& file, const std::string& run, int64_t now);
  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Who holds the lock now; nothing when nobody does.
Result<std::optional<LockHolder>> ReadLockHolder(const std::filesystem::path& file);

}  // namespace gsd
