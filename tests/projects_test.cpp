// Several projects in one run: a plan belongs to the nearest folder that holds .planning or .git, and knows
// only the plans of its own project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string PlanText(const std::string& number, const std::string& depends_on, const std::string& verify) {
  return "---\nphase: 01-base\nplan: \"" + number +
         "\"\ntype: execute\nwave: " + (number == "01" ? "1" : "2") + "\ndepends_on: [" + depends_on +
         "]\nfiles_modified: [src/a.ts]\nautonomous: true\nmust_haves:\n  truths: [\"x\"]\n---\n\n<tasks>\n\n"
         "<task type=\"auto\">\n  <name>Task 1: Write the store</name>\n  <files>src/a.ts</files>\n  "
         "<action>Write it.</action>\n" +
         verify + "  <done>It stores</done>\n</task>\n\n</tasks>\n";
}

// A repository with a project in two of its folders, whose plans have the same names and numbers.
class ProjectsTest : public testing::Test {
 protected:
  ProjectsTest() {
    std::filesystem::create_directory(repository_ / ".git");
    Write("app", "01", "", "  <verify>npm test</verify>\n");
    Write("lib", "01", "", "");  // missing-verify
    Write("lib", "02", "\"01-01\"", "  <verify>npm test</verify>\n");
  }
  void Write(const std::string& project, const std::string& number, const std::string& depends_on,
             const std::string& verify) const {
    test::WriteFile(repository_ / PlanPath(project, number), PlanText(number, depends_on, verify));
  }
  static std::string PlanPath(const std::string& project, const std::string& number) {
    return "packages/" + project + "/.planning/phases/01-base/01-" + number + "-PLAN.md";
  }
  test::ProcessResult Gsdc(std::vector<std::string> args) const {
    args.insert(args.begin(), test::Gsdc().string());
    return test::Run(args, repository_.path());
  }

  test::TempDir repository_;
};

TEST_F(ProjectsTest, PlansOfAnotherProjectAreNobodysBusiness) {
  const auto result = Gsdc({"."});
  EXPECT_EQ(result.exit_code, 0);
  // Neither an ambiguous dependency nor a conflict about src/a.ts of the other project.
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("packages/lib/.planning/phases/01-base/01-01-PLAN.md:"),
                    HasSubstr("[missing-verify]"), HasSubstr("1 warning"), Not(HasSubstr("2 warnings"))));
}

TEST_F(ProjectsTest, PlanningMayBeARepositoryOfItsOwn) {
  std::filesystem::create_directory(repository_ / "packages/lib/.planning/.git");
  EXPECT_EQ(Gsdc({"packages/lib", "-o", "manifest.json"}).exit_code, 0);
  EXPECT_EQ(json::parse(test::ReadFile(repository_ / "manifest.json"))["root"], "packages/lib");
}

TEST_F(ProjectsTest, EveryFormatFindsTheFileOfEveryFinding) {
  Write("app", "01", "\"01-09\"", "  <verify>npm test</verify>\n");
  const auto report = json::parse(Gsdc({".", "--format=json"}).out);
  std::vector<std::string> found;
  for (const auto& finding : report["diagnostics"])
    found.push_back(finding["path"].get<std::string>() + " " + finding["rule"].get<std::string>());
  EXPECT_THAT(found, testing::ElementsAre(PlanPath("app", "01") + " unknown-plan-dependency",
                                          PlanPath("lib", "01") + " missing-verify"));
  for (const char* threads : {"-j1", "-j2", "-j8"})
    EXPECT_EQ(json::parse(Gsdc({".", "--format=json", threads}).out), report) << threads;
}

TEST_F(ProjectsTest, FixesAndBaselinesReachAllProjects) {
  for (const char* project : {"app", "lib"}) {
    const auto plan = repository_ / PlanPath(project, "01");
    std::string text = test::ReadFile(plan);
    test::WriteFile(plan, text.replace(text.find("depends_on: []"), 14, "depends_on: [\"01-01\"]"));
  }
  EXPECT_THAT(Gsdc({".", "--write-baseline"}).err, HasSubstr(".gsdc-baseline.json: "));
  const std::string baseline = test::ReadFile(repository_ / ".gsdc-baseline.json");
  EXPECT_THAT(baseline,
              AllOf(HasSubstr("\"" + PlanPath("app", "01")), HasSubstr("\"" + PlanPath("lib", "01"))));
  // Known, whatever is looked at, and from wherever.
  for (const char* paths : {".", "packages/lib", "packages/app"})
    EXPECT_THAT(Gsdc({paths, "--baseline=.gsdc-baseline.json"}).err, IsEmpty()) << paths;
  EXPECT_THAT(
      test::Run({test::Gsdc(), ".", "--baseline=../../.gsdc-baseline.json"}, repository_ / "packages/lib")
          .err,
      IsEmpty());
  // One project's baseline says nothing about the other's plan of the same name.
  std::filesystem::remove(repository_ / ".gsdc-baseline.json");
  Gsdc({"packages/app", "--write-baseline"});
  EXPECT_THAT(Gsdc({"packages/lib", "--baseline=.gsdc-baseline.json"}).err, HasSubstr("[missing-verify]"));
  Gsdc({"packages/lib", "--write-baseline"});
  EXPECT_EQ(test::ReadFile(repository_ / ".gsdc-baseline.json"), baseline);
}

TEST_F(ProjectsTest, AnOutputIsOfOneProject) {
  const auto result = Gsdc({".", "-o", "manifest.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("belong to 2 projects"), HasSubstr("packages/app"), HasSubstr("--root")));
  EXPECT_FALSE(std::filesystem::exists(repository_ / "manifest.json"));
  EXPECT_EQ(Gsdc({".", "--root=.", "-o", "all.json"}).exit_code, 0);
  EXPECT_EQ(json::parse(test::ReadFile(repository_ / "all.json"))["root"], ".");
  EXPECT_EQ(Gsdc({"packages/lib", "-o", "manifest.json"}).exit_code, 0);
  EXPECT_EQ(json::parse(test::ReadFile(repository_ / "manifest.json"))["root"], "packages/lib");
}

TEST_F(ProjectsTest, ReasonsAreGivenProjectByProject) {
  EXPECT_THAT(Gsdc({".", "--explain-deps"}).out,
              AllOf(HasSubstr("packages/app:\n"), HasSubstr("packages/lib:\n"),
                    HasSubstr("plan 01-02 waits for plan 01-01")));
}

}  // namespace
}  // namespace gsd
