#include "analysis/paths.h"

#include <algorithm>
#include <vector>

namespace gsd {

bool IsConcretePath(const PathEntry& entry) {
  return entry.kind == PathKind::kFile || entry.kind == PathKind::kAbsolute ||
         entry.kind == PathKind::kWindows || entry.kind == PathKind::kHome;
}

std::string_view FileNameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view NormalizedView(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

bool IsNormalPath(std::string_view path) {
  if (path.empty() || path.find('\\') != std::string_view::npos || path.ends_with('/')) return false;
  size_t part = 0;  // where the current part begins
  for (size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && path[i] != '/') continue;
    const std::string_view name = path.substr(part, i - part);
    const bool root = i == 0;  // "/usr" begins with an empty part
    if ((name.empty() && !root) || name == "." || name == "..") return false;
    part = i + 1;
  }
  return true;
}

std::string NormalizePath(std::string_view path) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && path[i] != '/' && path[i] != '\\') continue;
    const std::string_view part = path.substr(begin, i - begin);
    begin = i + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return {};
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out = path.starts_with('/') ? "/" : "";
  for (const std::string_view part : parts) {
    if (!out.empty() && out.back() != '/') out += '/';
    out += part;
  }
  return out;
}

bool NaturalLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t k = 0;
  while (i < a.size() && k < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[k])) {
      const auto number = [](std::string_view text, size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const size_t begin = at;
        while (at < text.size() && IsDigit(text[at])) ++at;
        return text.substr(begin, at - begin);
      };
      const std::string_view x = number(a, i);
      const std::string_view y = number(b, k);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[k]) return a[i] < b[k];
      ++i;
      ++k;
    }
  }
  return a.size() - i < b.size() - k;
}

}  // namespace gsd
