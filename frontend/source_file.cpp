#include "frontend/source_file.h"

#include <algorithm>
#include <cstring>

#include "frontend/utf8.h"

namespace gsd {

SourceFile::SourceFile(FileId id, std::string path, std::string text)
    : id_(id), path_(std::move(path)), text_(std::make_unique<const std::string>(std::move(text))) {
  GSD_CHECK(text_->size() <= kMaxBytes);
}

Span SourceFile::SpanOf(std::string_view piece) const {
  const size_t begin = static_cast<size_t>(piece.data() - text_->data());
  return SpanFrom(begin, begin + piece.size());
}

const std::vector<uint32_t>& SourceFile::FindLines() const {
  std::call_once(lines_->found, [this] {
    std::vector<uint32_t>& begins = lines_->begins;
    begins.push_back(0);
    const char* begin = text_->data();
    const char* end = begin + text_->size();
    for (const char* at = begin; at < end;) {
      const char* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
      if (newline == nullptr) break;
      at = newline + 1;
      begins.push_back(static_cast<uint32_t>(at - begin));
    }
  });
  return lines_->begins;
}

Position SourceFile::PositionOf(uint32_t offset) const {
  const std::vector<uint32_t>& begins = FindLines();
  offset = std::min(offset, static_cast<uint32_t>(text_->size()));
  const auto after = std::upper_bound(begins.begin(), begins.end(), offset);
  const auto line = static_cast<uint32_t>(after - begins.begin());
  const uint32_t begin = begins[line - 1];
  std::string_view before = text().substr(begin, offset - begin);
  if (begin == 0 && before.starts_with("\xEF\xBB\xBF")) before.remove_prefix(3);  // no editor counts the mark
  return {line, static_cast<uint32_t>(CountCodePoints(before)) + 1};
}

uint32_t SourceFile::LineCount() const { return static_cast<uint32_t>(FindLines().size()); }

uint32_t SourceFile::LineBegin(uint32_t line) const { return FindLines()[line - 1]; }

std::string_view SourceFile::Line(uint32_t line) const {
  const std::vector<uint32_t>& begins = FindLines();
  const uint32_t begin = begins[line - 1];
  const size_t end = line < begins.size() ? begins[line] - 1 : text_->size();
  std::string_view bytes = text().substr(begin, end - begin);
  if (bytes.ends_with('\r')) bytes.remove_suffix(1);
  return bytes;
}

}  // namespace gsd
