// The run's branch: how it begins, moves and reaches the user (git_workspace_places.cpp has the work trees).
// Commits are made by plumbing: trees come from a private index or from `merge-tree`, become commits by
// `commit-tree`, and the branch moves by `update-ref`, which checks where it was. So nothing is half done
// when we are killed, and no checkout but the tasks' own is ever looked at.
#include "executor/git_workspace.h"

#include <fmt/format.h>

#include <algorithm>

#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;

bool IsRunId(std::string_view run) {
  return !run.empty() && run[0] != '-' &&
         std::all_of(run.begin(), run.end(), [](char c) { return IsWordChar(c) || c == '-'; });
}

}  // namespace

GitWorkspace::GitWorkspace(Git git, const GitWorkspaceOptions& options)
    : git_(std::move(git)),
      root_(options.root),
      trees_(options.root / ".gsd" / "worktrees" / options.run),
      run_(options.run),
      branch_("gsd/" + options.run),
      ref_("refs/heads/" + branch_),
      base_(options.base) {}

Result<std::unique_ptr<GitWorkspace>> GitWorkspace::Open(Git git, const GitWorkspaceOptions& options) {
  if (!IsRunId(options.run)) return Error{fmt::format("\"{}\" is not the id of a run", options.run)};
  std::unique_ptr<GitWorkspace> workspace(new GitWorkspace(std::move(git), options));
  for (auto step :
       {&GitWorkspace::FindRepository, &GitWorkspace::ChooseIdentity, &GitWorkspace::RemoveStaleLocks,
        options.base.empty() ? &GitWorkspace::CreateBranch : &GitWorkspace::ReadBranch,
        &GitWorkspace::KeepLeftovers}) {
    if (Status done = ((*workspace).*step)(); !done.ok()) return Error{done.error()};
  }
  return workspace;
}

GitCall GitWorkspace::At(const fs::path& directory, std::vector<std::string> arguments) const {
  return {std::move(arguments), directory};
}

Status GitWorkspace::FindRepository() {
  const auto bare = git_.Get(At(root_, {"rev-parse", "--is-bare-repository"}));
  if (!bare.ok())
    return Error{fmt::format("{}: {}; run `git init` and commit, or use --isolation=none", root_.string(),
                             bare.error())};
  const auto top = git_.Get(At(root_, {"rev-parse", "--show-toplevel"}));
  if (*bare == "true" || !top.ok())
    return Error{
        fmt::format("{} is in a bare repository, which has no checkout: use a clone of it, or a work tree",
                    root_.string())};
  const auto own = git_.Get(At(root_, {"rev-parse", "--absolute-git-dir"}));
  const auto common = git_.Get(At(root_, {"rev-parse", "--path-format=absolute", "--git-common-dir"}));
  if (!own.ok()) return Error{own.error()};
  if (!common.ok()) return Error{common.error()};
  top_ = *top;
  own_dir_ = *own;
  common_dir_ = *common;
  if (root_ != top_) prefix_ = root_.lexically_relative(top_);
  const auto head = git_.Run(At(top_, {"symbolic-ref", "-q", "HEAD"}));
  if (!head.ok()) return Error{head.error()};
  head_ref_ = Trim(head->out);
  std::error_code error;
  if (fs::exists(top_ / ".gitmodules", error))
    note_ = "the project has submodules: their folders are empty in the tasks' work trees";
  return Ok();
}

// Git would make one up from the names of the user and the machine, or refuse.
Status GitWorkspace::ChooseIdentity() {
  for (const char* role : {"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"}) {
    GitCall call = At(top_, {"var", role});
    call.settings = {"user.useConfigOnly=true"};
    const auto identity = git_.Run(call);
    if (!identity.ok()) return Error{identity.error()};
    if (identity->exit_code != 0) {
      git_.SetIdentity("gsd-run", "gsd-run@localhost");
      break;
    }
  }
  return Ok();
}

// A git that was killed while it moved a branch of this run has left its lock. One gsd-run at a time works in
// a project (run_lock.h), so nobody holds it.
Status GitWorkspace::RemoveStaleLocks() {
  const fs::path folder = (common_dir_ / ref_).parent_path();
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == run_ + ".lock" || (name.starts_with(run_ + "-") && name.ends_with(".lock")))
      stale.push_back(it->path());
  }
  for (const fs::path& lock : stale) fs::remove(lock, error);
  return Ok();
}

Status GitWorkspace::CreateBranch() {
  if (base_.empty()) {
    const auto head = git_.Get(At(top_, {"rev-parse", "--verify", "-q", "HEAD^{commit}"}));
    if (!head.ok())
      return Error{
          fmt::format("the repository {} has no commit yet: commit something first, or use --isolation=none",
                      top_.string())};
    tip_ = base_ = *head;
  }
  const auto tree = git_.Get(At(top_, {"rev-parse", "--verify", tip_ + "^{tree}"}));
  if (!tree.ok()) return Error{tree.error()};
  tip_tree_ = *tree;
  const auto made = git_.Get(At(top_, {"update-ref", "-m", "gsd-run: start", ref_, tip_, ""}));
  if (made.ok()) return Ok();
  if (git_.Get(At(top_, {"rev-parse", "--verify", "-q", "refs/heads/gsd"})).ok())
    return Error{fmt::format(
        "cannot make the branch {}, because there is a branch \"gsd\": rename it (git branch -m gsd NAME)",
        branch_)};
  return Error{fmt::format("cannot make the branch {}: {}", branch_, made.error())};
}

Status GitWorkspace::ReadBranch() {
  const auto is_ancestor = [&](const std::string& commit) {
    return git_.Get(At(top_, {"merge-base", "--is-ancestor", base_, commit})).ok();
  };
  const auto base = git_.Get(At(top_, {"rev-parse", "--verify", "-q", base_ + "^{commit}"}));
  if (!base.ok())
    return Error{fmt::format("the commit {} that run {} began with is not in {} any more", base_, run_,
                             top_.string())};
  base_ = *base;
  if (BranchIsCheckedOut())
    return Error{fmt::format("the branch {} is checked out in {}: switch to another one first (git switch -)",
                             branch_, top_.string())};
  const auto tip = git_.Get(At(top_, {"rev-parse", "--verify", "-q", ref_ + "^{commit}"}));
  if (tip.ok()) {
    tip_ = *tip;
    if (!is_ancestor(tip_))
      return Error{fmt::format("the branch {} does not contain the commit {} that the run began with",
                               branch_, base_)};
    const auto tree = git_.Get(At(top_, {"rev-parse", "--verify", tip_ + "^{tree}"}));
    if (!tree.ok()) return Error{tree.error()};
    tip_tree_ = *tree;
  } else {
    // Merged and removed, or never more than the base.
    const auto head = git_.Get(At(top_, {"rev-parse", "--verify", "-q", "HEAD"}));
    tip_ = head.ok() && is_ancestor(*head) ? *head : base_;
    if (Status made = CreateBranch(); !made.ok()) return made;
  }
  constexpr const char* kFormat =
      "--format=tformat:%H%x00%P%x00%(trailers:key=Gsd-Run,valueonly,separator=%x20)%x00"
      "%(trailers:key=Gsd-Task,valueonly,separator=%x20)";
  const auto log = git_.Get(At(top_, {"log", "-z", "--first-parent", "--reverse", "--no-show-signature",
                                      "--no-color", kFormat, base_ + ".." + tip_, "--"}));
  if (!log.ok()) return Error{log.error()};
  const auto fields = Split(*log, '\0');
  for (size_t i = 0; i + 3 < fields.size(); i += 4)
    entries_.push_back({std::string(fields[i + 2] == run_ ? fields[i + 3] : ""), std::string(fields[i]),
                        std::string(Split(fields[i + 1], ' ')[0])});
  return Ok();
}

bool GitWorkspace::BranchIsCheckedOut() const {
  constexpr size_t kLongest = size_t{64} << 10;
  const auto head = ReadWholeFile(own_dir_ / "HEAD", kLongest);
  return head.ok() && Trim(*head) == "ref: " + ref_;
}

std::string GitWorkspace::FromRoot(const std::string& path) const {
  return prefix_.empty() ? path : fs::path(path).lexically_relative(prefix_).generic_string();
}

// ---- commits ----

Result<std::string> GitWorkspace::Commit(const std::string& tree, const std::string& parent,
                                         const std::string& message) const {
  GitCall call = At(top_, {"commit-tree", tree, "-p", parent});
  call.input = message;
  return git_.Get(call);
}

Result<std::string> GitWorkspace::Advance(const std::string& task, const std::string& tree,
                                          const std::string& message) {
  if (BranchIsCheckedOut())
    return Error{fmt::format(
        "the branch {} is checked out in {}, so it cannot move: switch to another one (git switch -)",
        branch_, top_.string())};
  auto commit = Commit(tree, tip_, message);
  if (!commit.ok()) return commit;
  const auto moved = git_.Get(
      At(top_, {"update-ref", "-m", "gsd-run: " + (task.empty() ? "files" : task), ref_, *commit, tip_}));
  if (!moved.ok()) {
    // It may have moved all the same, and git was killed or stumbled afterwards.
    const auto now = git_.Get(At(top_, {"rev-parse", "--verify", "-q", ref_}));
    if (!now.ok() || *now != *commit)
      return Error{fmt::format("cannot add a commit to the branch {}, which should be at {}: {}", branch_,
                               tip_, moved.error())};
  }
  entries_.push_back({task, *commit, tip_});
  tip_ = *commit;
  tip_tree_ = tree;
  return commit;
}

// What happened between the commit `base` and `theirs`, a child of it, done again to `ours`. For git to take
// just that base, `ours` must look like a child of it, too.
Result<GitWorkspace::Merged> GitWorkspace::Merge(const std::string& base, const std::string& ours,
                                                 const std::string& theirs) const {
  const auto side = Commit(ours + "^{tree}", base, "gsd-run: a side of a merge\n");
  if (!side.ok()) return Error{side.error()};
  const auto merge =
      git_.Run(At(top_, {"merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *side, theirs}));
  if (!merge.ok()) return Error{merge.error()};
  if (merge->exit_code > 1) return Error{fmt::format("git merge-tree: {}", GitComplaint(*merge))};
  // The tree, then the paths that conflict, each with a NUL behind it.
  const auto fields = Split(merge->out, '\0');
  Merged merged{std::string(fields[0]), {}, merge->exit_code == 1};
  for (size_t i = 1; i + 1 < fields.size(); ++i) merged.conflicts.push_back(FromRoot(std::string(fields[i])));
  return merged;
}

Result<std::string> GitWorkspace::Pick(const std::string& onto, const Entry& entry) {
  if (entry.parent == onto) return entry.commit;
  const auto key = std::pair(onto, entry.commit);
  if (const auto known = picked_.find(key); known != picked_.end()) return known->second;
  const auto merged = Merge(entry.parent, onto, entry.commit);
  if (!merged.ok()) return Error{merged.error()};
  if (merged->conflict) return picked_[key] = "";
  auto commit =
      Commit(merged->tree, onto, fmt::format("gsd-run: {} for those that depend on it\n", entry.task));
  if (commit.ok()) picked_[key] = *commit;
  return commit;
}

// ---- the result ----

Result<Integration> GitWorkspace::Integrate(const Workplace& place, const Snapshot& snapshot,
                                            const std::string& task, const std::string& message) {
  constexpr auto kNothing = Integration::Kind::kNothing;
  if (snapshot.changes.empty()) return Integration{kNothing, "", {}};
  std::string tree = snapshot.tree;
  if (place.base != tip_) {
    const auto work = Commit(snapshot.tree, place.base, message);
    if (!work.ok()) return Error{work.error()};
    auto merged = Merge(place.base, tip_, *work);
    if (!merged.ok()) return Error{merged.error()};
    if (merged->conflict) return Integration{Integration::Kind::kConflict, "", std::move(merged->conflicts)};
    tree = merged->tree;
  }
  if (tree == tip_tree_) return Integration{kNothing, "", {}};
  const auto commit = Advance(task, tree, message);
  if (!commit.ok()) return Error{commit.error()};
  return Integration{Integration::Kind::kIntegrated, *commit, {}};
}

Result<std::string> GitWorkspace::AddFiles(const std::vector<File>& files, const std::string& message) {
  const fs::path index = trees_ / ".files";
  std::string entries;
  for (const auto& [path, bytes] : files) {
    const fs::path in_root = fs::path(path).lexically_normal();
    const bool inside = std::none_of(in_root.begin(), in_root.end(), [](const fs::path& part) {
      return part == ".." || EqualsIgnoreCase(part.string(), ".git");
    });
    if (path.empty() || in_root.is_absolute() || !inside)
      return Error{fmt::format("cannot commit {}: it is not in the project", path)};
    GitCall call = At(top_, {"hash-object", "-w", "--stdin"});
    call.input = bytes;
    const auto blob = git_.Get(call);
    if (!blob.ok()) return Error{blob.error()};
    entries += fmt::format("100644 {}\t{}", *blob, (prefix_ / in_root).generic_string());
    entries += '\0';
  }
  std::error_code error;
  fs::create_directories(trees_, error);
  fs::remove(index, error);
  fs::remove(index.string() + ".lock", error);  // of a git that was killed
  const auto with_index = [&](std::vector<std::string> arguments) {
    GitCall call = At(top_, std::move(arguments));
    call.variables = {{"GIT_INDEX_FILE", index.string()}};
    call.settings = kTreeSettings;
    return call;
  };
  GitCall update = with_index({"update-index", "-z", "--index-info"});
  update.input = entries;
  Result<std::string> tree = git_.Get(with_index({"read-tree", tip_}));
  if (tree.ok()) tree = git_.Get(update);
  if (tree.ok()) tree = git_.Get(with_index({"write-tree"}));
  fs::remove(index, error);
  if (!tree.ok()) return Error{fmt::format("cannot commit files to {}: {}", branch_, tree.error())};
  if (*tree == tip_tree_) return std::string();
  return Advance("", *tree, message);
}

Result<bool> GitWorkspace::Has(const std::string& path) const {
  const std::string full = (prefix_ / std::filesystem::path(path)).lexically_normal().generic_string();
  const auto listed = git_.Get(At(top_, {"--literal-pathspecs", "ls-tree", "--name-only", tip_, "--", full}));
  if (!listed.ok()) return Error{listed.error()};
  return !listed->empty();
}

Result<Delivery> GitWorkspace::Deliver(DeliverMode mode) {
  const auto stays = [&](std::string reason) {
    return Delivery{Delivery::Kind::kBranch, std::move(reason), "git merge " + branch_};
  };
  if (tip_ == base_) {
    GitCall remove = At(top_, {"update-ref", "-d", ref_, tip_});
    remove.outlives_us = true;  // it locks packed-refs, which the user needs
    if (const auto removed = git_.Get(remove); !removed.ok()) return Error{removed.error()};
    return Delivery{Delivery::Kind::kNothing, "", ""};
  }
  if (mode == DeliverMode::kBranch) return stays("--integrate=branch leaves that to you");
  const auto ref = git_.Run(At(top_, {"symbolic-ref", "-q", "HEAD"}));
  const auto head = git_.Get(At(top_, {"rev-parse", "--verify", "-q", "HEAD"}));
  if (!ref.ok()) return Error{ref.error()};
  if (!head.ok()) return Error{head.error()};
  if (Trim(ref->out) != head_ref_) return stays("another branch has been checked out since");
  if (*head == tip_) return Delivery{Delivery::Kind::kFastForwarded, "", ""};
  const bool known = *head == base_ || std::any_of(entries_.begin(), entries_.end(),
                                                   [&](const Entry& entry) { return entry.commit == *head; });
  if (!known) return stays("the checkout has other commits since the run began");
  const auto status = git_.Get(At(top_, {"status", "--porcelain", "-z", "--untracked-files=no"}));
  if (!status.ok()) return Error{status.error()};
  if (!status->empty()) return stays("the checkout has changes that are not committed");
  // Git checks that no untracked or ignored file is in the way before it changes anything.
  GitCall merge = At(top_, {"merge", "-q", "--ff-only", "--no-overwrite-ignore", "--no-autostash",
                            "--no-verify-signatures", ref_});
  merge.time_limit = minutes(10);
  merge.outlives_us = true;  // or a kill could leave the user's checkout half-way
  const auto merged = git_.Run(merge);
  if (!merged.ok()) return Error{merged.error()};
  if (merged->exit_code != 0) return stays("git could not merge it: " + GitComplaint(*merged));
  return Delivery{Delivery::Kind::kFastForwarded, "", ""};
}

std::vector<Integrated> GitWorkspace::integrated() const {
  std::vector<Integrated> integrated;
  for (const Entry& entry : entries_)
    if (!entry.task.empty()) integrated.push_back({entry.task, entry.commit});
  return integrated;
}

std::string GitWorkspace::UncommittedNote() const {
  const auto status = git_.Get(At(top_, {"status", "--porcelain", "-z", "--no-renames"}));
  if (!status.ok()) return "cannot say whether everything is committed: " + status.error();
  constexpr size_t kMostNamed = 3;
  size_t changed = 0, untracked = 0;
  std::vector<std::string> names;
  for (const std::string_view entry : Split(*status, '\0')) {
    if (entry.find("/.token-stats.") != std::string_view::npos) continue;  // ours; no task wants them
    if (entry.size() < 4) continue;
    ++(entry.starts_with("??") ? untracked : changed);
    if (names.size() < kMostNamed) names.emplace_back(entry.substr(3));
  }
  if (changed + untracked == 0) return "";
  std::string what;
  if (changed > 0) what = fmt::format("{} changed", changed);
  if (untracked > 0) what += fmt::format("{}{} untracked", what.empty() ? "" : " and ", untracked);
  const bool one = changed + untracked == 1;
  if (names.size() < changed + untracked) names.emplace_back("…");
  return fmt::format("{} {} not committed: the tasks do not see {} ({})", what, one ? "file is" : "files are",
                     one ? "it" : "them", fmt::join(names, ", "));
}

Result<std::vector<std::string>> GitWorkspace::Clean(const Git& git, const fs::path& root,
                                                     const std::string& run, CleanBranches branches) {
  if (!IsRunId(run)) return Error{fmt::format("\"{}\" is not the id of a run", run)};
  GitWorkspace workspace(git, {root, run, ""});
  if (Status found = workspace.FindRepository(); !found.ok()) return Error{found.error()};
  const fs::path& top = workspace.top_;
  workspace.RemoveAll();
  const auto list = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"for-each-ref", "--format=%(refname)", workspace.ref_,
                                          workspace.ref_ + "-*"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return git.Get(workspace.At(top, std::move(arguments)));
  };
  const auto goes = branches == CleanBranches::kAll ? list({}) : list({"--merged=HEAD"});
  if (!goes.ok()) return Error{goes.error()};
  for (const std::string_view ref : Split(*goes, '\n')) {
    if (ref.empty() || ref == workspace.head_ref_) continue;
    GitCall remove = workspace.At(top, {"update-ref", "-d", std::string(ref)});
    remove.outlives_us = true;
    if (const auto removed = git.Get(remove); !removed.ok()) return Error{removed.error()};
  }
  const auto left = list({});
  if (!left.ok()) return Error{left.error()};
  std::vector<std::string> names;
  for (const std::string_view ref : Split(*left, '\n'))
    if (!ref.empty()) names.emplace_back(ref.substr(std::string_view("refs/heads/").size()));
  return names;
}

}  // namespace gsd
