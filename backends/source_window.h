// The part of a source line that is shown around the places a finding is about.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gsd {

inline constexpr int kWindowColumns = 110;  // the most; what is longer is cut, with … at the cut

// Half-open range of bytes in a line.
struct LineRange {
  size_t begin = 0, end = 0;
};

struct SourceWindow {
  std::string shown;  // fit for a terminal
  struct Columns {
    int first = -1;  // from 0; -1: the range begins outside this window
    int count = 0;
  };
  std::vector<Columns> columns;  // by range; at least one column for those inside
};

// Shows `line`, or `columns` of it, so that the beginning of the first range is in it. The work does not grow
// with the line.
SourceWindow CutWindow(std::string_view line, const std::vector<LineRange>& ranges,
                       int columns = kWindowColumns);

}  // namespace gsd
