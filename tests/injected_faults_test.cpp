// A run in which one call fails (a write, an fsync, a rename, a new process, git), or the disk is full from
// some moment on: it says so, does not crash, and after `resume` everything is as it would have been.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "tests/run_repository.h"

namespace gsd::test {
namespace {

// 1 → (2 3) → 4, so that a fault meets a start, two at once, and an end.
Manifest SmallManifest() {
  Manifest manifest = EmptyManifest();
  manifest.plans = ExampleManifest().plans;
  for (const auto& [number, depends_on] :
       std::vector<std::pair<int, std::vector<int>>>{{1, {}}, {2, {1}}, {3, {1}}, {4, {2, 3}}}) {
    manifest.tasks.push_back(SampleTask("08-02", number, "Do it", "haiku", false, depends_on, 4000, 600));
    manifest.tasks.back().verify.automated = {fmt::format("test -s src/{}.ts", number)};
  }
  FillBatches(manifest);
  return manifest;
}

// How many places per kind are tried: all of them with GSD_FAULT_PLACES=0, else evenly spread ones.
int Places() {
  const char* wanted = std::getenv("GSD_FAULT_PLACES");
  return wanted == nullptr ? 3 : std::atoi(wanted);
}

std::vector<int> Spread(int count) {
  const int places = Places();
  std::vector<int> chosen;
  if (places == 0 || count <= places) {
    for (int i = 1; i <= count; ++i) chosen.push_back(i);
  } else {
    for (int i = 0; i < places; ++i) chosen.push_back(1 + i * (count - 1) / std::max(1, places - 1));
  }
  return chosen;
}

const std::string kInjector = (fs::path(GSD_BIN_DIR) / "libfault_injector.so").string();

// Under AddressSanitizer the injector would have to come behind its runtime, which it may.
Args Injecting(const std::string& what) {
  return {"LD_PRELOAD=" + kInjector, "ASAN_OPTIONS=verify_asan_link_order=0", "GSD_INJECT=" + what};
}

class InjectedFaults : public testing::Test {
 protected:
  // After a run with a fault that ended like this.
  static void ExpectFinishedByResume(const Repository& repo, const ProcessResult& faulty,
                                     const std::string& fault) {
    SCOPED_TRACE(fault + "\n" + faulty.out + faulty.err);
    EXPECT_LT(faulty.exit_code, 5) << "crashed";
    EXPECT_EQ(faulty.err.find("Sanitizer"), std::string::npos);
    if (faulty.exit_code != 0) {
      // Whoever sees only the output knows that something went wrong.
      EXPECT_NE(faulty.out.find("failed") == std::string::npos ? faulty.err.find("error")
                                                               : faulty.out.find("failed"),
                std::string::npos);
      ProcessResult again = repo.Command({"resume"});
      // Nothing had begun yet, so nothing is to be resumed.
      if (again.exit_code == 2) again = repo.Run("");
      EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    } else if (!fs::exists(repo.dir / "src/4.ts")) {
      // All is done; only the last step, into the user's checkout, could not be made: the output says how.
      const std::string branch = "gsd/" + repo.RunDir().filename().string();
      EXPECT_NE((faulty.out + faulty.err).find("git merge " + branch), std::string::npos);
      repo.Git("merge -q --ff-only " + branch);
    }
    for (int n = 1; n <= 4; ++n) {
      const std::string file = fmt::format("src/{}.ts", n);
      ASSERT_TRUE(fs::exists(repo.dir / file)) << file;
      EXPECT_EQ(ReadFile(repo.dir / file), fmt::format("task {}\n", n));
      EXPECT_EQ(repo.Git(fmt::format("log --format=%H --grep='Gsd-Task: 08-02:{}' | wc -l", n)), "1") << n;
    }
    EXPECT_EQ(repo.Git("status --porcelain"), "");
    EXPECT_EQ(repo.Git("fsck --no-dangling --no-progress 2>&1 | grep -vc '^notice' || true"), "0");
  }

  // How many calls of the kind a run without faults makes.
  static int CountOf(const std::string& kind) {
    static const std::string counts = [] {
      const Repository repo(SmallManifest());
      const fs::path file = repo.outside / "counts";
      Args environment = {"LD_PRELOAD=" + kInjector, "ASAN_OPTIONS=verify_asan_link_order=0",
                          "GSD_INJECT_COUNTS=" + file.string()};
      const auto result = repo.Command(repo.RunArgs("", {}), environment);
      EXPECT_EQ(result.exit_code, 0) << result.err;
      return ReadFile(file);
    }();
    std::istringstream lines(counts);
    std::string name;
    int count = 0;
    while (lines >> name >> count)
      if (name == kind) return count;
    return 0;
  }

  static void TryAll(const std::string& kind, int error, const std::string& more = "") {
    const int count = CountOf(kind);
    ASSERT_GT(count, 0) << "no such call was seen";
    for (const int number : Spread(count)) {
      const Repository repo(SmallManifest());
      const std::string fault = fmt::format("{}:{}{}:{}", kind, number, more, error);
      ExpectFinishedByResume(repo, repo.Command(repo.RunArgs("", {}), Injecting(fault)), fault);
    }
  }
};

TEST_F(InjectedFaults, AWriteFails) { TryAll("write", EIO); }
TEST_F(InjectedFaults, AnFsyncFails) { TryAll("fsync", EIO); }
TEST_F(InjectedFaults, ARenameFails) { TryAll("rename", EIO); }
TEST_F(InjectedFaults, AFileCannotBeMade) { TryAll("create", EMFILE); }
TEST_F(InjectedFaults, AFolderCannotBeMade) { TryAll("mkdir", ENOSPC); }
TEST_F(InjectedFaults, AProcessCannotStart) { TryAll("clone", EAGAIN); }
TEST_F(InjectedFaults, NoProcessCanStartAnyMore) { TryAll("clone", EAGAIN, "+"); }
TEST_F(InjectedFaults, TheDiskIsFull) { TryAll("write", ENOSPC, "+"); }
TEST_F(InjectedFaults, NoFileCanBeMadeAnyMore) { TryAll("create", ENOSPC, "+"); }

// Git that fails, or is killed, at its Nth call: before it has done anything, or after.
TEST_F(InjectedFaults, GitFails) {
  const auto git_of = [](const Repository& repo, const std::string& rule) {
    const fs::path folder = repo.outside / "bin";
    WriteFile(folder / "git", fmt::format(R"(#!/bin/bash
n=$(( $(cat "{0}/calls" 2> /dev/null || echo 0) + 1 ))
echo $n > "{0}/calls"
PATH=${{PATH#*:}}
{1}
exec git "$@"
)",
                                          repo.outside.path().string(), rule));
    fs::permissions(folder / "git", fs::perms::owner_all);
    return Args{"PATH=" + folder.string() + ":" + std::getenv("PATH")};
  };
  int count = 0;
  {
    const Repository repo(SmallManifest());
    const auto result = repo.Command(repo.RunArgs("", {}), git_of(repo, ""));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    count = std::atoi(ReadFile(repo.outside / "calls").c_str());
    ASSERT_GT(count, 10);
  }
  for (const char* how : {"echo 'fatal: injected' >&2; exit 128",
                          "git \"$@\"; echo 'fatal: injected' >&2; exit 128", "kill -9 $$"}) {
    for (const int number : Spread(count)) {
      const Repository repo(SmallManifest());
      const std::string rule = fmt::format("if [ $n = {} ]; then {}; fi", number, how);
      ExpectFinishedByResume(repo, repo.Command(repo.RunArgs("", {}), git_of(repo, rule)), rule);
    }
  }
}

}  // namespace
}  // namespace gsd::test
