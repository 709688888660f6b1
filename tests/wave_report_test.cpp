// gsdc --explain-waves, as a pure function of the plans.
#include "backends/wave_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/gsdc_compile.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::HasSubstr;

PlanInput PlanFile(std::string_view folder, std::string_view number, std::string_view front,
                   std::string_view context, std::string_view files) {
  const std::string path =
      fmt::format(".planning/phases/{}/{}-{}-PLAN.md", folder, folder.substr(0, 2), number);
  return {path, path,
          fmt::format(
              "---\nphase: {}\nplan: {}\n{}---\n\n<context>\n{}</context>\n\n<tasks>\n<task type=\"auto\">\n"
              "<name>Work</name>\n<files>{}</files>\n<action>Work.</action>\n</task>\n</tasks>\n",
              folder, number, front, context, files)};
}

std::string Explain(std::vector<PlanInput> inputs) {
  return ExplainWaves(Compile(std::move(inputs), {}, {}, EmptyWorkspace()).plans);
}

TEST(WaveReportTest, SaysWhatMayRunInParallelAndWhyNot) {
  ExpectGolden(
      SourceDir() / "testdata" / "backends" / "waves.txt",
      Explain({
          PlanFile("02-store", "01", "wave: 0\n", "", "tests/store.test.ts"),
          PlanFile("02-store", "02", "wave: 1\ndepends_on: [\"02-01\"]\n", "", "src/store.ts"),
          PlanFile("02-store", "03", "wave: 1\ndepends_on: [\"02-01\", \"99\"]\n", "", "src/cache.ts"),
          PlanFile("03-billing", "01", "", "", "src/index.ts, src/money.ts"),
          PlanFile("03-billing", "02", "", "", "src/index.ts, src/tax.ts"),
          PlanFile("03-billing", "03", "", "@src/money.ts\n", "src/index.ts, src/tax.ts"),
          PlanFile("03-billing", "04", "wave: 3\n", "", "src/mail.ts"),
          PlanFile("03-billing", "05", "depends_on: [\"03-01\", \"03-02\"]\n", "@src/money.ts\n",
                   "src/index.ts"),
          PlanFile("03-billing", "06", "status: superseded\n", "", "src/index.ts"),
          PlanFile("04-mail", "01", "depends_on: [\"04-02\"]\n", "", "src/a.ts"),
          PlanFile("04-mail", "02", "depends_on: [\"04-01\"]\n", "", "src/b.ts"),
      }));
}

// The summaries of a project on disk.
class FinishedPlans final : public Workspace {
 public:
  std::optional<FileInfo> Stat(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> List(std::string_view) const override {
    return {"02-01-PLAN.md", "02-01-SUMMARY.md", "02-02-PLAN.md", "02-03-PLAN.md", "02-03-SUMMARY.md"};
  }
  std::optional<std::string> ReadHead(std::string_view path, size_t) const override {
    if (path.ends_with("02-03-SUMMARY.md")) return "---\nplan: 03\nstatus: halted\n---\n";
    return "---\nstatus: complete\n---\n";
  }
};

TEST(WaveReportTest, AFinishedPlanStandsInNobodysWayAndAHaltedOneIsNotFinished) {
  const Compilation compilation = Compile({PlanFile("02-store", "01", "", "", "src/a.ts"),
                                           PlanFile("02-store", "02", "", "", "src/a.ts, src/b.ts"),
                                           PlanFile("02-store", "03", "", "", "src/b.ts")},
                                          {}, {}, FinishedPlans());
  const std::string report = ExplainWaves(compilation.plans);
  EXPECT_THAT(report, HasSubstr("02-01 (done), 02-02 and 02-03: must not all run in parallel"));
  EXPECT_THAT(report, HasSubstr("02-02 and 02-03 both write `src/b.ts`"));
  EXPECT_THAT(report, Not(HasSubstr("src/a.ts")));
}

TEST(WaveReportTest, ManyPlansStayReadable) {
  std::vector<PlanInput> plans;
  for (int i = 10; i < 60; ++i)
    plans.push_back(PlanFile("02-store", std::to_string(i), "", "", "src/index.ts"));
  const std::string report = Explain(std::move(plans));
  EXPECT_THAT(report, HasSubstr("all write `src/index.ts`"));
  EXPECT_LT(report.size(), 600U);
}

}  // namespace
}  // namespace gsd::test
