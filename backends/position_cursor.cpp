#include "backends/position_cursor.h"

#include <algorithm>

#include "frontend/utf8.h"

namespace gsd {

Position PositionCursor::At(const SourceFile& file, uint32_t offset) {
  const std::string_view text = file.text();
  offset = std::min(offset, static_cast<uint32_t>(text.size()));
  constexpr uint32_t kByteOrderMark = 3;  // may stand before this, and is no column
  // Counts add up only where a character begins.
  const bool countable = offset >= kByteOrderMark &&
                         (offset == text.size() || (static_cast<unsigned char>(text[offset]) & 0xC0) != 0x80);
  if (!countable) return file.PositionOf(offset);
  if (&file == file_ && offset >= line_begin_ && offset < line_end_) {
    if (offset >= offset_) {
      position_.column += static_cast<uint32_t>(CountCodePoints(text.substr(offset_, offset - offset_)));
    } else if (offset_ - offset <= offset - line_begin_) {
      position_.column -= static_cast<uint32_t>(CountCodePoints(text.substr(offset, offset_ - offset)));
    } else {
      position_.column = file.PositionOf(offset).column;
    }
    offset_ = offset;
    return position_;
  }
  file_ = &file;
  offset_ = offset;
  position_ = file.PositionOf(offset);
  line_begin_ = file.LineBegin(position_.line);
  line_end_ = position_.line < file.LineCount() ? file.LineBegin(position_.line + 1)
                                                : static_cast<uint32_t>(text.size()) + 1;
  return position_;
}

}  // namespace gsd
