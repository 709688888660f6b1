// Reading and writing whole files, so that a reader never sees half of one.
#pragma once

#include <filesystem>
#include <future>
#include <string>
#include <string_view>

#include "frontend/support.h"

namespace gsd {

// The bytes of a regular file of at most `limit` bytes. Never blocks on a pipe or a device.
Result<std::string> ReadWholeFile(const std::filesystem::path& path, size_t limit = size_t{1} << 32);

// Its first `limit` bytes, or all when it has fewer. Never blocks, either.
Result<std::string> ReadFileHead(const std::filesystem::path& path, size_t limit);

// A file that is written piece by piece and takes its place only when it is whole: until Commit, the bytes go
// to a temporary file beside it, on a thread of their own from the second piece on. A file that is there
// keeps its permissions; one that may not be written is not replaced behind its back.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();  // not committed: nothing is left behind
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Append(std::string piece);
  // Renames; durably: when the bytes have reached the disk, which what can be made again need not wait for.
  // The first error of any step.
  enum class Durability : uint8_t { kDurable, kReproducible };
  Status Commit(Durability durability);

 private:
  void WritePiece(std::string_view bytes);
  void Finish();

  std::filesystem::path path_;
  std::string temporary_;
  int fd_ = -1;
  int mode_ = 0;
  int error_ = 0;  // errno of the first step that failed
  std::string waiting_;
  std::future<void> writing_;
};

// A whole file, durably.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gsd
