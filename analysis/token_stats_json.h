// The JSON forms of token statistics. Reading only; gsd-run writes them (executor/stats_json.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/token_stats.h"

namespace gsd {

// Records that have not found their way into the file yet stand beside it, one JSON object per line.
inline constexpr std::string_view kTokenLogPath = ".planning/.token-stats.log";
// Larger files are not statistics.
inline constexpr size_t kLargestTokenStats = size_t{1} << 24;

struct ParsedTokenStats {
  TokenStats stats;
  // What is wrong with the file ("not JSON", "the entry x|5|y is not as it should be: count is -3"); "" when
  // nothing is. `stats` holds what could be read all the same.
  std::string mistake;
};
ParsedTokenStats ParseTokenStats(const std::string& json);

// The records in the lines of a log. A line that is none was never acknowledged, and is left out.
std::vector<TokenRecord> ParseTokenLog(std::string_view lines);

}  // namespace gsd
