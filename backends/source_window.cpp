#include "backends/source_window.h"

#include <algorithm>

#include "backends/terminal_text.h"

namespace gsd {
namespace {

constexpr size_t kCharsBefore = 24;  // of a cut line, before the first range: four columns each fit
constexpr size_t kMaxBytes = size_t{8} * kWindowColumns;  // of a window: combining marks take no column

// Columns of the first `bytes` of `line`, or anything over kWindowColumns.
int WidthUpTo(std::string_view line, size_t bytes) {
  if (bytes > kMaxBytes) return kWindowColumns + 1;
  ShownChar shown;
  int width = 0;
  for (size_t at = 0; at < bytes && width <= kWindowColumns; at += shown.bytes) {
    ReadShownChar(line.substr(at), shown);
    width += shown.width;
  }
  return width;
}

}  // namespace

SourceWindow CutWindow(std::string_view line, const std::vector<LineRange>& ranges) {
  SourceWindow window;
  window.columns.resize(ranges.size());
  size_t at = 0;
  const LineRange focus = ranges.front();
  const size_t focus_end = std::min<size_t>(focus.end, focus.begin + kWindowColumns / 2);
  if (WidthUpTo(line, focus_end) > kWindowColumns - 2) {
    at = focus.begin;
    for (size_t chars = 0; at > 0 && chars < kCharsBefore;) {
      --at;
      if ((static_cast<unsigned char>(line[at]) & 0xC0) != 0x80) ++chars;
    }
  }
  int column = 0;
  if (at > 0) {
    window.shown += "…";
    column = 1;
  }
  // Called for every character that is shown, and once for the place after the last of the line.
  const auto see = [&](size_t from, size_t to, int width) {
    for (size_t i = 0; i < ranges.size(); ++i) {
      SourceWindow::Columns& columns = window.columns[i];
      if (columns.first < 0) {
        if (ranges[i].begin >= from && (ranges[i].begin < to || from == to))
          columns = {column, std::max(1, width)};
      } else if (from < ranges[i].end) {
        columns.count = std::max(columns.count, column + width - columns.first);
      }
    }
  };
  const size_t stop = std::min(line.size(), at + kMaxBytes);
  ShownChar shown;
  while (at < stop && column < kWindowColumns) {
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
  return window;
}

}  // namespace gsd
