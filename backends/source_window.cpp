#include "backends/source_window.h"

#include <algorithm>

#include "backends/terminal_text.h"
#include "frontend/utf8.h"

namespace gsd {
namespace {

constexpr size_t kMaxBytes = size_t{8} * kWindowColumns;  // of a window: combining marks take no column

// Columns of the first `bytes` of `line`, or anything over `limit`.
int WidthUpTo(std::string_view line, size_t bytes, int limit) {
  bytes = std::min(bytes, line.size());  // a line break stands behind it
  if (bytes > kMaxBytes) return limit + 1;
  ShownChar shown;
  int width = 0;
  for (size_t at = 0; at < bytes && width <= limit; at += shown.bytes) {
    ReadShownChar(line.substr(at), shown);
    width += shown.width;
  }
  return width;
}

// Where the character before `at` (not 0) begins; of stray bytes, each is one.
size_t CharBefore(std::string_view line, size_t at) {
  for (size_t begin = at - 1;; --begin) {
    if ((static_cast<unsigned char>(line[begin]) & 0xC0) != 0x80)
      return Utf8SequenceLength(line.substr(begin, 4)) == at - begin ? begin : at - 1;
    if (begin == 0 || at - begin == 4) return at - 1;
  }
}

}  // namespace

SourceWindow CutWindow(std::string_view line, const std::vector<LineRange>& ranges, int columns) {
  SourceWindow window;
  window.columns.resize(ranges.size());
  size_t at = 0;
  const LineRange focus = ranges.front();
  const auto width = static_cast<size_t>(columns);
  const size_t focus_end = std::min<size_t>(focus.end, focus.begin + width / 2);
  if (WidthUpTo(line, focus_end, columns) > columns - 2) {
    const size_t chars_before = width / 4 - 3;  // four columns each fit, and something of the place
    at = std::min(focus.begin, line.size());
    for (size_t chars = 0; at > 0 && chars < chars_before; ++chars) at = CharBefore(line, at);
    // A line that ends soon leaves room for more of what stands before.
    ShownChar shown;
    int rest = WidthUpTo(line.substr(at), line.size() - at, columns);
    while (at > 0 && line.size() - at + 4 <= kMaxBytes) {
      const size_t before = CharBefore(line, at);
      ReadShownChar(line.substr(before), shown);
      rest += shown.width;
      if (rest >= columns) break;  // the … at the cut needs one
      at = before;
    }
  }
  int column = 0;
  if (at > 0) {
    window.shown += "…";
    column = 1;
  }
  // Called for every character that is shown, and once for the place after the last of the line.
  const auto see = [&](size_t from, size_t to, int char_width) {
    for (size_t i = 0; i < ranges.size(); ++i) {
      SourceWindow::Columns& place = window.columns[i];
      if (place.first < 0) {
        if (ranges[i].begin >= from && (ranges[i].begin < to || from == to))
          place = {column, std::max(1, char_width)};
      } else if (from < ranges[i].end) {
        place.count = std::max(place.count, column + char_width - place.first);
      }
    }
  };
  const size_t stop = std::min(line.size(), at + kMaxBytes);
  ShownChar shown;
  while (at < stop && column < columns) {
    ReadShownChar(line.substr(at), shown);
    see(at, at + shown.bytes, shown.width);
    window.shown += shown.text;
    column += shown.width;
    at += shown.bytes;
  }
  if (at < line.size()) {
    window.shown += "…";
  } else {
    see(at, at, 1);
  }
  // Whatever is in the line, its first place is shown: callers go on with what is left until nothing is.
  if (!window.columns.empty() && window.columns[0].first < 0) window.columns[0] = {column, 1};
  return window;
}

}  // namespace gsd
