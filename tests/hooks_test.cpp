// gsdc where people meet it: gsdc init, and the real pre-commit program in a real git repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/test_support.h"

namespace gsd {
namespace {

using testing::HasSubstr;

constexpr const char* kGood =
    "---\nphase: 01-base\nplan: \"01\"\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: "
    "[src/store.ts]\n"
    "autonomous: true\nmust_haves:\n  truths: [\"It stores\"]\n---\n\n<tasks>\n\n"
    "<task type=\"auto\">\n  <name>Task 1: Write the store</name>\n  <files>src/store.ts</files>\n"
    "  <action>Write it.</action>\n  <verify>npm test</verify>\n  <done>It "
    "stores</done>\n</task>\n\n</tasks>\n";
constexpr const char* kPlan = ".planning/phases/01-base/01-01-PLAN.md";

class HooksTest : public testing::Test {
 protected:
  // A git repository with a plan in it, and one that offers the hooks of this checkout.
  void SetUp() override {
    if (test::Run({"pre-commit", "--version"}).exit_code != 0)
      GTEST_SKIP() << "skipped: the pre-commit program is not installed";
    test::WriteFile(hooks_ / ".pre-commit-hooks.yaml",
                    test::ReadFile(test::SourceDir() / ".pre-commit-hooks.yaml"));
    MakeRepository(hooks_.path());
    Git({"add", "-A"}, hooks_.path());
    Git({"commit", "-qm", "hooks"}, hooks_.path());
    MakeRepository(project_.path());
    test::WriteFile(project_ / kPlan, kGood);
  }

  static test::ProcessResult Git(std::vector<std::string> args, const std::filesystem::path& where) {
    args.insert(args.begin(), {"git", "-c", "user.name=t", "-c", "user.email=t@example.org"});
    return test::Run(args, where);
  }
  static void MakeRepository(const std::filesystem::path& where) {
    ASSERT_EQ(Git({"init", "-q", "."}, where).exit_code, 0);
  }

  // Runs one hook on everything in the repository, with its own HOME and with gsdc on the PATH.
  test::ProcessResult RunHook(const std::string& id) {
    const std::string revision = Git({"rev-parse", "HEAD"}, hooks_.path()).out.substr(0, 40);
    test::WriteFile(project_ / ".pre-commit-config.yaml",
                    "repos:\n  - repo: file://" + hooks_.path().string() + "\n    rev: " + revision +
                        "\n    hooks:\n      - id: " + id + "\n");
    return PreCommit();
  }
  test::ProcessResult PreCommit() {
    Git({"add", "-A"}, project_.path());
    return test::Run({"pre-commit", "run", "--all-files", "--color=never"}, project_.path(), {},
                     {"HOME=" + home_.path().string(), "PRE_COMMIT_HOME=" + home_.path().string(),
                      "PATH=" + test::Gsdc().parent_path().string() + ":/usr/local/bin:/usr/bin:/bin"});
  }
  void Break(std::string_view what, std::string_view with) {
    std::string text = kGood;
    text.replace(text.find(what), what.size(), with);
    test::WriteFile(project_ / kPlan, text);
  }

  test::TempDir hooks_, project_, home_;
};

TEST_F(HooksTest, AGoodPlanPassesAndABadOneStopsTheCommit) {
  auto result = RunHook("gsdc");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  Break("<task type=\"auto\">", "<task type=\"auto\" depends-on=\"9\">");
  result = RunHook("gsdc");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("01-01-PLAN.md:15:31: error: task 1 depends on `9`"));
}

TEST_F(HooksTest, TheFixingHookRepairsAndSaysSo) {
  Break("<task type=\"auto\">", "<task type=\"auto\" model=\"sonet\">");
  const auto result = RunHook("gsdc-fix");
  EXPECT_EQ(result.exit_code, 1);  // pre-commit: files were modified by this hook
  EXPECT_THAT(result.out, HasSubstr("files were modified by this hook"));
  EXPECT_THAT(test::ReadFile(project_ / kPlan), HasSubstr("model=\"sonnet\""));
  EXPECT_EQ(RunHook("gsdc-fix").exit_code, 0);
}

TEST_F(HooksTest, TheProjectHookSeesPlansThatTheCommitDoesNotTouch) {
  std::string second = kGood;
  second.replace(second.find("plan: \"01\""), 10, "plan: \"02\"");
  test::WriteFile(project_ / ".planning/phases/01-base/01-02-PLAN.md", second);
  const auto result = RunHook("gsdc-project");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("[wave-write-conflict]"));
}

TEST_F(HooksTest, InitWritesWhatWorksAndKeepsWhatIsThere) {
  auto result = test::Run({test::Gsdc().string(), "init"}, project_.path());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string config = test::ReadFile(project_ / ".gsdc.yaml");
  EXPECT_EQ(PreCommit().exit_code, 0);
  Break("<task type=\"auto\">", "<task type=\"auto\" depends-on=\"9\">");
  EXPECT_EQ(PreCommit().exit_code, 1);

  test::WriteFile(project_ / ".pre-commit-config.yaml", "repos: []\n");
  result = test::Run({test::Gsdc().string(), "init"}, project_.path());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              HasSubstr("kept  ./.pre-commit-config.yaml; to check plans before every commit, add"));
  EXPECT_EQ(test::ReadFile(project_ / ".pre-commit-config.yaml"), "repos: []\n");
  EXPECT_EQ(test::ReadFile(project_ / ".gsdc.yaml"), config);
  EXPECT_EQ(test::Run({test::Gsdc().string(), "init", "nowhere"}, project_.path()).exit_code, 2);
}

}  // namespace
}  // namespace gsd
