// The tasks' work trees: how they are made, read, kept and removed (git_workspace.cpp has the branch that
// their work goes to). An agent may have done anything in its own.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>

#include "executor/git_workspace.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;

constexpr size_t kSmallFile = size_t{64} << 10;

std::string TextOf(const fs::path& file) {
  const auto bytes = ReadWholeFile(file, kSmallFile);
  return bytes.ok() ? std::string(Trim(*bytes)) : "";
}

// Also folders that an agent has made unwritable (module caches are).
void RemoveTree(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error || fs::is_symlink(fs::symlink_status(folder, error))) return;
  const auto open = [&](const fs::path& path) {
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, error);
  };
  open(folder);
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (fs::is_directory(it->symlink_status(error))) open(it->path());
  fs::remove_all(folder, error);
}

// The administrative folders of work trees that stand in `folder` or are it; with "worktree remove" and
// "prune" work trees of the user's on a disk that is not there just now would go, too.
std::vector<fs::path> AdministrationsBelow(const fs::path& common_dir, const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(common_dir / "worktrees", error), end; !error && it != end;
       it.increment(error))
    if (TextOf(it->path() / "gitdir").starts_with(folder.string() + "/")) found.push_back(it->path());
  return found;
}

// That of the work tree itself, or nothing; an agent may have made others inside.
std::optional<fs::path> AdministrationOf(const fs::path& common_dir, const fs::path& tree) {
  for (const fs::path& administration : AdministrationsBelow(common_dir, tree))
    if (TextOf(administration / "gitdir") == tree / ".git") return administration;
  return std::nullopt;
}

bool IsName(std::string_view name) {
  return !name.empty() && name[0] != '.' &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

// What git accepts as the last part of a branch's name.
std::string BranchPart(std::string name) {
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool inner_dot = c == '.' && i + 1 < name.size() && IsWordChar(name[i + 1]);
    if (!IsWordChar(c) && c != '-' && c != '%' && !inner_dot) name[i] = '-';
  }
  if (name.ends_with(".lock")) name[name.size() - 5] = '-';
  return name;
}

struct RawChange {
  FileChange change;
  bool new_link = false;  // became a repository within the repository
};

// diff-tree --raw -z: ":<mode> <mode> <id> <id> <letter>" NUL path NUL …
std::vector<RawChange> ParseRawDiff(std::string_view raw) {
  constexpr std::string_view kLink = "160000";
  std::vector<RawChange> changes;
  const auto fields = Split(raw, '\0');
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto words = Split(fields[i], ' ');
    if (words.size() != 5) break;
    const auto kind = words[4] == "A"   ? FileChange::Kind::kAdded
                      : words[4] == "D" ? FileChange::Kind::kDeleted
                                        : FileChange::Kind::kModified;
    changes.push_back({{kind, std::string(fields[i + 1])}, words[1] == kLink && !words[0].ends_with(kLink)});
  }
  return changes;
}

// The folders of the submodules that .gitmodules declares, relative to the work tree.
std::set<std::string, std::less<>> Submodules(const fs::path& tree) {
  std::set<std::string, std::less<>> paths;
  const std::string text = TextOf(tree / ".gitmodules");
  for (const std::string_view line : Split(text, '\n')) {
    const size_t equals = line.find('=');
    if (equals != std::string_view::npos && Trim(line.substr(0, equals)) == "path")
      paths.emplace(Trim(line.substr(equals + 1)));
  }
  return paths;
}

// Takes the .git of repositories that an agent made in its work tree (`git init`, a clone, a project
// generator) out of the way for a while, so that git records their files and not a link to a commit that
// nobody has.
class HiddenRepositories {
 public:
  HiddenRepositories(const fs::path& tree, const fs::path& aside) : aside_(aside) {
    std::error_code error;
    constexpr auto kSkip = fs::directory_options::skip_permission_denied;
    const auto submodules = Submodules(tree);
    std::vector<fs::path> found;
    for (fs::recursive_directory_iterator it(tree, kSkip, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().filename() != ".git") continue;
      it.disable_recursion_pending();
      const std::string folder = it->path().parent_path().lexically_relative(tree).generic_string();
      if (it.depth() > 0 && submodules.count(folder) == 0) found.push_back(it->path());
    }
    fs::create_directories(aside_, error);
    for (const fs::path& path : found) {
      const fs::path to = aside_ / std::to_string(moved_.size());
      fs::rename(path, to, error);
      if (!error) moved_.emplace_back(path, to);
    }
  }
  ~HiddenRepositories() {
    std::error_code error;
    for (const auto& [from, to] : moved_) fs::rename(to, from, error);
    fs::remove(aside_, error);
  }
  HiddenRepositories(const HiddenRepositories&) = delete;
  HiddenRepositories& operator=(const HiddenRepositories&) = delete;

 private:
  fs::path aside_;
  std::vector<std::pair<fs::path, fs::path>> moved_;
};

}  // namespace

// Settings of the user's checkout that must not hold in a task's: it has all files, and its index is one file
// that can be copied.
const std::vector<std::string> GitWorkspace::kTreeSettings = {
    "core.sparseCheckout=false", "core.splitIndex=false", "core.untrackedCache=false"};

// The repository and the index are named, so that the work tree's .git, which the agent may have changed or
// removed, does not matter.
GitCall GitWorkspace::InTree(const std::string& name, std::vector<std::string> arguments) const {
  return {std::move(arguments),
          Tree(name),
          {{"GIT_DIR", common_dir_.string()},
           {"GIT_WORK_TREE", Tree(name).string()},
           {"GIT_INDEX_FILE", Index(name).string()}},
          kTreeSettings};
}

Result<Workplace> GitWorkspace::Prepare(const PlaceRequest& request) {
  const std::string& name = request.name;
  if (!IsName(name)) return Error{fmt::format("\"{}\" cannot be the name of a work tree", name)};
  Workplace place{name, Folder(name), request.on_everything ? tip_ : base_, ""};
  for (const Entry& entry : entries_) {
    if (request.on_everything) break;
    const bool wanted = entry.task.empty() || std::find(request.after.begin(), request.after.end(),
                                                        entry.task) != request.after.end();
    if (!wanted) continue;
    const auto picked = Pick(place.base, entry);
    if (!picked.ok()) return Error{picked.error()};
    place.base = *picked;
    if (!picked->empty()) continue;
    place.base = tip_;
    place.note =
        fmt::format("{} builds on tasks that it does not declare: {} begins with all that is integrated",
                    entry.task.empty() ? "a commit of the branch" : entry.task, name);
    break;
  }
  if (Status made = MakeTree(place); !made.ok()) return Error{made.error()};
  return place;
}

Result<Workplace> GitWorkspace::Restore(const std::string& name, const std::string& base,
                                        const std::string& tree) {
  if (!IsName(name)) return Error{fmt::format("\"{}\" cannot be the name of a work tree", name)};
  Workplace place{name, Folder(name), base, ""};
  if (Status made = MakeTree(place); !made.ok()) return Error{made.error()};
  GitCall fill = At(Tree(name), {"read-tree", "--reset", "-u", tree});
  fill.settings = kTreeSettings;
  fill.time_limit = minutes(10);
  if (const auto filled = git_.Get(fill); !filled.ok())
    return Error{fmt::format("cannot fill the work tree {}: {}", Tree(name).string(), filled.error())};
  return place;
}

Status GitWorkspace::MakeTree(const Workplace& place) {
  const std::string& name = place.name;
  Remove(name);
  GitCall add = At(top_, {"worktree", "add", "-q", "--detach", "--force", Tree(name).string(), place.base});
  add.settings = kTreeSettings;
  add.time_limit = minutes(10);
  if (const auto added = git_.Get(add); !added.ok()) {
    Remove(name);
    return Error{fmt::format("cannot make the work tree {}: {}", Tree(name).string(), added.error())};
  }
  // The index knows what git has just written; the time of its own writing says which entries may be taken
  // on trust. Without it all files would be read again.
  std::error_code error;
  if (const auto administration = AdministrationOf(common_dir_, Tree(name))) {
    const fs::path index = *administration / "index";
    const auto written = fs::last_write_time(index, error);
    if (!error && fs::copy_file(index, Index(name), error)) fs::last_write_time(Index(name), written, error);
    if (error) fs::remove(Index(name), error);
  }
  std::ofstream(BaseFile(name)) << place.base << "\n";
  fs::create_directories(place.folder, error);  // when no file of the project's folder is committed
  if (error) return Error{fmt::format("cannot make {}: {}", place.folder.string(), error.message())};
  return Ok();
}

Result<GitWorkspace::Staged> GitWorkspace::Stage(const std::string& name, const std::string& base) const {
  // An agent could have put a link here, to a folder that is none of ours.
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(Tree(name), error)))
    return Error{fmt::format("the work tree {} is gone", Tree(name).string())};
  fs::remove(Index(name).string() + ".lock", error);
  if (!fs::exists(Index(name), error)) {
    if (const auto read = git_.Get(InTree(name, {"read-tree", base})); !read.ok()) return Error{read.error()};
  }
  const auto added = git_.Run(InTree(name, {"add", "-A", "--ignore-errors", "--", "."}));
  if (!added.ok()) return Error{added.error()};
  const auto tree = git_.Get(InTree(name, {"write-tree"}));
  if (!tree.ok()) return Error{tree.error()};
  const auto diff = git_.Get(InTree(
      name, {"diff-tree", "-r", "-z", "--raw", "--no-renames", "--ignore-submodules=none", base, *tree}));
  if (!diff.ok()) return Error{diff.error()};
  Staged staged{*tree, {}, false, added->exit_code == 0 ? "" : GitComplaint(*added)};
  for (RawChange& raw : ParseRawDiff(*diff)) {
    staged.new_links = staged.new_links || raw.new_link;
    staged.changes.push_back({raw.change.kind, FromRoot(raw.change.path)});
  }
  return staged;
}

Result<GitWorkspace::Staged> GitWorkspace::StageAll(const std::string& name, const std::string& base) const {
  auto staged = Stage(name, base);
  if (staged.ok() && !staged->new_links && staged->complaint.empty()) return staged;
  const HiddenRepositories hidden(Tree(name), trees_ / ("." + name + ".hidden"));
  std::error_code error;
  fs::remove(Index(name), error);  // has the links, or is what is broken
  return Stage(name, base);
}

Result<Snapshot> GitWorkspace::Record(const Workplace& place) {
  auto staged = StageAll(place.name, place.base);
  if (staged.ok() && !staged->complaint.empty()) staged = Error{staged->complaint};
  if (!staged.ok())
    return Error{fmt::format("cannot record what is in {}: {}", place.folder.string(), staged.error())};
  Snapshot snapshot{std::move(staged->tree), std::move(staged->changes), ""};
  const auto administration = AdministrationOf(common_dir_, Tree(place.name));
  if (administration && TextOf(*administration / "HEAD") != place.base) {
    GitCall call = At(top_, {"rev-parse", "--verify", "-q", "HEAD^{commit}"});
    call.variables = {{"GIT_DIR", administration->string()}};
    const auto head = git_.Get(call);
    if (head.ok() && *head != place.base) snapshot.agent_commit = *head;
  }
  return snapshot;
}

Result<std::string> GitWorkspace::Keep(const Workplace& place, const std::string& message) {
  // What cannot be read is no reason to lose the rest.
  const auto staged = StageAll(place.name, place.base);
  if (!staged.ok()) return Error{staged.error()};
  if (staged->changes.empty()) return std::string();
  const auto commit = Commit(staged->tree, place.base, message);
  if (!commit.ok()) return Error{commit.error()};
  const std::string first = fmt::format("{}-{}", branch_, BranchPart(place.name));
  constexpr int kTries = 100;
  std::string why;
  for (int i = 1; i <= kTries; ++i) {
    const std::string name = i == 1 ? first : fmt::format("{}-{}", first, i);
    const auto made =
        git_.Get(At(top_, {"update-ref", "-m", "gsd-run: keep", "refs/heads/" + name, *commit, ""}));
    if (made.ok()) return name;
    why = made.error();
    if (!git_.Get(At(top_, {"rev-parse", "--verify", "-q", "refs/heads/" + name})).ok()) break;
  }
  return Error{fmt::format("cannot make the branch {}: {}", first, why)};
}

void GitWorkspace::Drop(const Workplace& place) { Remove(place.name); }

void GitWorkspace::Remove(const std::string& name) {
  for (const fs::path& administration : AdministrationsBelow(common_dir_, Tree(name)))
    RemoveTree(administration);
  for (const fs::path& path : {Tree(name), Index(name), BaseFile(name), trees_ / ("." + name + ".hidden")})
    RemoveTree(path);
}

void GitWorkspace::RemoveAll() {
  for (const fs::path& administration : AdministrationsBelow(common_dir_, trees_)) RemoveTree(administration);
  RemoveTree(trees_);
}

Status GitWorkspace::KeepLeftovers() {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(trees_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (IsName(name)) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (!fs::is_directory(fs::symlink_status(Tree(name), error))) {
      Remove(name);
      continue;
    }
    const std::string base = TextOf(BaseFile(name));
    const Workplace place{name, Folder(name), base.empty() ? base_ : base, ""};
    const auto kept = Keep(place, fmt::format("Work of {} when run {} was stopped", name, run_));
    if (!kept.ok())
      return Error{
          fmt::format("cannot keep what a stopped attempt left: {}; save or remove {}, then try again",
                      kept.error(), Tree(name).string())};
    if (!kept->empty())
      note_ +=
          fmt::format("{}what a stopped attempt left is on the branch {}", note_.empty() ? "" : "; ", *kept);
    Drop(place);
  }
  return Ok();
}

}  // namespace gsd
