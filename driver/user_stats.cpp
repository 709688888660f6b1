#include "driver/user_stats.h"

#include <cstdlib>
#include <utility>

namespace gsd {

namespace fs = std::filesystem;

fs::path UserStatsPath() {
  for (const auto& [variable, below] : {std::pair("XDG_DATA_HOME", "gsd"), {"HOME", ".local/share/gsd"}}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && value[0] == '/') return fs::path(value) / below / "token-stats.json";
  }
  return {};
}

}  // namespace gsd
