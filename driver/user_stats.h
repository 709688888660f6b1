// The user-level token statistics: of all the user's projects together, for both programs.
#pragma once

#include <filesystem>

namespace gsd {

// $XDG_DATA_HOME/gsd/token-stats.json, or below ~/.local/share; "" when neither variable is an absolute path.
std::filesystem::path UserStatsPath();

}  // namespace gsd
