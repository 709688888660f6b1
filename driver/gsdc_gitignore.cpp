#include "driver/gsdc_gitignore.h"

#include <fnmatch.h>

#include "frontend/support.h"

namespace gsd {

namespace {

bool PartMatches(std::string_view glob, std::string_view part) {
  return fnmatch(std::string(glob).c_str(), std::string(part).c_str(), FNM_PATHNAME) == 0;
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view path) {
  const auto globs = Split(glob, '/');
  const auto parts = Split(path, '/');
  // Which prefixes of the path each prefix of the glob can match: a row of a table, so that ** never
  // backtracks.
  std::vector<bool> reached(parts.size() + 1, false);
  reached[0] = true;
  for (size_t g = 0; g < globs.size(); ++g) {
    std::vector<bool> next(parts.size() + 1, false);
    if (globs[g] == "**") {
      bool any = false;
      for (size_t p = 0; p <= parts.size(); ++p) {
        any = any || reached[p];
        // A trailing ** stands for something, not for nothing.
        next[p] = g + 1 == globs.size() ? (p > 0 && next[p - 1]) || (p > 0 && reached[p - 1]) : any;
      }
    } else {
      for (size_t p = 0; p < parts.size(); ++p) next[p + 1] = reached[p] && PartMatches(globs[g], parts[p]);
    }
    reached = std::move(next);
  }
  return reached[parts.size()];
}

GitIgnore::GitIgnore(std::string_view text) {
  for (std::string_view line : Split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    Pattern pattern;
    if (line[0] == '!') {
      pattern.negated = true;
      line.remove_prefix(1);
    } else if (line[0] == '\\') {
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.only_folders = true;
      line.remove_suffix(1);
    }
    pattern.anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    pattern.glob = line;
    patterns_.push_back(std::move(pattern));
  }
}

GitIgnore::Verdict GitIgnore::Judge(std::string_view path, bool is_directory) const {
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (size_t i = patterns_.size(); i-- > 0;) {
    const Pattern& pattern = patterns_[i];
    if (pattern.only_folders && !is_directory) continue;
    const bool matches = pattern.anchored ? GlobMatches(pattern.glob, path) : PartMatches(pattern.glob, name);
    if (matches) return pattern.negated ? Verdict::kIncluded : Verdict::kIgnored;
  }
  return Verdict::kNone;
}

}  // namespace gsd
