#include "backends/position_cursor.h"

#include <algorithm>

#include "frontend/utf8.h"

namespace gsd {
namespace {

constexpr uint32_t kMarkEvery = 1024;  // bytes

// The line that `offset` is on: the last that does not begin after it.
uint32_t LineOf(const SourceFile& file, uint32_t offset) {
  uint32_t first = 1, last = file.LineCount();
  while (first < last) {
    const uint32_t middle = first + (last - first + 1) / 2;
    if (file.LineBegin(middle) <= offset) {
      first = middle;
    } else {
      last = middle - 1;
    }
  }
  return first;
}

}  // namespace

Position PositionCursor::At(const SourceFile& file, uint32_t offset) {
  offset = std::min(offset, static_cast<uint32_t>(file.text().size()));
  const uint32_t line = LineOf(file, offset), begin = file.LineBegin(line);
  if (offset - begin < kMarkEvery) return file.PositionOf(offset);
  const uint32_t byte_order_mark = begin == 0 && file.text().starts_with("\xEF\xBB\xBF") ? 1 : 0;
  return {line, CharactersBefore(file, offset) - CharactersBefore(file, begin) - byte_order_mark + 1};
}

uint32_t PositionCursor::CharactersBefore(const SourceFile& file, uint32_t offset) {
  const std::string_view text = file.text();
  std::vector<Mark>& marks = marks_[&file];
  if (marks.empty()) {
    uint32_t characters = 0;
    for (size_t at = 0; at < text.size(); ++characters) {
      if (at >= marks.size() * kMarkEvery) marks.push_back({static_cast<uint32_t>(at), characters});
      at += std::max<size_t>(1, Utf8SequenceLength(text.substr(at, 4)));
    }
  }
  size_t nearest = std::min<size_t>(offset / kMarkEvery, marks.size() - 1);
  if (marks[nearest].offset > offset) --nearest;
  const Mark& mark = marks[nearest];
  return mark.characters +
         static_cast<uint32_t>(CountCodePoints(text.substr(mark.offset, offset - mark.offset)));
}

}  // namespace gsd
