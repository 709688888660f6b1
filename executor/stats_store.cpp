#include "executor/stats_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "analysis/token_stats_json.h"
#include "executor/stats_json.h"
#include "frontend/files.h"

namespace gsd {

namespace fs = std::filesystem;

namespace {

constexpr off_t kFoldAt = 256 << 10;  // bytes of log: some two thousand records

fs::path Beside(const fs::path& file, const char* extension) {
  return fs::path(file).replace_extension(extension);
}
fs::path NextOf(const fs::path& file) { return Beside(file, ".json.next"); }

Error Failure(std::string_view doing, const fs::path& path) {
  return Error{fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno))};
}

bool Stands(const fs::path& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Never through a link, and never anything but a file: what stands there may be anybody's doing.
Result<Descriptor> OpenFile(const fs::path& path, int flags) {
  Descriptor file(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  struct stat info = {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return Failure("open", path);
  if (!S_ISREG(info.st_mode)) return Error{fmt::format("cannot open {}: not a regular file", path.string())};
  return file;
}

// Somebody may have removed or replaced the file while we waited for its lock.
bool StandsAt(int fd, const fs::path& path) {
  struct stat ours = {}, there = {};
  return fstat(fd, &ours) == 0 && lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

// An open file, locked. Asked again and again, since flock() itself would wait forever.
Result<Descriptor> LockFile(const fs::path& path, int flags, int kind, Millis patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto pause = std::chrono::microseconds(100);
  while (true) {
    auto file = OpenFile(path, flags);
    if (!file.ok()) return file;
    while (true) {
      if (flock(file->get(), kind | LOCK_NB) == 0) {
        if (StandsAt(file->get(), path)) return file;
        break;
      }
      if (errno != EWOULDBLOCK && errno != EINTR) return Failure("lock", path);
      if (std::chrono::steady_clock::now() > deadline)
        return Error{fmt::format("cannot lock {}: another process has held it for {} s", path.string(),
                                 std::chrono::duration_cast<std::chrono::seconds>(patience).count())};
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::microseconds(2000));
    }
  }
}

Status WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("write", path);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return Ok();
}

Result<std::string> ReadAll(int fd, const fs::path& path) {
  std::string bytes;
  char piece[65536];
  while (bytes.size() <= kLargestTokenStats) {
    const ssize_t count = pread(fd, piece, sizeof piece, static_cast<off_t>(bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("read", path);
    if (count == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(count));
  }
  return Error{fmt::format("cannot read {}: larger than {} bytes", path.string(), kLargestTokenStats)};
}

// Nothing when there is no such file.
Result<std::optional<std::string>> ReadIfThere(const fs::path& path) {
  if (!Stands(path)) return std::optional<std::string>();
  const auto file = OpenFile(path, O_RDONLY);
  if (!file.ok()) return Error{file.error()};
  auto bytes = ReadAll(file->get(), path);
  if (!bytes.ok()) return Error{bytes.error()};
  return std::optional(std::move(*bytes));
}

Status SyncFolder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) return Failure("write", folder);
  return Ok();
}

// The name without doubt: only whoever has the lock writes it, so a killed writer leaves one file and no
// more.
Status WriteNext(const fs::path& file, std::string_view bytes) {
  const fs::path part = Beside(file, ".json.part");
  const auto opened = OpenFile(part, O_WRONLY | O_CREAT | O_TRUNC);
  if (!opened.ok()) return Error{opened.error()};
  struct stat before = {};
  if (lstat(file.c_str(), &before) == 0 && S_ISREG(before.st_mode))
    (void)fchmod(opened->get(), before.st_mode & 07777);  // as its owner wants it, where that is possible
  if (auto written = WriteAll(opened->get(), bytes, part); !written.ok()) return written;
  if (fsync(opened->get()) != 0) return Failure("write", part);
  if (rename(part.c_str(), NextOf(file).c_str()) != 0) return Failure("write", NextOf(file));
  return SyncFolder(file);
}

// The log must be empty on the disk before the file that has its records is in place.
Status PutNextInPlace(const fs::path& file, int log) {
  if (ftruncate(log, 0) != 0 || fsync(log) != 0) return Failure("empty", Beside(file, ".log"));
  if (rename(NextOf(file).c_str(), file.c_str()) != 0) return Failure("write", file);
  return SyncFolder(file);
}

Result<TokenStats> ContentOf(const fs::path& file, ParsedTokenStats parsed) {
  if (!parsed.mistake.empty()) return Error{fmt::format("{} is damaged: {}", file.string(), parsed.mistake)};
  return std::move(parsed.stats);
}

// Gives a damaged file a second name, so that it is still there when the file is replaced.
Result<fs::path> SetAside(const fs::path& file) {
  constexpr int kTries = 10'000;
  for (int n = 1; n <= kTries; ++n) {
    const fs::path aside = file.string() + fmt::format(".damaged-{}", n);
    if (link(file.c_str(), aside.c_str()) == 0) return aside;
    if (errno != EEXIST) return Failure("set aside", file);
  }
  return Error{fmt::format("cannot set aside {}: there are too many damaged ones", file.string())};
}

}  // namespace

Status StatsStore::FoldLocked(int log, const MakeStats& make) {
  if (Stands(NextOf(file_))) {
    if (auto done = PutNextInPlace(file_, log); !done.ok()) return done;
  }
  const auto json = ReadIfThere(file_);
  if (!json.ok()) return Error{json.error()};
  const auto lines = ReadAll(log, Beside(file_, ".log"));
  if (!lines.ok()) return Error{lines.error()};
  if (*json && lines->empty() && !make) return Ok();
  ParsedTokenStats parsed;
  if (*json) parsed = ParseTokenStats(**json);
  for (const TokenRecord& record : ParseTokenLog(*lines)) AddRecord(parsed.stats, record);
  if (make) {
    auto made = make(ContentOf(file_, std::move(parsed)));
    if (!made.ok()) return Error{made.error()};
    parsed.stats = std::move(*made);
  }
  if (!parsed.mistake.empty()) {
    const auto aside = SetAside(file_);
    if (!aside.ok()) return Error{aside.error()};
    note_ = fmt::format("{} was damaged ({}): it is kept as {}{}", file_.string(), parsed.mistake,
                        aside->filename().string(), make ? "" : ", and what could be read goes on");
  }
  std::string text;
  WriteTokenStats(parsed.stats, text);
  if (auto written = WriteNext(file_, text); !written.ok()) return written;
  return PutNextInPlace(file_, log);
}

Status StatsStore::Record(const TokenRecord& record) {
  const fs::path path = Beside(file_, ".log");
  const auto log = LockFile(path, O_RDWR | O_CREAT | O_APPEND, LOCK_EX, patience_);
  if (!log.ok()) return Error{log.error()};
  if (Stands(NextOf(file_))) {
    if (auto done = PutNextInPlace(file_, log->get()); !done.ok()) return done;
  }
  struct stat info = {};
  if (fstat(log->get(), &info) != 0) return Failure("read", path);
  std::string line;
  // A writer that died within its line must not take ours with it.
  char last = '\n';
  if (info.st_size > 0 && pread(log->get(), &last, 1, info.st_size - 1) != 1) return Failure("read", path);
  if (last != '\n') line = "\n";
  WriteTokenRecord(record, line);
  if (auto written = WriteAll(log->get(), line, path); !written.ok()) {
    (void)ftruncate(log->get(), info.st_size);
    return written;
  }
  if (info.st_size > kFoldAt || !Stands(file_)) {
    const auto folded = FoldLocked(log->get(), {});
    if (folded.ok()) return Ok();
    note_ = folded.error();  // the record stands in the log all the same
  }
  // Others may append while the disk works, and their records share its effort.
  flock(log->get(), LOCK_UN);
  if (fdatasync(log->get()) != 0) return Failure("write", path);
  return Ok();
}

Status StatsStore::Fold() {
  if (!Stands(file_) && !Stands(Beside(file_, ".log"))) return Ok();
  const auto log = LockFile(Beside(file_, ".log"), O_RDWR | O_CREAT | O_APPEND, LOCK_EX, patience_);
  if (!log.ok()) return Error{log.error()};
  return FoldLocked(log->get(), {});
}

Status StatsStore::Replace(const MakeStats& make) {
  const auto log = LockFile(Beside(file_, ".log"), O_RDWR | O_CREAT | O_APPEND, LOCK_EX, patience_);
  if (!log.ok()) return Error{log.error()};
  return FoldLocked(log->get(), make);
}

bool StatsStore::Exists() const { return Stands(file_) || Stands(Beside(file_, ".log")); }

Result<TokenStats> StatsStore::Read() const {
  std::optional<Descriptor> log;
  if (Stands(Beside(file_, ".log"))) {
    auto locked = LockFile(Beside(file_, ".log"), O_RDONLY, LOCK_SH, patience_);
    if (!locked.ok()) return Error{locked.error()};
    log.emplace(std::move(*locked));
  }
  // A fold that was killed: its file has all that the log has.
  const bool folding = Stands(NextOf(file_));
  const auto json = ReadIfThere(folding ? NextOf(file_) : file_);
  if (!json.ok()) return Error{json.error()};
  ParsedTokenStats parsed;
  if (*json) parsed = ParseTokenStats(**json);
  if (log && !folding) {
    const auto lines = ReadAll(log->get(), Beside(file_, ".log"));
    if (!lines.ok()) return Error{lines.error()};
    for (const TokenRecord& record : ParseTokenLog(*lines)) AddRecord(parsed.stats, record);
  }
  return ContentOf(file_, std::move(parsed));
}

Result<TokenStats> ReadStatsFile(const fs::path& file) {
  const auto json = ReadWholeFile(file, kLargestTokenStats);
  if (!json.ok()) return Error{json.error()};
  return ContentOf(file, ParseTokenStats(*json));
}

Status ReplaceStatsFile(const fs::path& file, const MakeStats& make, Millis patience) {
  // Who has waited for the lock finds another file in place of the one that it has opened, and looks again.
  std::optional<Descriptor> old;
  if (Stands(file)) {
    auto locked = LockFile(file, O_RDONLY, LOCK_EX, patience);
    if (!locked.ok()) return Error{locked.error()};
    old.emplace(std::move(*locked));
  }
  const auto made = make(ReadStatsFile(file));
  if (!made.ok()) return Error{made.error()};
  std::string text;
  WriteTokenStats(*made, text);
  return WriteFileAtomically(file, text);
}

Result<fs::path> ProjectStatsPath(const fs::path& root, bool make) {
  const fs::path file = root / kTokenStatsPath;
  const fs::path folder = file.parent_path();
  std::error_code error;
  if (fs::is_symlink(fs::symlink_status(folder, error)))
    return Error{fmt::format("{} is a link to another place: no statistics are kept there", folder.string())};
  if (make) fs::create_directory(folder, error);
  if (make && error) return Error{fmt::format("cannot make {}: {}", folder.string(), error.message())};
  return file;
}

}  // namespace gsd
