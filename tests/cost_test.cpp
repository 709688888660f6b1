// What plans cost: dollars from counters, sums that agree everywhere, the baseline, savings or that there are
// none, what a budget buys, and that budgets and goals gate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analysis/cost_report.h"
#include "backends/escaped_text.h"
#include "backends/manifest.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::filesystem::path Example() { return SourceDir() / "testdata/cost/08-02-PLAN.md"; }

ProcessResult RunGsdc(std::vector<std::string> args, const std::filesystem::path& cwd = {}) {
  args.insert(args.begin(), Gsdc().string());
  return Run(args, cwd);
}

std::unique_ptr<Compiled> CompileWith(const std::string& text, const AnalysisOptions& options) {
  auto compiled = std::make_unique<Compiled>();
  compiled->sources.push_back(std::make_unique<SourceFile>(FileId{0}, "08-02-PLAN.md", text));
  std::vector<ParsedPlan> parsed;
  parsed.push_back({compiled->sources[0].get(), ParsePlan(*compiled->sources[0]), "08-02-PLAN.md"});
  compiled->plans = Analyze(std::move(parsed), options, EmptyWorkspace());
  return compiled;
}

TEST(Cost, DollarsOfTheFourCounters) {
  const Prices prices{3, 15, 3.75, 0.3};
  EXPECT_DOUBLE_EQ(UsdOf(prices, {1e6, 2e6, 3e6, 4e6}), 3 + 30 + 11.25 + 1.2);
  // 1,000 tokens of sonnet by the default mix: 230 × 3 + 200 × 15 + 570 × 3.75 + 950 × 0.3 millionths.
  EXPECT_NEAR(CostOf(DefaultPriceList(), Model::kSonnet, 1000), 0.0061125, 1e-12);
  EXPECT_NEAR(kDefaultTokenMix.input + kDefaultTokenMix.output + kDefaultTokenMix.cache_write, 1, 1e-12);
}

TEST(Cost, ASessionReadsWhatWasSaidAgainAtEveryTurn) {
  PriceList list = DefaultPriceList();
  list.mix = {1, 0, 0, 2};  // five turns
  EXPECT_DOUBLE_EQ(TurnsOf(list.mix), 5);
  list.prices[1] = {1, 0, 0, 0.1};
  SessionCost session(list, Model::kSonnet, 1500);
  session.Add(1000);  // nothing before it
  EXPECT_NEAR(session.usd(), (1000 + 2000 * 0.1) / 1e6, 1e-15);
  session.Add(1000);
  EXPECT_DOUBLE_EQ(session.reread(), 5000);
  session.Add(1000);  // the window holds 1,500 of the 2,000 that were said
  EXPECT_DOUBLE_EQ(session.reread(), 5000 + 7500);
  EXPECT_NEAR(session.usd(), (3 * 1200 + 12500 * 0.1) / 1e6, 1e-15);
}

TEST(Markdown, NothingInANameIsMarkup) {
  EXPECT_EQ(MarkdownLine("<img src=http://x> ![a](b) `c` *d* | \\ &amp;"),
            "&lt;img src=http://x&gt; !\\[a\\](b) \\`c\\` \\*d\\* \\| \\\\ &amp;amp;");
  EXPECT_EQ(MarkdownLine("_a_ __b__ ~~c~~"), "\\_a\\_ \\_\\_b\\_\\_ \\~\\~c\\~\\~");
  EXPECT_EQ(MarkdownLine("# a"), "\\# a");
  EXPECT_EQ(MarkdownLine(" - a"), "\\- a");
  EXPECT_EQ(MarkdownLine("12. a"), "12\\. a");
  EXPECT_EQ(MarkdownLine("a\nb\xE2\x80\xAE"), "a\\\\nb\\\\u{202e}");
  EXPECT_EQ(MarkdownCode("src/a_b.ts"), "`src/a_b.ts`");
  EXPECT_EQ(MarkdownCode("a`` b"), "``` a`` b ```");
  for (const char* name : {"Implement user_profile API (v2): don't \"break\" v1.2, 3 - 2 = 1", "08-02:4"})
    EXPECT_EQ(MarkdownLine(name), name);
}

TEST(CostReport, NoNameOfAPlanIsMarkupInIt) {
  const TempDir folder;
  WriteFile(folder / "src/`b`.ts", std::string(4000, 'x'));
  WriteFile(folder / "05-01-PLAN.md",
            "---\nphase: \"05|<img src=http://x/> [a](http://x) *b*\"\nplan: \"01|<b>\"\n---\n<tasks>\n"
            "<task type=\"auto\"><name><img src=http://x/></name><files>src/`b`.ts</files><action>read "
            "@src/`b`.ts</action></task>\n</tasks>\n");
  const std::string text =
      RunGsdc({"05-01-PLAN.md", "--emit=cost", "--config=none", "-q"}, folder.path()).out;
  EXPECT_THAT(text, HasSubstr("\\|&lt;"));
  EXPECT_THAT(text, Not(HasSubstr("<img")));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, Not(HasSubstr("[a](")));
  EXPECT_THAT(text, Not(HasSubstr(" *b*")));
}

TEST(CostReport, TheDocumentsExample) {
  const auto compiled = CompileWith(ReadFile(Example()), {});
  std::string text;
  ASSERT_TRUE(EmitCost(compiled->result(), text).ok());
  ExpectGolden(SourceDir() / "testdata/cost/08-02.cost.expected", text);
}

TEST(CostReport, SumsAgree) {
  const auto compiled = CompileWith(ReadFile(Example()), {});
  const CostReport report = BuildCostReport(compiled->plans);
  for (const auto* groups : {&report.tasks, &report.batches, &report.plans, &report.phases}) {
    double usd = 0, high = 0;
    int64_t tokens = 0;
    for (const CostGroup& group : *groups) {
      usd += group.sum.usd.expected;
      high += group.sum.usd.high;
      tokens += group.sum.tokens.expected;
    }
    EXPECT_NEAR(usd, report.total.usd.expected, 1e-12);
    EXPECT_NEAR(high, compiled->plans.usd_high, 1e-12);
    EXPECT_EQ(tokens, compiled->plans.tokens.expected);
  }
  // What the counters cost, model by model, is what the tasks cost.
  double usd = 0;
  for (uint32_t i = 0; i < compiled->plans.tasks.size(); ++i)
    usd += UsdOf(DefaultPriceList().Of(compiled->plans.units[0].tasks[TaskId{i}].routed.model),
                 report.tasks[i].sum.counters);
  EXPECT_NEAR(usd, report.total.usd.expected, 1e-12);

  const Manifest manifest = BuildManifest(compiled->result());
  double of_tasks = 0, of_batches = 0;
  for (const ManifestTask& task : manifest.tasks) of_tasks += task.estimated_usd.expected;
  for (const ManifestBatch& batch : manifest.batches) of_batches += batch.estimated_usd.expected;
  EXPECT_NEAR(of_tasks, manifest.budget.estimated_usd, 1e-5);
  EXPECT_NEAR(of_batches, manifest.budget.estimated_usd, 1e-5);
  EXPECT_NEAR(manifest.plans[0].estimated_usd.high, compiled->plans.usd_high, 1e-6);
  std::string bytes;
  WriteManifest(manifest, bytes);
  const auto read = ReadManifest(bytes);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(read->tasks[3].estimated_usd.high, manifest.tasks[3].estimated_usd.high);
  EXPECT_EQ(read->budget.token_mix.cache_read, manifest.budget.token_mix.cache_read);
}

TEST(CostReport, SaysWhereThereIsNoSaving) {
  const auto compiled = CompileWith(
      "---\nphase: 08-x\nplan: 02\n---\n<tasks>\n<task type=\"auto\" model=\"opus\">\n<name>Task 1: "
      "A</name>\n"
      "<action>x</action>\n</task>\n</tasks>\n",
      {});
  std::string text;
  ASSERT_TRUE(EmitCost(compiled->result(), text).ok());
  EXPECT_THAT(text,
              HasSubstr("| each task fresh on sonnet | 5,000 | 0 | $0.0306 | no saving: $0.0102 more |"));
  EXPECT_THAT(text, HasSubstr("| each task fresh on opus | 4,000 | 0 | $0.0408 | no saving |"));
}

TEST(CostReport, WhatTheBudgetBuys) {
  AnalysisOptions options;
  options.budget_tokens = 20'000;
  options.budget_given = true;
  const auto compiled = CompileWith(ReadFile(Example()), options);
  const CostReport report = BuildCostReport(compiled->plans);
  ASSERT_TRUE(report.expected && report.worst);
  // 4,000 + 3,000 + 4,200 + 7,200 fit; 10,000 more do not.
  EXPECT_EQ(report.expected->tasks, 4U);
  EXPECT_EQ(report.expected->of, 7U);
  EXPECT_EQ(report.expected->first_left, 4U);
  EXPECT_EQ(report.worst->tasks, 3U);  // 5,000 + 3,600 + 4,800, then 8,400
}

TEST(CostReport, SmallerModelsSaveWhatIsSaid) {
  const auto compiled = CompileWith(ReadFile(Example()), {});
  const CostReport report = BuildCostReport(compiled->plans);
  ASSERT_FALSE(report.savings.empty());
  for (const Saving& saving : report.savings) {
    const TaskFacts& facts = compiled->plans.units[0].tasks[TaskId{saving.task}];
    if (saving.kind != Saving::Kind::kSmallerModel) continue;
    const auto on = [&](Model model) {
      return OptionOn(model, facts.estimate, facts.success, DefaultPriceList()).usd;
    };
    EXPECT_NEAR(saving.usd, on(facts.routed.model) - on(saving.model), 1e-12);
  }
}

std::string TaskWith(std::string_view attributes) {
  return fmt::format("<task type=\"auto\" model=\"haiku\" {}>\n<action>Do it.</action>\n</task>\n",
                     attributes);
}

std::string PlanOf(const std::vector<std::string>& tasks) {
  return fmt::format("---\nphase: 08-x\nplan: 02\n---\n<tasks>\n{}</tasks>\n", fmt::join(tasks, ""));
}

// Whoever takes the advice gets what it promised.
TEST(CostReport, ADependencyLessSavesWhatIsSaid) {
  const std::string p = "parallel=\"can-parallelize\" ";
  const auto chain = CompileWith(PlanOf({TaskWith(p + "depends-on=\"\""), TaskWith(p + "depends-on=\"1\""),
                                         TaskWith(p + "depends-on=\"2\""), TaskWith(p + "depends-on=\"3\"")}),
                                 {});
  const CostReport report = BuildCostReport(chain->plans);
  const auto advice = std::ranges::find_if(report.savings, [](const Saving& saving) {
    return saving.kind == Saving::Kind::kDropDependency && saving.task == 2 && saving.before == 1;
  });
  ASSERT_NE(advice, report.savings.end());
  // The third still waits for the first, and the fourth for the second.
  const auto taken =
      CompileWith(PlanOf({TaskWith(p + "depends-on=\"\""), TaskWith(p + "depends-on=\"1\""),
                          TaskWith(p + "depends-on=\"1\""), TaskWith(p + "depends-on=\"2,3\"")}),
                  {});
  EXPECT_EQ(report.dataflow_seconds - BuildCostReport(taken->plans).dataflow_seconds, advice->seconds);
  EXPECT_EQ(advice->seconds, 750);
}

TEST(CostReport, WhatRunsAloneCannotBeHastenedByDependencies) {
  const auto chain = CompileWith(PlanOf({TaskWith("depends-on=\"\" parallel=\"sequential\""),
                                         TaskWith("depends-on=\"1\" parallel=\"sequential\"")}),
                                 {});
  for (const Saving& saving : BuildCostReport(chain->plans).savings)
    EXPECT_NE(saving.kind, Saving::Kind::kDropDependency);
}

TEST(CostReport, ACircleHasNoSchedule) {
  const auto circle = CompileWith(PlanOf({TaskWith("depends-on=\"2\""), TaskWith("depends-on=\"1\"")}), {});
  std::string text;
  ASSERT_TRUE(EmitCost(circle->result(), text).ok());
  EXPECT_THAT(text, HasSubstr("there is no schedule"));
  EXPECT_THAT(text, Not(HasSubstr("Critical path")));
}

TEST(CostReport, TimesAreOfTheModelsThatWereChosen) {
  AnalysisOptions options;
  options.goals.objective = Objective::kQuality;
  options.goals.over_declared = true;
  const auto compiled = CompileWith(ReadFile(Example()), options);
  const auto usual = CompileWith(ReadFile(Example()), {});
  const CostReport report = BuildCostReport(compiled->plans);
  EXPECT_GT(report.dataflow_seconds, BuildCostReport(usual->plans).dataflow_seconds);  // opus is slower
  EXPECT_NEAR(static_cast<double>(report.seconds_with_retries), compiled->plans.optimized->choice.seconds,
              10);
  EXPECT_EQ(compiled->plans.critical_path.seconds, report.dataflow_seconds);
}

TEST(CostReport, NoPlanCanBreakIt) {
  for (const std::string text : {"", "no plan at all", "<tasks>\n<task type=\"auto\">\n</task>\n</tasks>\n",
                                 "<tasks>\n<task type=\"checkpoint:human-verify\">\n</task>\n</tasks>\n"}) {
    const auto compiled = CompileWith(text, {});
    std::string markdown, bytes;
    ASSERT_TRUE(EmitCost(compiled->result(), markdown).ok());
    ASSERT_TRUE(EmitCostJson(compiled->result(), bytes).ok());
    EXPECT_TRUE(json::accept(bytes)) << bytes;
    EXPECT_THAT(markdown, Not(HasSubstr("nan")));
  }
}

TEST(CostCommand, JsonByTheFilesName) {
  const TempDir dir;
  const auto result =
      RunGsdc({Example().string(), "-q", "--config=none", "--emit=cost=" + (dir / "cost.json").string(),
               "--emit=cost=" + (dir / "cost.txt").string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const json cost = json::parse(ReadFile(dir / "cost.json"));
  EXPECT_EQ(cost["total"]["tokens"]["expected"], 46900);
  EXPECT_EQ(cost["tasks"].size(), 7U);
  EXPECT_EQ(cost["alternatives"].size(), 4U);
  EXPECT_THAT(ReadFile(dir / "cost.txt"), HasSubstr("# Cost\n"));
}

TEST(CostCommand, ABudgetInDollarsGates) {
  const auto run = [](const std::string& budget) {
    return RunGsdc({Example().string(), "-q", "--config=none", "--budget-usd=" + budget});
  };
  EXPECT_EQ(run("0.26").exit_code, 0);
  const auto over = run("0.25");
  EXPECT_EQ(over.exit_code, 1);
  EXPECT_THAT(over.err,
              HasSubstr("may cost $0.2573 with retries, but the budget is $0.25 [plan-over-budget]"));
  EXPECT_EQ(RunGsdc({Example().string(), "-q", "--config=none", "--budget-tokens=50000"}).exit_code, 1);
}

TEST(CostCommand, WhatIsFinishedHasBeenPaidFor) {
  const TempDir dir;
  std::filesystem::create_directory(dir / ".planning");
  std::filesystem::copy_file(Example(), dir / "08-02-PLAN.md");
  const auto run = [&] { return RunGsdc({".", "-q", "--budget-usd=0.1", "--emit=cost"}, dir.path()); };
  EXPECT_EQ(run().exit_code, 1);
  WriteFile(dir / "08-02-SUMMARY.md", "---\nstatus: complete\n---\n");
  const auto finished = run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("The plan is finished: this is what it costs to run it again."));
}

TEST(CostCommand, AdviceIsForPlansThatAreStillOpen) {
  const TempDir dir;
  const std::filesystem::path phases = dir / ".planning/phases";
  for (const char* phase : {"01-a", "02-b", "03-c"}) {
    std::filesystem::create_directories(phases / phase);
    const std::string number(phase, 2);
    WriteFile(phases / phase / (number + "-01-PLAN.md"),
              fmt::format("---\nphase: {}\nplan: 01\n---\n<tasks>\n{}{}</tasks>\n", phase,
                          TaskWith("depends-on=\"\""), TaskWith("depends-on=\"1\"")));
  }
  WriteFile(phases / "01-a/01-01-SUMMARY.md", "---\nstatus: complete\n---\n");
  const auto run = RunGsdc({".planning", "-q", "--emit=cost-json"}, dir.path());
  const json advice = json::parse(run.out)["suggestions"];
  EXPECT_FALSE(advice.empty());
  for (const json& one : advice) {
    EXPECT_NE(one["task"].get<std::string>().substr(0, 2), "01") << one;
    // That a phase comes after another is written nowhere.
    if (one["kind"] == "drop-dependency") {
      EXPECT_EQ(one["task"].get<std::string>().substr(0, 2), one["before"].get<std::string>().substr(0, 2))
          << one;
    }
  }
}

TEST(CostCommand, TheMixIsLearnedUnlessConfigured) {
  const TempDir dir;
  std::filesystem::create_directory(dir / ".planning");
  std::filesystem::copy_file(Example(), dir / "08-02-PLAN.md");
  const auto cost = [&] {
    const auto run = RunGsdc({"08-02-PLAN.md", "-q", "--emit=cost-json"}, dir.path());
    return json::parse(run.out.empty() ? "{}" : run.out);
  };
  EXPECT_EQ(cost()["token_mix_source"], "assumed");
  WriteFile(dir / ".planning/.token-stats.json",
            R"({"file-read|10|gpt":{"count":1,"total_tokens":50000,"min_tokens":50000,"max_tokens":50000,)"
            R"("avg_duration":9,"success_rate":0,)"
            R"("usage":{"input":0,"output":50000,"cache_creation":0,"cache_read":0}}})");
  const json learned = cost();
  EXPECT_EQ(RunGsdc({"08-02-PLAN.md", "-q", "--emit=cost"}, dir.path()).err.find("damaged"),
            std::string::npos);
  EXPECT_EQ(learned["token_mix_source"], "learned");
  EXPECT_EQ(learned["token_mix"],
            (json{{"input", 0.115}, {"output", 0.6}, {"cache_write", 0.285}, {"cache_read", 0.475}}));
  EXPECT_NEAR(learned["total"]["counters"]["output"].get<double>(),
              0.6 * learned["total"]["tokens"]["expected"].get<double>(), 1e-3);
  WriteFile(dir / ".planning/.token-stats.json", R"({"file-read|10|gpt":{"count":-1}})");
  for (int i = 0; i < 2; ++i) {  // from the cache, too
    EXPECT_THAT(
        RunGsdc({"08-02-PLAN.md", "-q"}, dir.path()).err,
        HasSubstr(".planning/.token-stats.json is damaged (the entry file-read|10|gpt is not as it should "
                  "be: count is -1): only what can be read of it is used"));
  }
  WriteFile(dir / ".gsdc.yaml", "token-mix: {input: 0, output: 1, cache-write: 0, cache-read: 0}\n");
  const json configured = cost();
  EXPECT_EQ(configured["token_mix_source"], "configured");
  EXPECT_EQ(configured["token_mix"]["output"], 1);
}

TEST(CostCommand, PricesAreTheConfigurations) {
  const TempDir dir;
  std::filesystem::copy_file(Example(), dir / "08-02-PLAN.md");
  const auto cost = [&](std::string_view yaml) {
    WriteFile(dir / ".gsdc.yaml", yaml);
    return RunGsdc({"08-02-PLAN.md", "-q", "--emit=cost-json"}, dir.path());
  };
  const auto usual = cost("version: 1\n");
  const auto dear = cost(
      "prices:\n  as-of: 2027-01-01\n  haiku: {input: 2, output: 10}\n"
      "  sonnet: {input: 6, output: 30, cache-write: 7.5, cache-read: 0.6}\n"
      "  opus: {input: 10, output: 50}\n");
  ASSERT_EQ(dear.exit_code, 0) << dear.err;
  EXPECT_EQ(json::parse(dear.out)["prices"]["as_of"], "2027-01-01");
  EXPECT_NEAR(json::parse(dear.out)["total"]["usd"]["expected"].get<double>(),
              2 * json::parse(usual.out)["total"]["usd"]["expected"].get<double>(), 1e-5);
  const auto output = cost("token-mix: {input: 0, output: 1, cache-write: 0, cache-read: 0}\n");
  EXPECT_EQ(json::parse(output.out)["total"]["counters"]["output"], 46900);
  for (const char* wrong :
       {"prices: {sonnet: {input: 3}}\n", "prices: {as-of: soon}\n",
        "prices: {as-of: 2027-01-01, gpt: {input: 1}}\n", "token-mix: {output: 0.9}\n",
        "prices: {as-of: 2027-01-01, sonnet: {input: -3}}\n", "prices: {as-of: 2026-13-41}\n",
        "routing: {deadline: 60}\n", "routing: {optimize: luck}\n", "routing: {min-success: 2}\n"}) {
    EXPECT_EQ(cost(wrong).exit_code, 2) << wrong;
  }
}

TEST(OptimizeCommand, DeclaredModelsStayUnlessRefreshed) {
  const auto models = [](const std::vector<std::string>& more) {
    std::vector<std::string> args = {Example().string(), "-q", "--config=none", "--emit=manifest"};
    args.insert(args.end(), more.begin(), more.end());
    const auto result = RunGsdc(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::string found;
    const json manifest = json::parse(result.out);
    for (const json& task : manifest["tasks"]) found += task["model"].get<std::string>()[0];
    return found;
  };
  EXPECT_EQ(models({}), "shhhssh");
  EXPECT_EQ(models({"--optimize=cost"}), "shhhssh");
  EXPECT_EQ(models({"--optimize=quality", "--refresh"}), "ooooooo");
  EXPECT_EQ(models({"--optimize=cost", "--refresh", "--min-success=0.8"}).find('o'), std::string::npos);
}

TEST(OptimizeCommand, ModelsOfThePlanMustBeReliableToo) {
  const auto run =
      RunGsdc({Example().string(), "-q", "--config=none", "--optimize=quality", "--min-success=0.8"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("the model that the plan names does not carry out task 7"));
  EXPECT_THAT(run.err, HasSubstr("80 % of first attempts, 75 % is expected [unmet-goal]"));
}

TEST(OptimizeCommand, GoalsGate) {
  const auto run = [](std::vector<std::string> args) {
    args.insert(args.begin(), {Example().string(), "-q", "--config=none"});
    return RunGsdc(args);
  };
  EXPECT_EQ(run({"--optimize=time", "--deadline=200"}).exit_code, 0);
  const auto late = run({"--optimize=cost", "--deadline=10", "--refresh"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("no choice of models keeps to the deadline: at least "));
  const auto risky = run({"--optimize=cost", "--min-success=0.99", "--refresh"});
  EXPECT_EQ(risky.exit_code, 1);
  EXPECT_THAT(risky.err, HasSubstr("[unmet-goal]"));
  const auto useless = run({"--deadline=10"});
  EXPECT_EQ(useless.exit_code, 2);
  EXPECT_THAT(useless.err, HasSubstr("need --optimize"));
}

TEST(Context, FilesAndBytesThatATaskReads) {
  const TempDir dir;
  WriteFile(dir / ".planning/PROJECT.md", std::string(9'000, 'x'));
  WriteFile(dir / "src/big.ts", std::string(400'000, 'x'));
  WriteFile(dir / "src/small.ts", std::string(1'000, 'x'));
  WriteFile(dir / "08-02-PLAN.md",
            "---\nphase: 08-x\nplan: 02\n---\n<context>\n@.planning/PROJECT.md\n</context>\n<tasks>\n"
            "<task type=\"auto\" model=\"sonnet\">\n<name>Task 1: A</name>\n<files>src/big.ts, "
            "src/small.ts</files>\n"
            "<action>x</action>\n</task>\n</tasks>\n");
  const auto manifest = RunGsdc({"08-02-PLAN.md", "-q", "--emit=manifest"}, dir.path());
  const json task = json::parse(manifest.out)["tasks"][0];
  EXPECT_EQ(task["context_files"], 3);
  EXPECT_EQ(task["context_bytes"], 410'000);
  EXPECT_EQ(SchemaMistakes(SourceDir() / "schemas/manifest.schema.json", manifest.out), "");
  const auto warned = RunGsdc({"08-02-PLAN.md", "--window=120000"}, dir.path());
  EXPECT_THAT(warned.err,
              HasSubstr("the largest `src/big.ts` (100,000 tokens), `.planning/PROJECT.md` (2,250"));
  EXPECT_THAT(warned.err, HasSubstr("split the task: its 2 files in 2 parts"));
}

}  // namespace
}  // namespace gsd::test
