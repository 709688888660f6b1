// What tasks of this project have needed in earlier runs: `.planning/.token-stats.json`, which gsd-run keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/models.h"
#include "analysis/workspace.h"

namespace gsd {

// One entry; its key in the file is "type|complexity|model".
struct TokenStat {
  std::string type;  // file-read, simple-impl, api-impl …
  int complexity = 0;
  Model model = Model::kSonnet;
  int64_t count = 0;                       // runs
  int64_t min_tokens = 0, max_tokens = 0;  // of one run
};

inline constexpr std::string_view kTokenStatsPath = ".planning/.token-stats.json";

// The entries in the order of the file. None without such a file, or when it is damaged: what gsd-run does
// about that is its own business. An entry that is not as it should be is left out.
std::vector<TokenStat> ParseTokenStats(const std::string& json);
std::vector<TokenStat> ReadTokenStats(const Workspace& workspace);

}  // namespace gsd
