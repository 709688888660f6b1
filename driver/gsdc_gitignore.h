// Which files git would not look at, from the .gitignore files of a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gsd {

// The rules of one .gitignore (gitignore(5)): comments, negation, folders only, anchored patterns, **.
class GitIgnore {
 public:
  // `text` is the file's; its patterns hold below its folder.
  explicit GitIgnore(std::string_view text);

  enum class Verdict { kNone, kIgnored, kIncluded };
  // `path` is relative to the folder of the .gitignore, with forward slashes. The last pattern that matches
  // decides.
  Verdict Judge(std::string_view path, bool is_directory) const;

 private:
  struct Pattern {
    std::string glob;
    bool negated = false, only_folders = false, anchored = false;
  };
  std::vector<Pattern> patterns_;
};

// fnmatch with FNM_PATHNAME, and ** over folders. Bounded: linear for patterns without several stars.
bool GlobMatches(std::string_view glob, std::string_view path);

}  // namespace gsd
