#include "passes/wide_paths.h"

#include <algorithm>

namespace gsd {

namespace {

// `*` and `?` stay inside a folder, `**` does not, `{a,b}` is either. `[` is a character: folders of web
// frameworks are called `[slug]`. Patterns that need too many steps match nothing.
class Matcher {
 public:
  bool Match(std::string_view pattern, std::string_view text) {
    constexpr int kMostSteps = 2'000;
    if (++steps_ > kMostSteps) return false;
    while (!pattern.empty()) {
      const char c = pattern.front();
      if (c == '*') return MatchStar(pattern, text);
      if (c == '{' && pattern.find('}') != std::string_view::npos) return MatchBraces(pattern, text);
      if (text.empty() || (c == '?' ? text.front() == '/' : text.front() != c)) return false;
      pattern.remove_prefix(1);
      text.remove_prefix(1);
    }
    return text.empty();
  }

 private:
  bool MatchStar(std::string_view pattern, std::string_view text) {
    const bool deep = pattern.starts_with("**");
    std::string_view rest = pattern.substr(deep ? 2 : 1);
    if (deep && rest.starts_with('/') && Match(rest.substr(1), text)) return true;  // no folder at all
    for (size_t i = 0;; ++i) {
      if (Match(rest, text.substr(i))) return true;
      if (i == text.size() || (!deep && text[i] == '/')) return false;
    }
  }

  bool MatchBraces(std::string_view pattern, std::string_view text) {
    const size_t end = pattern.find('}');
    for (const std::string_view choice : Split(pattern.substr(1, end - 1), ',')) {
      if (text.starts_with(choice) && Match(pattern.substr(end + 1), text.substr(choice.size()))) return true;
    }
    return false;
  }

  int steps_ = 0;
};

}  // namespace

std::optional<WidePath> ReadWidePath(const PathEntry& entry) {
  if (entry.kind != PathKind::kDirectory && entry.kind != PathKind::kGlob) return std::nullopt;
  WidePath wide;
  std::string path = NormalizePath(entry.path);
  if (path.empty()) return std::nullopt;
  if (entry.kind == PathKind::kDirectory) {
    wide.literal = path + '/';
  } else {
    constexpr std::ptrdiff_t kMostWildcards = 16;  // as deep as the matcher goes
    if (std::count_if(path.begin(), path.end(), [](char c) { return c == '*' || c == '{'; }) > kMostWildcards)
      return std::nullopt;
    wide.literal = path.substr(0, path.find_first_of("*?{"));
    wide.pattern = std::move(path);
  }
  return wide.literal.empty() ? std::nullopt : std::optional(std::move(wide));
}

bool Covers(const WidePath& wide, std::string_view file) {
  return file.starts_with(wide.literal) && (wide.pattern.empty() || Matcher().Match(wide.pattern, file));
}

}  // namespace gsd
