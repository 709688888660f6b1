// The text of one file, and where things stand in it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/support.h"

namespace gsd {

struct FileTag {};
using FileId = Id<FileTag>;

// Half-open range of byte offsets in one file.
struct Span {
  FileId file;
  uint32_t begin = 0, end = 0;

  bool operator==(const Span&) const = default;
  uint32_t size() const { return end - begin; }
  bool Contains(uint32_t offset) const { return begin <= offset && offset < end; }
};

// A leaf of the AST: what was read, and where. A string_view value points into the file, or into
// Plan::decoded.
template <typename T>
struct Located {
  T value{};
  Span span;
};

// Where a person finds a byte: both count from 1, the column in code points.
struct Position {
  uint32_t line = 1, column = 1;
};

// A file's bytes, unchanged, with its lines found on first need (not thread-safe: one file, one thread).
// The text does not move when the SourceFile is moved, so views into it stay valid.
class SourceFile {
 public:
  // `path` is what diagnostics show. Offsets are 32 bits: at most kMaxBytes, checked by whoever reads the
  // file.
  SourceFile(FileId id, std::string path, std::string text);

  static constexpr size_t kMaxBytes = size_t{1} << 31;

  FileId id() const { return id_; }
  const std::string& path() const { return path_; }
  std::string_view text() const { return *text_; }
  std::string_view Slice(Span span) const { return text().substr(span.begin, span.size()); }
  Span SpanOf(std::string_view piece) const;  // `piece` must point into text()
  Span SpanFrom(size_t begin, size_t end) const {
    return {id_, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }

  Position PositionOf(uint32_t offset) const;
  uint32_t LineCount() const;
  std::string_view Line(uint32_t line) const;  // 1-based, without its line break
  uint32_t LineBegin(uint32_t line) const;     // 1-based

 private:
  // Found when somebody first asks; several threads may.
  struct Lines {
    std::once_flag found;
    std::vector<uint32_t> begins;
  };
  const std::vector<uint32_t>& FindLines() const;

  FileId id_;
  std::string path_;
  std::unique_ptr<const std::string> text_;
  std::unique_ptr<Lines> lines_ = std::make_unique<Lines>();
};

}  // namespace gsd
