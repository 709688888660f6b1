// Isolation with git: every task works in a work tree of its own, what it did is integrated on the branch
// gsd/<run>, and the user's checkout, index and uncommitted changes are not touched before Deliver().
//
// A boundary of trust: the work trees share the user's repository, so an agent that can write there can
// change its configuration, branches and stash as any program of the user's can. Hooks, signatures and the
// like are switched off for every call; filters and merge drivers that the user has configured do run. What
// an agent does to its own work tree, its .git included, harms no other.
#pragma once

#include <map>
#include <memory>

#include "executor/git.h"
#include "executor/workspace.h"

namespace gsd {

struct GitWorkspaceOptions {
  std::filesystem::path root;  // absolute, without links; has a folder .gsd that git ignores
  std::string run;             // the run's id
  // The commit that the run began with, when it is resumed; "": it begins, at HEAD.
  std::string base;
};

struct Integrated {
  std::string task, commit;
};

enum class DeliverMode : uint8_t { kFastForward, kBranch };

struct Delivery {
  enum class Kind : uint8_t {
    kFastForwarded,  // the user's checkout has it
    kBranch,         // it stays on the branch; `reason` says why and `command` merges it
    kNothing,        // there was nothing; the branch is gone
  } kind;
  std::string reason, command;
};

// Only branches that are merged into HEAD go, or all of them.
enum class CleanBranches : uint8_t { kMerged, kAll };

class GitWorkspace : public Workspace {
 public:
  // A new run: makes the branch at HEAD. A resumed one: goes on at the tip of the branch, and puts what dead
  // attempts left behind on branches of their own. Errors say what the user can do.
  static Result<std::unique_ptr<GitWorkspace>> Open(Git git, const GitWorkspaceOptions& options);

  Result<Workplace> Prepare(const PlaceRequest& request) override;
  bool isolates() const override { return true; }
  Result<Workplace> Restore(const std::string& name, const std::string& base,
                            const std::string& tree) override;
  Result<Snapshot> Record(const Workplace& place) override;
  Result<Integration> Integrate(const Workplace& place, const Snapshot& snapshot, const std::string& task,
                                const std::string& message) override;
  Result<std::string> Keep(const Workplace& place, const std::string& message) override;
  void Drop(const Workplace& place) override;

  // One commit on the branch with these files (paths relative to the root), whatever .gitignore says. The
  // commit, or "" when the branch has them already. Such commits are in the base of every later task.
  using File = std::pair<std::string, std::string>;
  Result<std::string> AddFiles(const std::vector<File>& files, const std::string& message);

  Result<Delivery> Deliver(DeliverMode mode);

  const std::string& base() const { return base_; }
  const std::string& tip() const { return tip_; }
  const std::string& branch() const { return branch_; }  // "gsd/<run>"
  std::vector<Integrated> integrated() const;            // in order
  // Is there such a file (path relative to the root) in the result?
  Result<bool> Has(const std::string& path) const;
  // What people should know once: "" or a line.
  const std::string& note() const { return note_; }
  // "2 changed and 1 untracked files are not committed: the tasks do not see them", or "".
  std::string UncommittedNote() const;
  const Git& git() const { return git_; }

  // Removes the work trees of a run that has ended, and its branches. The branches that stay.
  static Result<std::vector<std::string>> Clean(const Git& git, const std::filesystem::path& root,
                                                const std::string& run, CleanBranches branches);

 private:
  // A commit of the branch. `task` is "" for those that no task made.
  struct Entry {
    std::string task, commit, parent;
  };
  // A merged tree, or where it conflicts.
  struct Merged {
    std::string tree;
    std::vector<std::string> conflicts;  // paths
    bool conflict = false;
  };
  struct Staged {
    std::string tree;
    std::vector<FileChange> changes;
    bool new_links = false;  // holds repositories that the agent made
    std::string complaint;   // what could not be added, or ""
  };

  // Settings of the user's checkout that must not hold in a task's: it has all files, and its index is one
  // file that can be copied.
  static const std::vector<std::string> kTreeSettings;

  // ---- git_workspace.cpp: the repository and the branch

  GitWorkspace(Git git, const GitWorkspaceOptions& options);
  Status FindRepository();
  Status ChooseIdentity();
  Status RemoveStaleLocks();
  Status CreateBranch();
  Status ReadBranch();
  bool BranchIsCheckedOut() const;

  Result<std::string> Commit(const std::string& tree, const std::string& parent,
                             const std::string& message) const;
  Result<std::string> Advance(const std::string& task, const std::string& tree, const std::string& message);
  Result<Merged> Merge(const std::string& base, const std::string& ours, const std::string& theirs) const;
  Result<std::string> Pick(const std::string& onto, const Entry& entry);  // "": conflict
  GitCall At(const std::filesystem::path& directory, std::vector<std::string> arguments) const;
  std::string FromRoot(const std::string& path) const;

  // ---- git_workspace_places.cpp: the work trees

  Status MakeTree(const Workplace& place);
  Result<Staged> Stage(const std::string& name, const std::string& base) const;
  Result<Staged> StageAll(const std::string& name, const std::string& base) const;
  Status KeepLeftovers();
  void Remove(const std::string& name);
  void RemoveAll();
  GitCall InTree(const std::string& name, std::vector<std::string> arguments) const;
  std::filesystem::path Tree(const std::string& name) const { return trees_ / name; }
  std::filesystem::path Folder(const std::string& name) const {
    return prefix_.empty() ? Tree(name) : Tree(name) / prefix_;
  }
  std::filesystem::path Index(const std::string& name) const { return trees_ / ("." + name + ".index"); }
  std::filesystem::path BaseFile(const std::string& name) const { return trees_ / ("." + name + ".base"); }

  Git git_;
  std::filesystem::path root_, trees_;  // trees_: .gsd/worktrees/<run>
  std::filesystem::path top_;           // of the user's checkout
  std::filesystem::path own_dir_;       // its git directory
  std::filesystem::path common_dir_;    // the repository's
  std::filesystem::path prefix_;        // from top_ to root_; empty when they are the same
  std::string run_, branch_, ref_, note_;
  std::string base_, tip_, tip_tree_;
  std::string head_ref_;  // refs/heads/main, or "" when detached
  std::vector<Entry> entries_;
  std::map<std::pair<std::string, std::string>, std::string> picked_;  // (onto, commit) → result
};

}  // namespace gsd
