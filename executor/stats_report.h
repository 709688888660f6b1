// The report of part 6.2 of the design document, as a table and as JSON. Pure.
#pragma once

#include <string>

#include "analysis/token_stats.h"

namespace gsd {

// Control characters are made visible; LF at the end. `user`: the user-level statistics, for the estimates.
std::string StatsText(const TokenStats& stats, const TokenStats& user, const std::string& file);
// {"version": 1, "file", "entries": [{"type", "complexity", "model", "executions", "avg_tokens",
// "min_tokens", "max_tokens", "success_rate", "avg_duration", "estimate": {"expected", "low", "high",
// "confidence", "source"}}], "usage": {"input", "output", "cache_creation", "cache_read"}}; seconds, to a
// millisecond, and null where nothing is known: an estimate that only failures stand behind.
std::string StatsJson(const TokenStats& stats, const TokenStats& user, const std::string& file);

}  // namespace gsd
