// A baseline marks what is known, shows what is new, and says what is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/test_support.h"

namespace gsd {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class BaselineTest : public testing::Test {
 protected:
  BaselineTest() {
    Write("01", "");
    Write("02", "");
    std::filesystem::create_directory(dir_ / ".planning");
  }
  // A plan whose task lacks a <done>, behind so many lines of text.
  void Write(const std::string& number, const std::string& before, const std::string& done = "") const {
    test::WriteFile(dir_ / ("p/01-" + number + "-PLAN.md"),
                    "---\nphase: 01-base\nplan: \"" + number +
                        "\"\ntype: execute\nwave: 1\ndepends_on: []\nfiles_modified: [src/" + number +
                        ".ts]\nautonomous: true\nmust_haves:\n  truths: [\"x\"]\n---\n" + before +
                        "\n<tasks>\n\n<task type=\"auto\">\n  <name>Task 1: a</name>\n  <files>src/" +
                        number + ".ts</files>\n  <action>Do.</action>\n  <verify>npm test</verify>\n" + done +
                        "</task>\n\n</tasks>\n");
  }
  test::ProcessResult Gsdc(std::vector<std::string> args) const {
    args.insert(args.begin(), {test::Gsdc().string(), "-q"});
    return test::Run(args, dir_.path());
  }

  test::TempDir dir_;
};

TEST_F(BaselineTest, KnownFindingsAreMarkedAndNewOnesShown) {
  EXPECT_EQ(Gsdc({"p", "-Werror"}).exit_code, 1);
  auto result = Gsdc({"p", "-Werror", "--write-baseline"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr(".gsdc-baseline.json: 2 findings"));
  EXPECT_THAT(Gsdc({"p", "-Werror", "--baseline=.gsdc-baseline.json"}).err, IsEmpty());
  // Moved lines are no news; a new finding is.
  Write("01", "\n\nText.\n\n");
  result = Gsdc({"p", "-Werror", "--baseline=.gsdc-baseline.json"});
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_EQ(result.exit_code, 0);
  Write("03", "");
  result = Gsdc({"p", "-Werror", "--baseline=.gsdc-baseline.json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("01-03-PLAN.md"));
  EXPECT_THAT(result.err, Not(HasSubstr("01-01-PLAN.md")));
  // sarif shows the known ones as suppressed.
  EXPECT_THAT(Gsdc({"p", "--format=sarif", "--baseline=.gsdc-baseline.json"}).out, HasSubstr("\"external\""));
}

TEST_F(BaselineTest, StaleEntriesAreReportedAndDropped) {
  Gsdc({"p", "--write-baseline"});
  Write("01", "", "  <done>y</done>\n");
  auto result = Gsdc({"p", "--baseline=.gsdc-baseline.json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("p/01-01-PLAN.md no longer has: task 1 has no `<done>` [missing-done]"));
  EXPECT_THAT(result.err, HasSubstr("1 entry is stale; --write-baseline drops it"));
  EXPECT_THAT(Gsdc({"p", "--write-baseline"}).err, HasSubstr("1 finding\n"));
  EXPECT_THAT(Gsdc({"p", "--baseline=.gsdc-baseline.json"}).err, IsEmpty());
}

TEST_F(BaselineTest, APartOfTheProjectLeavesTheRestAlone) {
  Gsdc({"p", "--write-baseline"});
  // Not looked at: neither stale nor dropped.
  EXPECT_THAT(Gsdc({"p/01-01-PLAN.md", "--baseline=.gsdc-baseline.json"}).err, IsEmpty());
  EXPECT_THAT(Gsdc({"p/01-01-PLAN.md", "--write-baseline"}).err, HasSubstr("2 findings"));
  // The configuration may name it, and gsdc may run anywhere.
  test::WriteFile(dir_ / ".gsdc.yaml", "baseline: .gsdc-baseline.json\n");
  EXPECT_THAT(test::Run({test::Gsdc().string(), "-q", "."}, dir_ / "p").err, IsEmpty());
}

TEST_F(BaselineTest, ABadFileIsAnError) {
  EXPECT_EQ(Gsdc({"p", "--baseline=missing.json"}).exit_code, 2);
  for (const char* text : {"", "[]", "{\"version\":2,\"findings\":[]}", "{\"version\":1}",
                           "{\"version\":1,\"findings\":[1]}", "{\"version\":\"1\",\"findings\":[]}"}) {
    test::WriteFile(dir_ / "b.json", text);
    const auto result = Gsdc({"p", "--baseline=b.json"});
    EXPECT_EQ(result.exit_code, 2) << text;
    EXPECT_THAT(result.err, HasSubstr("gsdc: b.json: ")) << text;
  }
}

}  // namespace
}  // namespace gsd
