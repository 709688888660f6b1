#include "executor/scope.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

namespace gsd {

namespace {

bool SegmentMatches(std::string_view pattern, std::string_view name) {
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), FNM_PATHNAME) == 0;
}

// Segment by segment; "**" stands for any number of segments. The usual two pointers: on a mismatch the last
// "**" takes one segment more, so the time is at most the product of both lengths.
bool GlobMatches(std::string_view glob, std::string_view path) {
  const auto patterns = Split(glob, '/');
  const auto names = Split(path, '/');
  constexpr size_t kNone = SIZE_MAX;
  size_t p = 0, n = 0, star = kNone, star_names = 0;
  while (n < names.size()) {
    if (p < patterns.size() && patterns[p] == "**") {
      star = p++;
      star_names = n;
    } else if (p < patterns.size() && SegmentMatches(patterns[p], names[n])) {
      ++p;
      ++n;
    } else if (star != kNone) {
      p = star + 1;
      n = ++star_names;
    } else {
      return false;
    }
  }
  while (p < patterns.size() && patterns[p] == "**") ++p;
  return p == patterns.size();
}

std::string_view Verb(FileChange::Kind kind) {
  return kind == FileChange::Kind::kAdded     ? "created"
         : kind == FileChange::Kind::kDeleted ? "deleted"
                                              : "changed";
}

}  // namespace

bool Covers(std::string_view entry, std::string_view path) {
  while (entry.starts_with("./")) entry.remove_prefix(2);
  if (entry == path) return true;
  const bool glob = entry.find_first_of("*?[") != std::string_view::npos;
  if (glob && GlobMatches(entry.ends_with('/') ? std::string(entry) + "**" : std::string(entry), path))
    return true;
  while (entry.ends_with('/')) entry.remove_suffix(1);
  if (entry.empty()) return false;
  if (entry == ".") return !path.starts_with("../");
  return path.size() > entry.size() && path.starts_with(entry) && path[entry.size()] == '/';
}

std::vector<std::string> OutOfScope(const std::vector<std::string>& declared,
                                    const std::vector<FileChange>& changes) {
  std::vector<std::string> outside;
  for (const FileChange& change : changes) {
    const bool in_root = !change.path.starts_with("../");
    const bool covered =
        in_root && (declared.empty() || std::any_of(declared.begin(), declared.end(), [&](const auto& entry) {
                      return Covers(entry, change.path);
                    }));
    if (!covered) outside.push_back(fmt::format("{} {}", Verb(change.kind), change.path));
  }
  return outside;
}

}  // namespace gsd
