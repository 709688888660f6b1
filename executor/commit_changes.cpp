#include "executor/commit_changes.h"

#include <algorithm>

namespace gsd {
namespace {

// A commit's beginning and what stands between its trailers. A path may hold them, too, so the text is read
// from its beginning to its end.
constexpr char kCommit = '\x01', kTrailer = '\x02';
constexpr const char* kFormat =
    "--format=format:%x01%H%x02%(trailers:key=Gsd-Task,valueonly,unfold,separator=%x02)";

// Takes what stands before the next NUL.
std::string_view TakeWord(std::string_view& text) {
  const size_t end = std::min(text.find('\0'), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

Result<std::vector<CommitChanges>> ReadCommitChanges(const Git& git, const std::filesystem::path& root,
                                                     const std::string& base, const std::string& tip) {
  std::vector<CommitChanges> commits;
  if (base == tip) return commits;
  GitCall call;
  call.arguments = {"log",
                    "-z",
                    "--first-parent",
                    "--reverse",
                    "--no-show-signature",
                    "--relative",
                    "--no-renames",
                    "--name-status",
                    "--no-ext-diff",
                    kFormat,
                    base + ".." + tip};
  call.directory = root;
  const auto log = git.Get(call);
  if (!log.ok()) return Error{log.error()};
  for (std::string_view rest = *log; !rest.empty();) {
    if (rest.front() != kCommit) {  // the NUL between two commits
      rest.remove_prefix(1);
      continue;
    }
    const size_t end = std::min(rest.find_first_of(std::string_view("\n\0", 2)), rest.size());
    const auto head = Split(rest.substr(1, end - 1), kTrailer);
    CommitChanges& commit = commits.emplace_back();
    commit.commit = head[0];
    for (size_t i = 1; i < head.size(); ++i)
      if (!head[i].empty()) commit.tasks.emplace_back(head[i]);
    const bool changed = end < rest.size() && rest[end] == '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (changed && !rest.empty() && rest.front() != '\0') {
      const std::string_view kind = TakeWord(rest), path = TakeWord(rest);
      commit.changes.push_back({kind == "A"   ? FileChange::Kind::kAdded
                                : kind == "D" ? FileChange::Kind::kDeleted
                                              : FileChange::Kind::kModified,
                                std::string(path)});
    }
  }
  return commits;
}

std::vector<std::string> FilesOfTask(const std::vector<CommitChanges>& commits, std::string_view task) {
  std::vector<std::string> files;
  for (const CommitChanges& commit : commits) {
    if (std::find(commit.tasks.begin(), commit.tasks.end(), task) == commit.tasks.end()) continue;
    for (const FileChange& change : commit.changes) {
      std::erase(files, change.path);
      if (change.kind != FileChange::Kind::kDeleted) files.push_back(change.path);
    }
  }
  return files;
}

}  // namespace gsd
