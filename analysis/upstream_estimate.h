// The estimates that upstream's planner writes into plans (`estimate:` in the front matter), what it learns
// from them, and what it reads in summaries (`actuals:`). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

inline constexpr std::string_view kCalibrationPath = ".planning/estimation-calibration.json";

// Of a whole plan. `raw_tokens` is what upstream's planner counted (characters / 4), `tokens` the same times
// its factor of that day.
struct UpstreamEstimate {
  std::optional<int64_t> tokens, raw_tokens;
  std::string_view confidence;  // low, med, high, or ""
};
// Nothing without one that has a number.
std::optional<UpstreamEstimate> ReadUpstreamEstimate(const Header& header);

// What a plan was estimated at (raw) and took.
struct CalibrationSample {
  int64_t estimate = 0, actual = 0;
};
// Of {"schema_version": 1, "samples": [{"estimateTokens", "actualTokens"}]}; nothing of another version.
// (In token_stats_json.cpp, with the rest of what reads JSON here.)
std::vector<CalibrationSample> ParseCalibration(const std::string& json);

// Upstream's factor: the median of actual / raw estimate from three samples on, at least 0.5 and at most 3;
// 1 with fewer. Measured against the raw estimate: against the calibrated one it would converge to the wrong
// value, since each sample would already contain the factor.
double CalibrationFactor(const std::vector<CalibrationSample>& samples);

// What the plan's tasks are expected to need by it: the raw estimate times the factor, else its `tokens`.
int64_t CalibratedTokens(const UpstreamEstimate& estimate, const std::vector<CalibrationSample>& samples);

}  // namespace gsd
