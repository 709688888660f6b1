// gsd-run report: where things stand on the time axis, sound pages whatever agents say, and the Gantt of
// characters.
#include "executor/run_page.h"

#include <gmock/gmock.h>

#include "executor/live_table.h"
#include "executor/run_chart.h"
#include "tests/html_check.h"
#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kNoon = 1795348800000;  // 2026-11-22 12:00 UTC
constexpr int64_t kMinute = 60'000;
const std::string kRun = "20261122-120000-ab12";
const std::string kHostile = "</script><img src=x onerror=alert(1)>\"'&\x1b[2J\xE2\x80\xAE\xC2\x9B\x07\xFF";

AttemptRow Attempt(int task, int number, const char* model, std::optional<Outcome> outcome, int64_t begin,
                   int64_t end) {
  AttemptRow row;
  row.task = fmt::format("08-02:{}", task);
  row.attempt = number;
  row.model = model;
  row.stage = outcome ? AttemptStage::kEnded : AttemptStage::kStarting;
  row.outcome = outcome;
  row.started = kNoon + begin * kMinute;
  row.ended = end == 0 ? 0 : kNoon + end * kMinute;
  if (outcome) row.tokens = TokenCounts{1000, 2000, 500, 30'000};
  return row;
}

// 1, then 2 beside 3 which fails and escalates; a night; then 4, which runs.
RunToReport Example() {
  RunToReport run;
  RunRow row;
  row.id = kRun;
  row.agent = "claude";
  row.started = kNoon;
  run.status.runs = {row};
  run.status.manifest = ExampleManifest();
  run.status.holder = LockHolder{1, kRun, kNoon};
  run.status.now = kNoon + 730 * kMinute;
  run.status.attempts = {
      Attempt(1, 1, "sonnet", Outcome::kOk, 0, 10), Attempt(2, 1, "haiku", Outcome::kOk, 10, 16),
      Attempt(3, 1, "haiku", Outcome::kFailed, 10, 14), Attempt(3, 2, "sonnet", Outcome::kOk, 14, 20),
      Attempt(4, 1, "sonnet", std::nullopt, 720, 0)};
  run.status.attempts[2].message = "exit code 1";
  run.status.attempts[0].usd = 0.5;
  for (int task = 1; task <= 4; ++task) {
    TaskRow state;
    state.task = fmt::format("08-02:{}", task);
    state.state = task < 4 ? TaskState::kDone : TaskState::kRunning;
    run.status.tasks.push_back(state);
  }
  run.ceilings = {20'000.0, 1.0};
  return run;
}

TEST(RunChart, LanesAreReused) {
  EXPECT_THAT(AssignLanes({{0, 10}, {2, 5}, {5, 8}, {6, 7}, {10, 12}}), ElementsAre(0, 1, 1, 2, 0));
  EXPECT_THAT(AssignLanes({{3, 3}, {3, 3}}), ElementsAre(0, 0));
}

TEST(RunChart, LongPausesTakeLittleRoom) {
  const TimeAxis axis({{0, 10 * kMinute}, {1000 * kMinute, 1010 * kMinute}});
  EXPECT_DOUBLE_EQ(axis.PositionOf(0), 0);
  EXPECT_DOUBLE_EQ(axis.PositionOf(1010 * kMinute), 1);
  EXPECT_DOUBLE_EQ(axis.PositionOf(INT64_MAX), 1);
  ASSERT_EQ(axis.pauses().size(), 1U);
  EXPECT_EQ(axis.pauses()[0].length, 990 * kMinute);
  EXPECT_NEAR(axis.PositionOf(10 * kMinute), 0.47, 0.02);
  EXPECT_NEAR(axis.PositionOf(1000 * kMinute), 0.53, 0.02);
  const auto ticks = axis.Ticks(4);
  ASSERT_EQ(ticks.size(), 5U);
  EXPECT_EQ(ticks[1].label, "5 min");
  EXPECT_DOUBLE_EQ(ticks[4].position, 1);
  // A short one is shown as it is.
  EXPECT_TRUE(TimeAxis({{0, 10 * kMinute}, {11 * kMinute, 20 * kMinute}}).pauses().empty());
}

TEST(RunChart, OddAxes) {
  EXPECT_DOUBLE_EQ(TimeAxis({}).PositionOf(5), 0);
  EXPECT_LE(TimeAxis({{7, 7}}).PositionOf(7), 1);
  EXPECT_LE(TimeAxis({{0, INT64_C(9'000'000'000'000)}}).Ticks(8).size(), 9U);
  EXPECT_THAT(RoundValues(0.17), ElementsAre(0, 0.05, 0.1, testing::DoubleEq(0.15)));
  EXPECT_THAT(RoundValues(0), ElementsAre(0));
}

TEST(RunPage, Example) {
  const std::string html = RunPage(Example());
  const ParsedPage page = ExpectSoundPage(html, 0);
  EXPECT_EQ(page.TextOf("attempt-3"),
            "08-02:3Create shared API utilities2sonnetok22026-11-22 12:14:006 min 00 s3,5000.0146");
  EXPECT_THAT(html, HasSubstr("escalated to sonnet"));
  EXPECT_THAT(html, HasSubstr("a pause of 11 h 40 min"));
  EXPECT_THAT(html, HasSubstr("budget 1"));
  EXPECT_THAT(html, HasSubstr("attempt 1, haiku: failed, 4 min 00 s"));
  EXPECT_THAT(html, HasSubstr("30 min 00 s"));  // 20 minutes at work before the night, 10 after
}

TEST(RunPage, BarsOfSeveralPlansSayWhichPlan) {
  RunToReport run = Example();
  run.status.attempts[2].ended = kNoon + 10 * kMinute + 84'000;
  EXPECT_THAT(RunPage(run), HasSubstr(">3</text>"));
  run.status.attempts[1].task = "08-03:2";
  const std::string html = RunPage(run);
  EXPECT_THAT(html, HasSubstr("aria-label=\"08-03:2"));
  EXPECT_THAT(html, HasSubstr(">02:3</text>"));
  EXPECT_THAT(html, Not(HasSubstr(">3</text>")));
  EXPECT_THAT(RunText(run, {40, true, false}), HasSubstr("[02:3"));
  EXPECT_THAT(RunText(run, {40, true, false}), Not(HasSubstr("[3")));
}

TEST(RunPage, ASimulationSaysThatItIsOne) {
  RunToReport run = Example();
  EXPECT_THAT(RunPage(run), Not(HasSubstr("imulation")));
  run.status.runs[0].agent = "simulate";
  EXPECT_THAT(RunPage(run), HasSubstr("A simulation: no agent worked"));
  EXPECT_THAT(RunText(run, {}), testing::StartsWith("SIMULATION: "));
}

TEST(RunPage, WordsForStateAndPrices) {
  RunToReport run = Example();
  run.status.runs[0].state = RunState::kBudget;
  EXPECT_THAT(RunPage(run), HasSubstr("<p>stopped: budget"));
  EXPECT_THAT(RunPage(run), HasSubstr(", partly at list prices"));
  run.status.attempts[0].usd.reset();
  EXPECT_THAT(RunPage(run), HasSubstr(", at list prices"));
  EXPECT_EQ(TrendOf(run.status).condition, "stopped: budget");
}

TEST(RunPage, WithoutAttemptsOrManifest) {
  RunToReport run = Example();
  run.status.manifest.reset();
  EXPECT_THAT(RunPage(run), HasSubstr("manifest cannot be read"));
  ExpectSoundPage(RunPage(run), 0);
  run.status.attempts.clear();
  run.status.tasks.clear();
  EXPECT_THAT(RunPage(run), HasSubstr("Nothing has been attempted"));
  ExpectSoundPage(RunPage(run), 0);
  EXPECT_THAT(RunText(run, {}), HasSubstr("nothing has been attempted"));
}

// When nobody saw the end, the bar must not reach to where somebody noticed, days later.
TEST(RunPage, ADiedRun) {
  RunToReport run = Example();
  run.status.holder.reset();
  EXPECT_THAT(RunPage(run), HasSubstr("nobody saw it end"));
  run.status.attempts[4].ended = kNoon + 9000 * kMinute;
  const std::string text = RunText(run, {});
  EXPECT_THAT(text, HasSubstr("died, 3 of 7"));
  EXPECT_THAT(text, HasSubstr("20 min 00 s at work"));
}

RunToReport Hostile() {
  RunToReport run = Example();
  run.status.runs[0].agent = run.status.runs[0].id = kHostile;
  for (AttemptRow& row : run.status.attempts) row.message = row.kept_branch = row.model = kHostile;
  run.status.attempts[1].task = kHostile;
  for (ManifestTask& task : run.status.manifest->tasks) task.name = kHostile;
  run.status.tasks[0].state = TaskState::kFailed;
  run.status.tasks[1].state = TaskState::kWaiting;
  run.status.tasks[0].message = run.status.tasks[1].message = run.status.tasks[2].task = kHostile;
  run.status.answers = {{kHostile, AnswerRow::Kind::kRejected, kHostile, kNoon, 1}};
  run.moments = {{kHostile, kHostile, kHostile, kHostile}};
  return run;
}

TEST(RunPage, HostileTexts) {
  const ParsedPage page = ExpectSoundPage(RunPage(Hostile()), 0);
  EXPECT_EQ(page.Count("img"), 0U);
  RunTrend trend = TrendOf(Hostile().status);
  trend.condition = kHostile;
  ExpectSoundPage(RunIndexPage({trend, trend}), 0);
}

TEST(RunText, Golden) {
  for (const bool utf8 : {true, false})
    ExpectGolden(SourceDir() / "testdata/run_page" / (utf8 ? "text.expected" : "ascii.expected"),
                 RunText(Example(), {72, utf8, false}));
}

TEST(RunText, NeverWiderThanTheTerminal) {
  RunToReport run = Hostile();
  run.status.attempts[0].task = "任务:一";
  run.status.manifest->tasks[3].name =
      "Task 4: 実装する、そしてとても長い名前をここに書いておく。もっともっと長い名前";
  for (const bool utf8 : {true, false}) {
    for (size_t columns = 20; columns < 140; columns += 7) {
      const std::string text = RunText(run, {columns, utf8, false});
      for (const std::string_view line : Split(text, '\n')) EXPECT_LE(ColumnsOf(line), columns) << line;
      for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
      const bool ascii =
          std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      EXPECT_TRUE(utf8 || ascii) << text;
    }
  }
}

TEST(RunText, ColorsOnlyWhenAsked) {
  EXPECT_THAT(RunText(Example(), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(RunText(Example(), {100, true, true}), HasSubstr("\x1b[31m"));
}

TEST(RunPage, ManyAttemptsAreBounded) {
  RunToReport run = Example();
  run.status.attempts.clear();
  for (int i = 0; i < 50'000; ++i)  // all at the same time, all lost
    run.status.attempts.push_back(Attempt(i, 1, "haiku", std::nullopt, i, i + 100'000));
  run.status.holder.reset();
  const std::string html = RunPage(run);
  size_t bars = 0;
  for (size_t at = html.find("class=\"bar "); at != html.npos; at = html.find("class=\"bar ", at + 1)) ++bars;
  EXPECT_EQ(bars, 2000U);
  EXPECT_THAT(RunText(run, {}), HasSubstr("more slots"));
}

TEST(RunIndex, TrendsOfSeveralRuns) {
  RunTrend first = TrendOf(Example().status), second = first;
  first.page = "runs/" + kRun + "/report.html";
  second.run.state = RunState::kDone;
  const std::string html = RunIndexPage({first, second});
  const ParsedPage page = ExpectSoundPage(html, 0);
  EXPECT_EQ(page.Count("svg"), 4U);
  EXPECT_THAT(page.TextOf("trends"), HasSubstr("Trends"));
  EXPECT_THAT(html, HasSubstr("3 of 7"));
  EXPECT_THAT(html, HasSubstr("4,667"));  // 14,000 tokens of three finished tasks
}

TEST(RunIndex, WhatARunDoesNotHaveIsNotDrawn) {
  RunTrend first = TrendOf(Example().status), second = first;
  second.done = 0;
  const auto bars = [&] {
    const std::string html = RunIndexPage({first, second});
    const std::string chart = html.substr(html.find("aria-label=\"Tokens per finished task"));
    const std::string drawing = chart.substr(0, chart.find("</svg>"));
    size_t count = 0;
    for (size_t at = drawing.find("class=\"bar "); at != drawing.npos;
         at = drawing.find("class=\"bar ", at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(bars(), 1U);
  first.done = 0;
  EXPECT_THAT(RunIndexPage({first, second}), Not(HasSubstr("<figcaption>Tokens per finished task")));
}

TEST(RunMoments, HalfWrittenAndForeignLines) {
  const auto moments = ReadMoments(
      "{\"event\":\"task_ready\",\"time\":\"x\"}\nnonsense\n"
      "{\"event\":\"task_retried\",\"time\":\"2026-11-22T12:14:00.000Z\",\"task\":\"08-02:3\",\"detail\":"
      "\"exit code 1\"}\n"
      "{\"event\":\"run_fin");
  ASSERT_EQ(moments.size(), 1U);
  EXPECT_EQ(moments[0].what, "tried again");
  EXPECT_EQ(moments[0].detail, "exit code 1");
  std::string many;
  for (size_t i = 0; i < kMostMoments + 5; ++i) many += "{\"event\":\"note\"}\n";
  EXPECT_EQ(ReadMoments(many).size(), kMostMoments);
}

// The program on a real journal.
struct Project {
  Project() {
    std::filesystem::create_directories(dir / ".gsd");
    auto journal = Journal::Open(JournalPath(dir.path()));
    EXPECT_TRUE(journal.ok()) << journal.error();
    RunToReport run = Example();
    run.status.runs[0].options = R"({"arguments":["--agent=simulate","--budget-usd=2.5"],"command":[]})";
    EXPECT_TRUE((*journal)->PutRun(run.status.runs[0]).ok());
    for (const TaskRow& row : run.status.tasks) EXPECT_TRUE((*journal)->PutTask(kRun, row).ok());
    for (const AttemptRow& row : run.status.attempts) EXPECT_TRUE((*journal)->PutAttempt(kRun, row).ok());
    std::string json;
    WriteManifest(ExampleManifest(), json);
    WriteFile(runs() / kRun / "manifest.json", json);
    WriteFile(runs() / kRun / "events.jsonl",
              "{\"event\":\"budget_reached\",\"time\":\"2026-11-22T12:00:00.000Z\",\"detail\":\"for want of "
              "it\"}\n{\"ev");
  }
  std::filesystem::path runs() const { return dir / ".gsd/runs"; }
  ProcessResult Report(std::vector<std::string> args, std::vector<std::string> environment = {}) const {
    args.insert(args.begin(), {GsdRun().string(), "report"});
    return Run(args, dir.path(), {}, environment);
  }
  TempDir dir;
};

TEST(Report, WritesThePagesAndPrintsTheirPaths) {
  const Project project;
  const auto written = project.Report({});
  EXPECT_EQ(written.exit_code, 0) << written.err;
  const auto file = std::filesystem::canonical(project.runs() / kRun / "report.html");
  EXPECT_EQ(written.out, file.string() + "\n");
  const std::string html = ReadFile(file);
  ExpectSoundPage(html, 0);
  EXPECT_THAT(html, HasSubstr("of 2.50"));  // as the command line said
  EXPECT_THAT(html, HasSubstr("for want of it"));
  EXPECT_THAT(html, HasSubstr("died"));
  EXPECT_EQ(project.Report({kRun, "-o", "-"}).out, html);
  EXPECT_EQ(project.Report({"-o", "here.html"}).exit_code, 0);
  EXPECT_EQ(ReadFile(project.dir / "here.html"), html);

  EXPECT_EQ(project.Report({"--index"}).exit_code, 0);
  EXPECT_THAT(ReadFile(project.dir / ".gsd/report.html"),
              HasSubstr("href=\"runs/" + kRun + "/report.html\""));
}

TEST(Report, TextFollowsTheLocale) {
  const Project project;
  EXPECT_THAT(project.Report({"--text"}, {"LC_ALL=C.UTF-8"}).out, HasSubstr("█"));
  const std::string ascii = project.Report({"--text"}, {"LC_ALL=C"}).out;
  EXPECT_THAT(ascii, HasSubstr("[08-02:1##"));
  EXPECT_THAT(ascii, Not(HasSubstr("\xE2")));
}

TEST(Report, Mistakes) {
  const Project project;
  for (const auto& [args, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"20261122-120000-zz99"}, "did you mean"},
           {{"--index", kRun}, "--index"},
           {{"--text", "-o", "x"}, "--text"},
           {{"-o", "/no/such/folder/x.html"}, "/no/such/folder"},
           {{"--root=/"}, "nothing was run in"}}) {
    const auto result = project.Report(args);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST(Report, ALinkInPlaceOfTheFolderIsNotFollowed) {
  const Project project;
  const TempDir elsewhere;
  std::filesystem::remove_all(project.runs() / kRun);
  std::filesystem::create_symlink(elsewhere.path(), project.runs() / kRun);
  const auto result = project.Report({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("link to another place"));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

}  // namespace
}  // namespace gsd::test
