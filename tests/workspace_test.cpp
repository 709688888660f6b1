// Isolation with git: real repositories in temporary folders, and what agents may do to their work trees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "executor/git_workspace.h"
#include "executor/plain_workspace.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Args = std::vector<std::string>;
using Kind = Integration::Kind;

constexpr const char* kRun = "20261122-121500-ab12";

Args TestEnvironment() {
  return {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
          "GIT_AUTHOR_NAME=user",        "GIT_AUTHOR_EMAIL=user@example.org",
          "GIT_COMMITTER_NAME=user",     "GIT_COMMITTER_EMAIL=user@example.org"};
}

// What our own calls of git see; undone at the end.
class Variable {
 public:
  Variable(const std::string& name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name_.c_str())) old_ = old;
    value == nullptr ? unsetenv(name_.c_str()) : setenv(name_.c_str(), value, 1);
  }
  ~Variable() { old_ ? setenv(name_.c_str(), old_->c_str(), 1) : unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> old_;
};

// Runs git in `folder` as a user or an agent does; its output without the last newline.
std::string GitIn(const fs::path& folder, Args args, bool may_fail = false) {
  args.insert(args.begin(), "git");
  auto result = Run(args, folder, {}, TestEnvironment());
  if (!may_fail) {
    EXPECT_EQ(result.exit_code, 0) << args[1] << ": " << result.err;
  }
  if (result.out.ends_with('\n')) result.out.pop_back();
  return result.out;
}

std::string Message(const std::string& task) {
  return "feat: " + task + "\n\nGsd-Task: " + task + "\nGsd-Run: " + kRun + "\n";
}

std::vector<std::string> Paths(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (const FileChange& change : snapshot.changes) {
    const char* letter = change.kind == FileChange::Kind::kAdded      ? "A "
                         : change.kind == FileChange::Kind::kModified ? "M "
                                                                      : "D ";
    paths.push_back(letter + change.path);
  }
  return paths;
}

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    for (const std::string& entry : TestEnvironment()) {
      const size_t equals = entry.find('=');
      variables_.push_back(
          std::make_unique<Variable>(entry.substr(0, equals), entry.substr(equals + 1).c_str()));
    }
    GitIn(dir_.path(), {"init", "-q", "-b", "main"});
    WriteFile(root_ / "a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n");
    WriteFile(root_ / "dir/b.txt", "b\n");
    WriteFile(root_ / ".gitignore", "*.log\n");
    WriteFile(root_ / ".gsd/.gitignore", "*\n");
    GitIn(root_, {"add", "-A"});
    GitIn(root_, {"commit", "-q", "-m", "first"});
    base_ = Head();
  }

  std::string Head() const { return GitIn(root_, {"rev-parse", "HEAD"}); }

  Result<std::unique_ptr<GitWorkspace>> TryOpen(const std::string& base = "", fs::path root = {}) const {
    auto git = Git::Find();
    EXPECT_TRUE(git.ok());
    return GitWorkspace::Open(std::move(*git), {root.empty() ? root_ : root, kRun, base});
  }
  std::unique_ptr<GitWorkspace> Open(const std::string& base = "", const fs::path& root = {}) const {
    auto opened = TryOpen(base, root);
    EXPECT_TRUE(opened.ok()) << opened.error();
    return std::move(*opened);
  }
  static Workplace Prepare(Workspace& workspace, const std::string& name, Args after = {}) {
    const auto place = workspace.Prepare({name, std::move(after)});
    EXPECT_TRUE(place.ok()) << place.error();
    return *place;
  }
  static Snapshot Record(Workspace& workspace, const Workplace& place) {
    const auto snapshot = workspace.Record(place);
    EXPECT_TRUE(snapshot.ok()) << snapshot.error();
    return *snapshot;
  }
  static Integration Integrate(Workspace& workspace, const Workplace& place) {
    const auto done = workspace.Integrate(place, Record(workspace, place), place.name, Message(place.name));
    EXPECT_TRUE(done.ok()) << done.error();
    return *done;
  }
  // A whole task: one file, written where all of `after` is done.
  void Do(Workspace& workspace, const std::string& task, const std::string& file, const std::string& bytes,
          Args after = {}) const {
    const Workplace place = Prepare(workspace, task, std::move(after));
    WriteFile(place.folder / file, bytes);
    EXPECT_EQ(Integrate(workspace, place).kind, Kind::kIntegrated) << task;
    workspace.Drop(place);
  }
  std::string Show(const std::string& path) const {
    return GitIn(root_, {"show", std::string("gsd/") + kRun + ":" + path});
  }
  std::string FilesOf(const std::string& commit) const {
    return GitIn(root_, {"ls-tree", "-r", "--name-only", commit});
  }

  TempDir dir_;
  fs::path root_ = fs::canonical(dir_.path());
  std::string base_;

 private:
  std::vector<std::unique_ptr<Variable>> variables_;
};

TEST_F(WorkspaceTest, ATaskBecomesOneCommit) {
  const auto workspace = Open();
  EXPECT_EQ(workspace->base(), base_);
  EXPECT_EQ(workspace->branch(), std::string("gsd/") + kRun);
  const Workplace place = Prepare(*workspace, "08-02_1");
  EXPECT_EQ(place.folder, root_ / ".gsd/worktrees" / kRun / "08-02_1");
  EXPECT_EQ(place.base, base_);
  EXPECT_EQ(ReadFile(place.folder / "dir/b.txt"), "b\n");
  WriteFile(place.folder / "new.txt", "new\n");
  WriteFile(place.folder / "a.txt", "changed\n");
  WriteFile(place.folder / "x.log", "ignored\n");
  fs::create_directories(place.folder / "empty");
  fs::remove(place.folder / "dir/b.txt");
  const Snapshot snapshot = Record(*workspace, place);
  EXPECT_THAT(Paths(snapshot), UnorderedElementsAre("M a.txt", "D dir/b.txt", "A new.txt"));
  EXPECT_EQ(snapshot.agent_commit, "");
  WriteFile(place.folder / "coverage.txt", "written by a verify command\n");
  const auto done = workspace->Integrate(place, snapshot, "08-02:1", Message("08-02:1"));
  ASSERT_TRUE(done.ok()) << done.error();
  EXPECT_EQ(done->kind, Kind::kIntegrated);
  EXPECT_EQ(done->commit, workspace->tip());
  EXPECT_EQ(GitIn(root_, {"rev-parse", workspace->branch()}), workspace->tip());
  EXPECT_EQ(GitIn(root_, {"rev-parse", workspace->tip() + "^"}), base_);
  EXPECT_EQ(GitIn(root_, {"log", "-1", "--format=%an %s", workspace->tip()}), "user feat: 08-02:1");
  EXPECT_EQ(FilesOf(workspace->tip()), ".gitignore\na.txt\nnew.txt");
  workspace->Drop(place);
  EXPECT_FALSE(fs::exists(place.folder));
  EXPECT_EQ(GitIn(root_, {"worktree", "list", "--porcelain"}).find(".gsd"), std::string::npos);
  EXPECT_EQ(Head(), base_);
}

TEST_F(WorkspaceTest, ABaseHoldsJustWhatTheTaskDependsOn) {
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1");
  Do(*workspace, "2", "two.txt", "2");
  Do(*workspace, "3", "three.txt", "3", {"1", "2"});
  const Workplace place = Prepare(*workspace, "4", {"2", "checkpoint"});
  EXPECT_EQ(FilesOf(place.base), ".gitignore\na.txt\ndir/b.txt\ntwo.txt");
  EXPECT_EQ(place.note, "");
  // The same set is not made twice, and all that is integrated is the tip.
  const size_t calls = workspace->git().calls();
  EXPECT_EQ(Prepare(*workspace, "5", {"2"}).base, place.base);
  EXPECT_EQ(workspace->git().calls(), calls + 1);
  EXPECT_EQ(Prepare(*workspace, "6", {"3", "2", "1"}).base, workspace->tip());
  EXPECT_EQ(Prepare(*workspace, "7").base, base_);
  WriteFile(place.folder / "four.txt", "4");
  fs::remove(place.folder / "two.txt");
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
  EXPECT_EQ(FilesOf(workspace->tip()), ".gitignore\na.txt\ndir/b.txt\nfour.txt\none.txt\nthree.txt");
  EXPECT_EQ(GitIn(root_, {"rev-list", "--merges", workspace->tip()}), "");
}

TEST_F(WorkspaceTest, WhatDependsOnUndeclaredWorkBeginsWithEverything) {
  const auto workspace = Open();
  Do(*workspace, "1", "a.txt", "one\n");
  const Workplace two = Prepare(*workspace, "2", {"1"});
  WriteFile(two.folder / "a.txt", "two\n");
  Integrate(*workspace, two);
  const Workplace place = Prepare(*workspace, "3", {"2"});
  EXPECT_EQ(place.base, workspace->tip());
  EXPECT_THAT(place.note, HasSubstr("2 builds on tasks that it does not declare"));
}

TEST_F(WorkspaceTest, TwoTasksInOneFile) {
  const auto workspace = Open();
  const Workplace one = Prepare(*workspace, "1"), two = Prepare(*workspace, "2"),
                  three = Prepare(*workspace, "3");
  WriteFile(one.folder / "a.txt", "one\n2\n3\n4\n5\n6\n7\n8\n");
  WriteFile(two.folder / "a.txt", "1\n2\n3\n4\n5\n6\n7\ntwo\n");
  WriteFile(three.folder / "a.txt", "three\n2\n3\n4\n5\n6\n7\n8\n");
  WriteFile(three.folder / "other.txt", "three");
  EXPECT_EQ(Integrate(*workspace, one).kind, Kind::kIntegrated);
  EXPECT_EQ(Integrate(*workspace, two).kind, Kind::kIntegrated);
  EXPECT_EQ(Show("a.txt"), "one\n2\n3\n4\n5\n6\n7\ntwo");
  const std::string tip = workspace->tip();
  const Integration conflict = Integrate(*workspace, three);
  EXPECT_EQ(conflict.kind, Kind::kConflict);
  EXPECT_THAT(conflict.conflicts, ElementsAre("a.txt"));
  EXPECT_EQ(workspace->tip(), tip);
  EXPECT_EQ(GitIn(root_, {"rev-parse", workspace->branch()}), tip);
  EXPECT_EQ(workspace->integrated().size(), 2U);
  // Again, on what the others have done.
  const Workplace again = Prepare(*workspace, "3", {"1", "2"});
  EXPECT_EQ(again.folder, three.folder);
  EXPECT_FALSE(fs::exists(again.folder / "other.txt"));
  EXPECT_EQ(ReadFile(again.folder / "a.txt"), "one\n2\n3\n4\n5\n6\n7\ntwo\n");
}

TEST_F(WorkspaceTest, NothingToIntegrate) {
  const auto workspace = Open();
  const Workplace one = Prepare(*workspace, "1"), two = Prepare(*workspace, "2");
  EXPECT_EQ(Integrate(*workspace, one).kind, Kind::kNothing);
  const auto kept = workspace->Keep(one, "keep");
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(*kept, "");
  // The same change twice is one.
  WriteFile(one.folder / "new.txt", "same");
  WriteFile(two.folder / "new.txt", "same");
  EXPECT_EQ(Integrate(*workspace, one).kind, Kind::kIntegrated);
  EXPECT_EQ(Integrate(*workspace, two).kind, Kind::kNothing);
  EXPECT_EQ(workspace->integrated().size(), 1U);
}

TEST_F(WorkspaceTest, PathsOfAllKinds) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  const Args names = {"with space", "quote\"s'",   "new\nline", "tab\t",   "ünïcödé ☃",
                      "-dash",      "back\\slash", ":(glob)x",  "\xff\xfe"};
  for (const std::string& name : names) WriteFile(place.folder / name, name);
  fs::create_symlink("/etc/passwd", place.folder / "link");
  WriteFile(place.folder / "tool", "#!/bin/sh\n");
  fs::permissions(place.folder / "tool", fs::perms::owner_exec, fs::perm_options::add);
  fs::rename(place.folder / "dir", place.folder / "moved");
  ASSERT_EQ(mkfifo((place.folder / "pipe").c_str(), 0600), 0);
  std::set<std::string> expected = {"A link", "A tool", "D dir/b.txt", "A moved/b.txt"};
  for (const std::string& name : names) expected.insert("A " + name);
  EXPECT_THAT(Paths(Record(*workspace, place)), testing::UnorderedElementsAreArray(expected));
  // Through a merge, too.
  Do(*workspace, "2", "other", "x");
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
  EXPECT_EQ(Show("new\nline"), "new\nline");
  EXPECT_EQ(Show("link"), "/etc/passwd");
  EXPECT_THAT(GitIn(root_, {"ls-tree", workspace->tip(), "tool"}), testing::StartsWith("100755"));
  // Conflicts name them as they are.
  const Workplace left = Prepare(*workspace, "3"), right = Prepare(*workspace, "4");
  WriteFile(left.folder / "ü\n", "left");
  WriteFile(right.folder / "ü\n", "right");
  Integrate(*workspace, left);
  EXPECT_THAT(Integrate(*workspace, right).conflicts, ElementsAre("ü\n"));
}

TEST_F(WorkspaceTest, AChangeOfTheSameSizeInTheSameMomentIsSeen) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  WriteFile(place.folder / "dir/b.txt", "c\n");
  EXPECT_THAT(Paths(Record(*workspace, place)), ElementsAre("M dir/b.txt"));
  WriteFile(place.folder / "dir/b.txt", "b\n");
  EXPECT_THAT(Paths(Record(*workspace, place)), IsEmpty());
}

TEST_F(WorkspaceTest, AttributesThatNameUnknownProgramsAreOnlyAFile) {
  const auto workspace = Open();
  const Workplace one = Prepare(*workspace, "1"), two = Prepare(*workspace, "2");
  WriteFile(one.folder / ".gitattributes", "* filter=lfs merge=ours diff=word\n");
  WriteFile(one.folder / "a.txt", "one\n2\n3\n4\n5\n6\n7\n8\n");
  EXPECT_EQ(Integrate(*workspace, one).kind, Kind::kIntegrated);
  WriteFile(two.folder / "a.txt", "1\n2\n3\n4\n5\n6\n7\ntwo\n");
  EXPECT_EQ(Integrate(*workspace, two).kind, Kind::kIntegrated);
  EXPECT_EQ(ReadFile(Prepare(*workspace, "3", {"1", "2"}).folder / "a.txt"), "one\n2\n3\n4\n5\n6\n7\ntwo\n");
}

TEST_F(WorkspaceTest, ARenameMeetsAChange) {
  const auto workspace = Open();
  const Workplace one = Prepare(*workspace, "1"), two = Prepare(*workspace, "2");
  fs::rename(one.folder / "a.txt", one.folder / "renamed.txt");
  WriteFile(two.folder / "a.txt", "1\n2\n3\n4\n5\n6\n7\ntwo\n");
  Integrate(*workspace, one);
  EXPECT_EQ(Integrate(*workspace, two).kind, Kind::kIntegrated);
  EXPECT_EQ(Show("renamed.txt"), "1\n2\n3\n4\n5\n6\n7\ntwo");
}

TEST_F(WorkspaceTest, AProjectInASubfolder) {
  const auto workspace = Open("", root_ / "dir");
  const Workplace place = Prepare(*workspace, "1");
  EXPECT_EQ(place.folder, root_ / "dir/.gsd/worktrees" / kRun / "1/dir");
  WriteFile(place.folder / "b.txt", "changed");
  WriteFile(place.folder / "sub/c.txt", "c");
  WriteFile(place.folder / "../a.txt", "outside of the project");
  const Snapshot snapshot = Record(*workspace, place);
  EXPECT_THAT(Paths(snapshot), UnorderedElementsAre("M b.txt", "A sub/c.txt", "M ../a.txt"));
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
  const auto added = workspace->AddFiles({{"08-02-SUMMARY.md", "done\n"}}, "docs: summary\n");
  ASSERT_TRUE(added.ok()) << added.error();
  EXPECT_EQ(Show("dir/08-02-SUMMARY.md"), "done");
  // A project of which nothing is committed yet.
  fs::create_directories(root_ / "fresh");
  GitIn(root_, {"update-ref", "-d", std::string("refs/heads/gsd/") + kRun});
  EXPECT_TRUE(fs::is_directory(Prepare(*Open("", root_ / "fresh"), "1").folder));
}

TEST_F(WorkspaceTest, AgentsThatUseGitThemselves) {
  const auto workspace = Open();
  const auto agent = [&](const std::string& name, const std::vector<Args>& commands) {
    const Workplace place = Prepare(*workspace, name);
    WriteFile(place.folder / (name + ".txt"), name);
    for (const Args& command : commands) GitIn(place.folder, command);
    return place;
  };
  const Workplace committed = agent("commit", {{"add", "-A"}, {"commit", "-q", "-m", "mine"}});
  WriteFile(committed.folder / "after.txt", "not committed");
  const Snapshot snapshot = Record(*workspace, committed);
  EXPECT_THAT(Paths(snapshot), UnorderedElementsAre("A commit.txt", "A after.txt"));
  EXPECT_EQ(snapshot.agent_commit, GitIn(committed.folder, {"rev-parse", "HEAD"}));
  EXPECT_EQ(Integrate(*workspace, committed).kind, Kind::kIntegrated);
  EXPECT_EQ(GitIn(root_, {"rev-parse", workspace->tip() + "^"}), base_);

  const Workplace branched =
      agent("branch", {{"checkout", "-q", "-b", "mine"}, {"add", "-A"}, {"commit", "-q", "-m", "m"}});
  const Snapshot on_branch = Record(*workspace, branched);
  EXPECT_THAT(Paths(on_branch), ElementsAre("A branch.txt"));
  EXPECT_EQ(on_branch.agent_commit, GitIn(root_, {"rev-parse", "mine"}));

  const Workplace reset =
      agent("reset", {{"add", "-A"}, {"commit", "-q", "-m", "m"}, {"reset", "-q", "--hard", "HEAD^"}});
  EXPECT_THAT(Paths(Record(*workspace, reset)), IsEmpty());
  const Workplace stashed = agent("stash", {{"add", "-A"}, {"stash"}});
  EXPECT_THAT(Paths(Record(*workspace, stashed)), IsEmpty());
  const Workplace hiding = agent("hide", {{"update-index", "--assume-unchanged", "a.txt"}});
  WriteFile(hiding.folder / "a.txt", "hidden from the agent's own index");
  EXPECT_THAT(Paths(Record(*workspace, hiding)), UnorderedElementsAre("A hide.txt", "M a.txt"));
  for (const Workplace& place : {committed, branched, reset, stashed, hiding}) workspace->Drop(place);
  EXPECT_EQ(Head(), base_);
}

TEST_F(WorkspaceTest, AgentsThatMakeRepositories) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  WriteFile(place.folder / "app/main.ts", "main");  // a project generator
  GitIn(place.folder / "app", {"init", "-q"});
  WriteFile(place.folder / "lib/lib.ts", "lib");
  GitIn(place.folder / "lib", {"init", "-q"});
  GitIn(place.folder / "lib", {"add", "-A"});
  GitIn(place.folder / "lib", {"commit", "-q", "-m", "first"});
  GitIn(place.folder, {"worktree", "add", "-q", "--detach", "tree"});
  WriteFile(place.folder / "broken/x", "x");
  WriteFile(place.folder / "broken/.git", "garbage");
  EXPECT_THAT(Paths(Record(*workspace, place)),
              UnorderedElementsAre("A app/main.ts", "A lib/lib.ts", "A tree/a.txt", "A tree/dir/b.txt",
                                   "A tree/.gitignore", "A broken/x"));
  // The repositories are as they were.
  EXPECT_EQ(GitIn(place.folder / "lib", {"log", "--format=%s"}), "first");
  EXPECT_TRUE(fs::exists(place.folder / "app/.git/HEAD"));
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
  EXPECT_EQ(Show("app/main.ts"), "main");
  // Submodules are what .gitmodules says they are.
  const Workplace two = Prepare(*workspace, "2");
  GitIn(two.folder, {"-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                     (root_ / ".git").string(), "sub"});
  EXPECT_THAT(Paths(Record(*workspace, two)), UnorderedElementsAre("A .gitmodules", "A sub"));
}

TEST_F(WorkspaceTest, AgentsThatBreakTheirWorkTree) {
  const auto workspace = Open();
  const Workplace other = Prepare(*workspace, "other");
  WriteFile(other.folder / "other.txt", "other");
  const auto broken = [&](const std::string& name, auto harm) {
    const Workplace place = Prepare(*workspace, name);
    WriteFile(place.folder / (name + ".txt"), name);
    harm(place.folder);
    return place;
  };
  const Workplace removed = broken("removed", [](const fs::path& folder) { fs::remove(folder / ".git"); });
  EXPECT_THAT(Paths(Record(*workspace, removed)), ElementsAre("A removed.txt"));
  const Workplace garbage =
      broken("garbage", [](const fs::path& folder) { WriteFile(folder / ".git", "\xff\0x"); });
  EXPECT_THAT(Paths(Record(*workspace, garbage)), ElementsAre("A garbage.txt"));
  const Workplace own = broken("own", [](const fs::path& folder) {
    fs::remove(folder / ".git");
    GitIn(folder, {"init", "-q"});
  });
  EXPECT_THAT(Paths(Record(*workspace, own)), ElementsAre("A own.txt"));
  const Workplace index = broken("index", [&](const fs::path&) {
    WriteFile(root_ / ".gsd/worktrees" / kRun / ".index.index", "garbage");
    WriteFile(root_ / ".gsd/worktrees" / kRun / ".index.index.lock", "");
  });
  EXPECT_THAT(Paths(Record(*workspace, index)), ElementsAre("A index.txt"));
  const Workplace registered =
      broken("pruned", [&](const fs::path&) { fs::remove_all(root_ / ".git/worktrees/pruned"); });
  EXPECT_THAT(Paths(Record(*workspace, registered)), ElementsAre("A pruned.txt"));

  const Workplace gone = broken("gone", [](const fs::path& folder) { fs::remove_all(folder); });
  const auto nothing = workspace->Record(gone);
  ASSERT_FALSE(nothing.ok());
  EXPECT_THAT(nothing.error(), HasSubstr("is gone"));
  EXPECT_FALSE(workspace->Keep(gone, "keep").ok());
  const TempDir secrets;
  WriteFile(secrets / "key", "secret");
  const Workplace elsewhere = broken("elsewhere", [&](const fs::path& folder) {
    fs::remove_all(folder);
    fs::create_directory_symlink(secrets.path(), folder);
  });
  EXPECT_FALSE(workspace->Record(elsewhere).ok());

  for (const Workplace& place : {removed, garbage, own, index, registered, gone, elsewhere}) {
    workspace->Drop(place);
    EXPECT_FALSE(fs::exists(fs::symlink_status(place.folder)));
    Prepare(*workspace, place.name);  // usable again
  }
  EXPECT_TRUE(fs::exists(secrets / "key"));
  EXPECT_EQ(Integrate(*workspace, other).kind, Kind::kIntegrated);
  EXPECT_EQ(Head(), base_);
}

TEST_F(WorkspaceTest, FilesThatGitRefusesAreAnErrorAndTheRestIsKept) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  WriteFile(place.folder / "good.txt", "good");
  WriteFile(place.folder / "git~1/config", "another name of .git on some file systems");
  const auto snapshot = workspace->Record(place);
  ASSERT_FALSE(snapshot.ok());
  EXPECT_THAT(snapshot.error(), HasSubstr("git~1/config"));
  const auto kept = workspace->Keep(place, "keep");
  ASSERT_TRUE(kept.ok()) << kept.error();
  EXPECT_THAT(FilesOf(*kept), HasSubstr("good.txt"));
}

TEST_F(WorkspaceTest, FailedWorkIsKept) {
  const auto workspace = Open();
  std::string message = "attempt 1 of 08-02:4 failed\n";
  for (const char* suffix : {"", "-2"}) {
    const Workplace place = Prepare(*workspace, "08-02_4.1");
    WriteFile(place.folder / "half.txt", "half");
    const auto kept = workspace->Keep(place, message);
    ASSERT_TRUE(kept.ok()) << kept.error();
    EXPECT_EQ(*kept, std::string("gsd/") + kRun + "-08-02_4.1" + suffix);
    fs::create_directories(place.folder / "cache/mod");
    fs::permissions(place.folder / "cache", fs::perms::owner_read | fs::perms::owner_exec);
    workspace->Drop(place);
    EXPECT_FALSE(fs::exists(place.folder));
    EXPECT_EQ(GitIn(root_, {"show", *kept + ":half.txt"}), "half");
  }
  EXPECT_EQ(workspace->tip(), base_);
  // Names that are no names of branches, and such as are no names of folders.
  const Workplace odd = Prepare(*workspace, "a..b~^:?*[\\ .lock");
  WriteFile(odd.folder / "x", "x");
  const auto kept = workspace->Keep(odd, "keep");
  EXPECT_TRUE(kept.ok()) << kept.error();
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden"})
    EXPECT_FALSE(workspace->Prepare({name, {}}).ok()) << name;
}

// ---- resumed ----

TEST_F(WorkspaceTest, AResumedRunKnowsWhatItHas) {
  std::string tip;
  {
    const auto workspace = Open();
    Do(*workspace, "08-02:1", "one.txt", "1");
    Do(*workspace, "08-02:2", "two.txt", "2");
    ASSERT_TRUE(
        workspace->AddFiles({{"SUMMARY.md", "s"}}, "docs: summary\n\nGsd-Run: " + std::string(kRun) + "\n")
            .ok());
    tip = workspace->tip();
    fs::create_symlink("/etc", root_ / ".gsd/worktrees" / kRun / "link");
    // Killed: one attempt had written something, the other had a commit that no branch has yet.
    WriteFile(Prepare(*workspace, "3").folder / "half.txt", "half");
    Prepare(*workspace, "untouched");
    const Workplace four = Prepare(*workspace, "4");
    WriteFile(four.folder / "four.txt", "4");
    const Snapshot snapshot = Record(*workspace, four);
    GitIn(root_, {"commit-tree", snapshot.tree, "-p", tip, "-m", Message("4")});
    workspace->Drop(four);
  }
  const auto workspace = Open(base_);
  EXPECT_EQ(workspace->base(), base_);
  EXPECT_EQ(workspace->tip(), tip);
  const auto integrated = workspace->integrated();
  ASSERT_EQ(integrated.size(), 2U);
  EXPECT_EQ(integrated[0].task, "08-02:1");
  EXPECT_EQ(integrated[1].task, "08-02:2");
  EXPECT_EQ(GitIn(root_, {"rev-parse", integrated[1].commit}), GitIn(root_, {"rev-parse", tip + "^"}));
  EXPECT_THAT(GitIn(root_, {"branch", "--list", "gsd/*", "--format=%(refname:short)"}),
              std::string("gsd/") + kRun + "\ngsd/" + kRun + "-3");
  EXPECT_THAT(workspace->note(), HasSubstr("-3"));
  EXPECT_TRUE(fs::is_empty(root_ / ".gsd/worktrees" / kRun));
  // The commit of the runner's own is in every base.
  EXPECT_EQ(FilesOf(Prepare(*workspace, "5", {"08-02:2"}).base),
            ".gitignore\nSUMMARY.md\na.txt\ndir/b.txt\ntwo.txt");
  Do(*workspace, "6", "six.txt", "6", {"08-02:1", "08-02:2"});
  EXPECT_EQ(workspace->integrated().size(), 3U);
}

TEST_F(WorkspaceTest, LocksOfAGitThatWasKilledDoNotStopAResumedRun) {
  const std::string base = Open()->base();
  const fs::path refs = root_ / ".git/refs/heads/gsd", trees = root_ / ".gsd/worktrees" / kRun;
  const std::string run(kRun);
  WriteFile(refs / (run + ".lock"), "");
  WriteFile(refs / (run + "-08-02_1.1.lock"), "");
  WriteFile(refs / "of-the-user.lock", "");
  WriteFile(trees / ".files.lock", "half an index");
  const auto workspace = Open(base);
  const auto added = workspace->AddFiles({{"SUMMARY.md", "s"}}, "docs: summary\n");
  EXPECT_TRUE(added.ok()) << added.error();
  EXPECT_FALSE(fs::exists(refs / (run + "-08-02_1.1.lock")));
  EXPECT_TRUE(fs::exists(refs / "of-the-user.lock"));
}

TEST_F(WorkspaceTest, CommitsOfOthersOnTheBranchAreNotTasks) {
  {
    const auto workspace = Open();
    Do(*workspace, "1", "one.txt", "1");
  }
  const std::string branch = std::string("gsd/") + kRun;
  GitIn(root_, {"switch", "-q", branch});
  WriteFile(root_ / "fix.txt", "by the user");
  GitIn(root_, {"add", "-A"});
  GitIn(root_, {"commit", "-q", "-m", "fix\n\nGsd-Task: 9\nGsd-Run: another"});
  const auto checked_out = TryOpen(base_);
  ASSERT_FALSE(checked_out.ok());
  EXPECT_THAT(checked_out.error(), HasSubstr("git switch"));
  GitIn(root_, {"switch", "-q", "main"});
  const auto workspace = Open(base_);
  EXPECT_EQ(workspace->integrated().size(), 1U);
  EXPECT_THAT(FilesOf(Prepare(*workspace, "2").base), HasSubstr("fix.txt"));
}

TEST_F(WorkspaceTest, ResumedWithoutItsBranch) {
  {
    const auto workspace = Open();
    Do(*workspace, "1", "one.txt", "1");
    EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kFastForwarded);
  }
  GitIn(root_, {"branch", "-q", "-d", std::string("gsd/") + kRun});
  const auto workspace = Open(base_);
  EXPECT_EQ(workspace->tip(), Head());
  EXPECT_EQ(workspace->integrated().size(), 1U);
  const auto lost = TryOpen("0123456789012345678901234567890123456789");
  ASSERT_FALSE(lost.ok());
  EXPECT_THAT(lost.error(), HasSubstr("is not in"));
}

// ---- the user's checkout ----

// Every byte of the checkout, its index and HEAD, but for .gsd and the objects and refs that a run makes.
std::map<std::string, std::string> Everything(const fs::path& root) {
  std::map<std::string, std::string> bytes;
  for (fs::recursive_directory_iterator it(root), end; it != end; ++it) {
    const std::string name = it->path().lexically_relative(root).string();
    if (name == ".gsd" || (name.starts_with(".git/") && name != ".git/index" && name != ".git/HEAD")) {
      it.disable_recursion_pending();
      continue;
    }
    if (it->is_regular_file()) bytes[name] = ReadFile(it->path());
  }
  return bytes;
}

TEST_F(WorkspaceTest, UncommittedChangesAreNeitherSeenNorTouched) {
  WriteFile(root_ / "a.txt", "unstaged\n");
  WriteFile(root_ / "staged.txt", "staged\n");
  GitIn(root_, {"add", "staged.txt"});
  WriteFile(root_ / "untracked.txt", "untracked\n");
  const auto before = Everything(root_);
  const auto workspace = Open();
  EXPECT_EQ(
      workspace->UncommittedNote(),
      "2 changed and 1 untracked files are not committed: the tasks do not see them (a.txt, staged.txt, "
      "untracked.txt)");
  const Workplace place = Prepare(*workspace, "1");
  EXPECT_EQ(ReadFile(place.folder / "a.txt"), "1\n2\n3\n4\n5\n6\n7\n8\n");
  EXPECT_FALSE(fs::exists(place.folder / "staged.txt"));
  WriteFile(place.folder / "a.txt", "by the task\n");
  Do(*workspace, "2", "two.txt", "2");
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
  ASSERT_TRUE(workspace->Keep(place, "keep").ok());
  workspace->Drop(place);
  const auto delivery = workspace->Deliver(DeliverMode::kFastForward);
  ASSERT_TRUE(delivery.ok()) << delivery.error();
  EXPECT_EQ(delivery->kind, Delivery::Kind::kBranch);
  EXPECT_THAT(delivery->reason, HasSubstr("not committed"));
  EXPECT_EQ(delivery->command, std::string("git merge gsd/") + kRun);
  EXPECT_EQ(Everything(root_), before);
  EXPECT_EQ(Head(), base_);
}

TEST_F(WorkspaceTest, DeliversByFastForward) {
  const auto workspace = Open();
  EXPECT_EQ(workspace->UncommittedNote(), "");
  WriteFile(root_ / "mine.txt", "untracked, not in the way\n");
  Do(*workspace, "1", "one.txt", "1");
  auto delivery = workspace->Deliver(DeliverMode::kFastForward);
  ASSERT_TRUE(delivery.ok()) << delivery.error();
  EXPECT_EQ(delivery->kind, Delivery::Kind::kFastForwarded);
  EXPECT_EQ(Head(), workspace->tip());
  EXPECT_EQ(ReadFile(root_ / "one.txt"), "1");
  EXPECT_EQ(GitIn(root_, {"status", "--porcelain"}), "?? mine.txt");
  EXPECT_EQ(GitIn(root_, {"symbolic-ref", "HEAD"}), "refs/heads/main");
  // More of it, after a checkpoint say; and once more with nothing new.
  Do(*workspace, "2", "two.txt", "2", {"1"});
  EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kFastForwarded);
  EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kFastForwarded);
  EXPECT_EQ(ReadFile(root_ / "two.txt"), "2");
}

TEST_F(WorkspaceTest, DeliversToADetachedCheckout) {
  GitIn(root_, {"switch", "-q", "--detach"});
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1");
  EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kFastForwarded);
  EXPECT_EQ(Head(), workspace->tip());
  EXPECT_EQ(GitIn(root_, {"rev-parse", "main"}), base_);
}

TEST_F(WorkspaceTest, DeliversNothingThatWouldHurt) {
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1");
  Do(*workspace, "2", "x.txt", "2");
  const auto stays = [&](DeliverMode mode, const std::string& why) {
    const auto before = Everything(root_);
    const auto delivery = workspace->Deliver(mode);
    ASSERT_TRUE(delivery.ok()) << delivery.error();
    EXPECT_EQ(delivery->kind, Delivery::Kind::kBranch);
    EXPECT_THAT(delivery->reason, HasSubstr(why));
    EXPECT_EQ(Everything(root_), before);
  };
  stays(DeliverMode::kBranch, "--integrate=branch");
  WriteFile(root_ / "one.txt", "untracked, in the way");
  stays(DeliverMode::kFastForward, "one.txt");
  WriteFile(root_ / ".git/info/exclude", "one.txt\n");
  stays(DeliverMode::kFastForward, "one.txt");
  fs::remove(root_ / "one.txt");
  GitIn(root_, {"switch", "-q", "-c", "another"});
  stays(DeliverMode::kFastForward, "another branch");
  GitIn(root_, {"switch", "-q", "main"});
  GitIn(root_, {"commit", "-q", "--allow-empty", "-m", "mine"});
  stays(DeliverMode::kFastForward, "other commits");
}

TEST_F(WorkspaceTest, NothingDeliveredLeavesNoBranch) {
  const auto workspace = Open();
  EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kNothing);
  EXPECT_EQ(GitIn(root_, {"branch", "--list", "gsd/*"}), "");
  EXPECT_EQ(Open(base_)->tip(), base_);
}

TEST_F(WorkspaceTest, ABranchThatMovedIsAnError) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  WriteFile(place.folder / "x", "x");
  const Snapshot snapshot = Record(*workspace, place);
  const std::string other = GitIn(root_, {"commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "other"});
  GitIn(root_, {"update-ref", "refs/heads/" + workspace->branch(), other});
  const auto done = workspace->Integrate(place, snapshot, "1", Message("1"));
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error(), HasSubstr("should be at " + base_));
  EXPECT_EQ(GitIn(root_, {"rev-parse", workspace->branch()}), other);
  EXPECT_THAT(workspace->integrated(), IsEmpty());
}

TEST_F(WorkspaceTest, ABranchThatTheUserHasCheckedOutDoesNotMove) {
  const auto workspace = Open();
  const Workplace place = Prepare(*workspace, "1");
  WriteFile(place.folder / "x", "x");
  GitIn(root_, {"switch", "-q", workspace->branch()});
  const auto done = workspace->Integrate(place, Record(*workspace, place), "1", Message("1"));
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error(), HasSubstr("is checked out in"));
  EXPECT_EQ(GitIn(root_, {"status", "--porcelain"}), "");
  GitIn(root_, {"switch", "-q", "main"});
  EXPECT_EQ(Integrate(*workspace, place).kind, Kind::kIntegrated);
}

TEST_F(WorkspaceTest, AddsFilesWithoutACheckout) {
  const auto workspace = Open();
  const auto before = Everything(root_);
  const std::string bytes("two\r\nlines\0", 11);
  auto added =
      workspace->AddFiles({{"phases/08/08-02-SUMMARY.md", bytes}, {"a \"b\"\nc", "odd"}}, "docs: x\n");
  ASSERT_TRUE(added.ok()) << added.error();
  EXPECT_EQ(*added, workspace->tip());
  EXPECT_EQ(Show("phases/08/08-02-SUMMARY.md"), bytes);
  EXPECT_EQ(Show("a \"b\"\nc"), "odd");
  EXPECT_EQ(Show("dir/b.txt"), "b");
  added = workspace->AddFiles({{"phases/08/08-02-SUMMARY.md", bytes}}, "docs: again\n");
  ASSERT_TRUE(added.ok()) << added.error();
  EXPECT_EQ(*added, "");
  EXPECT_THAT(workspace->integrated(), IsEmpty());
  for (const char* path : {"", "/etc/x", "../x", "a/../../x", ".git/config"})
    EXPECT_FALSE(workspace->AddFiles({{path, "x"}}, "m").ok()) << path;
  EXPECT_EQ(Everything(root_), before);
}

TEST_F(WorkspaceTest, Clean) {
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1");
  const Workplace failed = Prepare(*workspace, "2");
  WriteFile(failed.folder / "half", "half");
  ASSERT_TRUE(workspace->Keep(failed, "keep").ok());
  GitIn(root_, {"worktree", "add", "-q", "--detach", (root_ / ".gsd/mine").string()});
  fs::rename(root_ / ".gsd/mine", root_ / ".gsd/away");  // the user's, on a disk that is not there
  const auto clean = [&](CleanBranches branches) {
    return GitWorkspace::Clean(*Git::Find(), root_, kRun, branches);
  };
  auto left = clean(CleanBranches::kMerged);
  ASSERT_TRUE(left.ok()) << left.error();
  EXPECT_EQ(left->size(), 2U);
  EXPECT_FALSE(fs::exists(root_ / ".gsd/worktrees" / kRun));
  EXPECT_TRUE(fs::exists(root_ / ".git/worktrees/mine"));
  EXPECT_FALSE(fs::exists(root_ / ".git/worktrees/2"));
  GitIn(root_, {"merge", "-q", workspace->branch()});
  left = clean(CleanBranches::kMerged);
  EXPECT_THAT(*left, ElementsAre(std::string("gsd/") + kRun + "-2"));
  EXPECT_THAT(*clean(CleanBranches::kAll), IsEmpty());
  EXPECT_EQ(GitIn(root_, {"branch", "--format=%(refname:short)"}), "main");
  for (const char* run : {"", "..", "a/b", "*"})
    EXPECT_FALSE(GitWorkspace::Clean(*Git::Find(), root_, run, CleanBranches::kAll).ok()) << run;
}

// ---- repositories ----

TEST_F(WorkspaceTest, RepositoriesThatCannotBeUsed) {
  const TempDir empty;
  const auto why = [&](const fs::path& root) {
    const auto opened = TryOpen("", root);
    return opened.ok() ? std::string() : opened.error();
  };
  EXPECT_THAT(why(fs::canonical(empty.path())), HasSubstr("not a git repository"));
  EXPECT_THAT(why(fs::canonical(empty.path())), HasSubstr("--isolation=none"));
  GitIn(empty.path(), {"init", "-q"});
  EXPECT_THAT(why(fs::canonical(empty.path())), HasSubstr("no commit yet"));
  const TempDir bare;
  GitIn(bare.path(), {"init", "-q", "--bare"});
  EXPECT_THAT(why(fs::canonical(bare.path())), HasSubstr("bare"));
  GitIn(root_, {"branch", "gsd"});
  EXPECT_THAT(why(root_), HasSubstr("git branch -m gsd"));
  const Variable path("PATH", "/nonexistent");
  EXPECT_THAT(Git::Find().error(), HasSubstr("not installed"));
}

TEST_F(WorkspaceTest, HooksSignaturesAndTheCallersVariablesDoNotInterfere) {
  for (const char* hook : {"post-checkout", "pre-commit", "reference-transaction", "post-merge"}) {
    WriteFile(root_ / ".git/hooks" / hook,
              "#!/bin/sh\ntouch " + (root_ / ".gsd/hooked").string() + "\nexit 1\n");
    fs::permissions(root_ / ".git/hooks" / hook, fs::perms::owner_all);
  }
  const Args settings = {"commit.gpgSign=true",          "gpg.program=false",      "core.splitIndex=true",
                         "core.autocrlf=true",           "core.safecrlf=true",     "merge.ff=no",
                         "status.showUntrackedFiles=no", "log.showSignature=true", "diff.noprefix=true",
                         "submodule.recurse=true"};
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    GitIn(root_, {"config", setting.substr(0, equals), setting.substr(equals + 1)});
  }
  const Variable dir("GIT_DIR", "/nonexistent"), tree("GIT_WORK_TREE", "/nonexistent"),
      index("GIT_INDEX_FILE", "/nonexistent");
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1\n");
  Do(*workspace, "2", "two.txt", "2\n");
  EXPECT_EQ(workspace->Deliver(DeliverMode::kFastForward)->kind, Delivery::Kind::kFastForwarded);
  EXPECT_FALSE(fs::exists(root_ / ".gsd/hooked"));
  EXPECT_EQ(Open(base_)->integrated().size(), 2U);
}

TEST_F(WorkspaceTest, AnIdentityIsFoundForThoseWhoHaveNone) {
  const Variable a("GIT_AUTHOR_NAME", nullptr), b("GIT_AUTHOR_EMAIL", nullptr),
      c("GIT_COMMITTER_NAME", nullptr), d("GIT_COMMITTER_EMAIL", nullptr), e("EMAIL", nullptr);
  const auto workspace = Open();
  Do(*workspace, "1", "one.txt", "1");
  EXPECT_EQ(GitIn(root_, {"log", "-1", "--format=%an <%ae> %cn", workspace->tip()}),
            "gsd-run <gsd-run@localhost> gsd-run");
}

TEST_F(WorkspaceTest, ShallowSparseLinkedAndWithSubmodules) {
  const TempDir dir;
  GitIn(root_, {"commit", "-q", "--allow-empty", "-m", "second"});
  GitIn(dir.path(), {"clone", "-q", "--depth=1", "file://" + root_.string(), "shallow"});
  const fs::path shallow = fs::canonical(dir / "shallow");
  WriteFile(shallow / ".gsd/.gitignore", "*\n");
  GitIn(shallow, {"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", root_.string(), "sub"});
  GitIn(shallow, {"commit", "-q", "-m", "submodule"});
  GitIn(shallow, {"sparse-checkout", "set", "nothing"});
  ASSERT_FALSE(fs::exists(shallow / "dir/b.txt"));
  GitIn(shallow, {"worktree", "add", "-q", "-b", "linked", (dir / "linked").string()});
  const fs::path linked = fs::canonical(dir / "linked");
  WriteFile(linked / ".gsd/.gitignore", "*\n");
  for (const fs::path& root : {shallow, linked}) {
    const auto workspace = Open("", root);
    EXPECT_THAT(workspace->note(), HasSubstr("submodules"));
    const Workplace one = Prepare(*workspace, "1");
    EXPECT_TRUE(fs::exists(one.folder / "dir/b.txt"));
    WriteFile(one.folder / "one.txt", "1");
    EXPECT_THAT(Paths(Record(*workspace, one)), ElementsAre("A one.txt"));
    Do(*workspace, "2", "two.txt", "2");
    EXPECT_EQ(Integrate(*workspace, one).kind, Kind::kIntegrated);
    workspace->Drop(one);
    const auto delivery = workspace->Deliver(DeliverMode::kFastForward);
    ASSERT_TRUE(delivery.ok()) << delivery.error();
    EXPECT_EQ(delivery->kind, Delivery::Kind::kFastForwarded) << delivery->reason;
    EXPECT_FALSE(fs::exists(root / "dir/b.txt"));  // still sparse
    EXPECT_TRUE(GitWorkspace::Clean(*Git::Find(), root, kRun, CleanBranches::kAll)->empty());
  }
}

TEST_F(WorkspaceTest, RandomGraphsGiveTheUnion) {
  for (unsigned seed = 1; seed <= 2; ++seed) {
    std::mt19937 random(seed);
    const auto workspace = Open();
    constexpr size_t kTasks = 12;
    std::vector<std::set<size_t>> after(kTasks);  // with what those depend on
    std::vector<std::optional<Workplace>> places(kTasks);
    std::set<std::string> all;
    std::vector<std::set<std::string>> wrote(kTasks);
    for (size_t i = 0; i < kTasks; ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (random() % 4 != 0) continue;
        after[i].insert(j);
        after[i].insert(after[j].begin(), after[j].end());
      }
    }
    std::set<size_t> done;
    while (done.size() < kTasks) {
      const size_t i = random() % kTasks;
      if (done.count(i) > 0 || !std::includes(done.begin(), done.end(), after[i].begin(), after[i].end()))
        continue;
      if (!places[i]) {
        Args ids;
        std::set<std::string> expected = {".gitignore", "a.txt", "dir/b.txt"};
        for (size_t j : after[i]) {
          ids.push_back(std::to_string(j));
          expected.insert(wrote[j].begin(), wrote[j].end());
        }
        places[i] = Prepare(*workspace, std::to_string(i), ids);
        std::set<std::string> base;
        const std::string files = FilesOf(places[i]->base);
        for (std::string_view line : Split(files, '\n')) base.emplace(line);
        EXPECT_EQ(base, expected) << "seed " << seed << ", task " << i;
        for (size_t n = random() % 3 + 1; n > 0; --n) {
          const std::string path = fmt::format("dir{}/{}-{}.txt", random() % 3, i, n);
          WriteFile(places[i]->folder / path, path);
          wrote[i].insert(path);
        }
        continue;
      }
      EXPECT_EQ(Integrate(*workspace, *places[i]).kind, Kind::kIntegrated)
          << "seed " << seed << ", task " << i;
      workspace->Drop(*places[i]);
      done.insert(i);
      all.insert(wrote[i].begin(), wrote[i].end());
    }
    std::set<std::string> tip;
    const std::string files = FilesOf(workspace->tip());
    for (std::string_view line : Split(files, '\n')) tip.emplace(line);
    all.insert({".gitignore", "a.txt", "dir/b.txt"});
    EXPECT_EQ(tip, all) << "seed " << seed;
    EXPECT_EQ(GitIn(root_, {"rev-list", "--count", base_ + ".." + workspace->tip()}), "12");
    ASSERT_TRUE(GitWorkspace::Clean(*Git::Find(), root_, kRun, CleanBranches::kAll).ok());
  }
}

TEST_F(WorkspaceTest, ATaskTakesFewProcesses) {
  const auto workspace = Open();
  const auto count = [&](const std::string& name) {
    const size_t before = workspace->git().calls();
    const auto start = std::chrono::steady_clock::now();
    Do(*workspace, name, name + ".txt", name);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    RecordProperty("milliseconds_" + name, std::to_string(took.count()));
    return workspace->git().calls() - before;
  };
  EXPECT_EQ(count("1"), 6U);
  EXPECT_EQ(count("2"), 9U);  // with a merge
}

// ---- git itself ----

TEST(Git, HasALimitOfTime) {
  const TempDir dir;
  WriteFile(dir / "git", "#!/bin/sh\nsleep 60 &\nsleep 60\n");
  fs::permissions(dir / "git", fs::perms::owner_all);
  const Git git((dir / "git").string());
  GitCall call{{"status"}, dir.path()};
  call.time_limit = std::chrono::milliseconds(100);
  const auto output = git.Run(call);
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error(), HasSubstr("git status"));
  EXPECT_THAT(output.error(), HasSubstr("took longer than"));
}

TEST(Git, HasALimitOfOutput) {
  const TempDir dir;
  WriteFile(dir / "git", "#!/bin/sh\nexec head -c 80000000 /dev/zero\n");
  fs::permissions(dir / "git", fs::perms::owner_all);
  const auto output = Git((dir / "git").string()).Run({{"status"}, dir.path()});
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error(), HasSubstr("too large"));
}

TEST(Git, PassesInputAndTellsWhatWentWrong) {
  const TempDir dir;
  WriteFile(dir / "git", "#!/bin/sh\ncat\necho 'hint: x' >&2\necho 'fatal: no such thing' >&2\nexit 7\n");
  fs::permissions(dir / "git", fs::perms::owner_all);
  const Git git((dir / "git").string());
  const std::string big(1 << 20, 'x');
  GitCall call{{"status"}, dir.path()};
  call.input = big;
  const auto output = git.Run(call);
  ASSERT_TRUE(output.ok()) << output.error();
  EXPECT_EQ(output->exit_code, 7);
  EXPECT_EQ(output->out, big);
  EXPECT_EQ(git.Get(call).error(), "git status: no such thing");
  EXPECT_FALSE(git.Run({{"status"}, dir / "nowhere"}).ok());
  EXPECT_FALSE(Git("/nonexistent/git").Run({{"status"}, dir.path()}).ok());
}

TEST(Git, IsTooOld) {
  const TempDir dir;
  WriteFile(dir / "git", "#!/bin/sh\necho git version 2.37.9\n");
  fs::permissions(dir / "git", fs::perms::owner_all);
  const Variable path("PATH", dir.path().c_str());
  EXPECT_THAT(Git::Find().error(), HasSubstr("2.38 or newer"));
}

TEST(PlainWorkspace, IsTheProjectItself) {
  PlainWorkspace workspace("/project");
  const auto place = workspace.Prepare({"1", {"0"}});
  EXPECT_EQ(place->folder, "/project");
  EXPECT_EQ(place->base, "");
  const auto snapshot = workspace.Record(*place);
  EXPECT_THAT(snapshot->changes, IsEmpty());
  EXPECT_EQ(workspace.Integrate(*place, *snapshot, "1", "m")->kind, Kind::kNothing);
  EXPECT_EQ(*workspace.Keep(*place, "m"), "");
  workspace.Drop(*place);
}

}  // namespace
}  // namespace gsd::test
