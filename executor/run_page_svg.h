// The drawings on the pages of runs. Every figure that they show stands in a table beside them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "executor/run_page_figures.h"

namespace gsd {

// Attempts per slot, each a link to its row `attempt-N` (N: its place in figures.bars).
std::string GanttSvg(const RunFigures& figures, const TimeAxis& axis);

// What was spent up to each moment; `ceiling`: a dashed line.
struct SpendPoint {
  int64_t time = 0;
  double sum = 0;
};
std::string SpendSvg(const std::vector<SpendPoint>& points, const TimeAxis& axis,
                     std::optional<double> ceiling, const std::string& unit);

// A bar for each run, the oldest on the left.
struct TrendBar {
  std::string label, link;  // plain text
  double value = 0;
  bool good = true;
};
std::string TrendSvg(const std::vector<TrendBar>& bars, const std::string& title);

// 1234567 → "1.2 M"
std::string ShortNumber(double value);

}  // namespace gsd
