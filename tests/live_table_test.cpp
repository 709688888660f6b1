// The table below the lines of a run: what stands in it, and that it never spoils a terminal.
#include "executor/live_table.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/test_support.h"
#include "tests/told_run.h"

namespace gsd::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

LiveView SomeView() {
  LiveView view;
  view.running = {{3, 2, "sonnet", seconds(245), false, 5200}, {5, 1, "sonnet", seconds(12), true, 0}};
  view.total = 7;
  view.done = 3;
  view.waiting = 1;
  view.spent = {36'500, 1.2};
  view.ceilings = {100'000.0, 5.0};
  view.next = {4, 6};
  view.remaining = minutes(35);
  view.finish = "14:05";
  return view;
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(LiveTable, Whole) {
  EXPECT_EQ(
      Text(LiveTable(ExampleManifest(), SomeView(), {120, 24})),
      "      elapsed     expected  model   try    tokens  step    task\n"
      "   4 min 05 s  17 min 00 s  sonnet    2    5,200+  agent   08-02:4 Implement user profile API\n"
      "         12 s  35 min 00 s  sonnet    1   ~12,500  verify  08-02:6 Implement analytics API\n"
      "  next: 08-02:5 Implement notifications API, 08-02:7 Create integration test for all three endpoints\n"
      "  about 35 min 00 s left, done about 14:05\n"
      "  36,500 of 100,000 tokens (36 %), 1.20 of 5.00 USD (24 %)\n"
      "  3 of 7 done, 2 running, 0 failed, 1 waiting for a person\n");
}

TEST(LiveTable, Narrow) {
  EXPECT_EQ(Text(LiveTable(ExampleManifest(), SomeView(), {60, 8})),
            "      elapsed  model   try    tokens  step    task\n"
            "   4 min 05 s  sonnet    2    5,200+  agent   08-02:4 Imple\n"
            "         12 s  sonnet    1   ~12,500  verify  08-02:6 Imple\n"
            "  next: 08-02:5 Implement notifications API, 08-02:7 Create\n"
            "  about 35 min 00 s left, done about 14:05\n"
            "  36,500 of 100,000 tokens (36 %), 1.20 of 5.00 USD (24 %)\n"
            "  3 of 7 done, 2 running, 0 failed, 1 waiting for a person\n");
}

TEST(LiveTable, WithoutCeilingsAndForecast) {
  LiveView view = SomeView();
  view.running.clear();
  view.next.clear();
  view.ceilings = {};
  view.remaining.reset();
  view.waiting = 0;
  view.spent = {};
  EXPECT_EQ(Text(LiveTable(ExampleManifest(), view, {80, 24})),
            "  0 tokens\n"
            "  3 of 7 done, 0 running, 0 failed\n");
}

TEST(LiveTable, WhatDoesNotFitIsCounted) {
  LiveView view = SomeView();
  for (int i = 0; i < 20; ++i) view.running.push_back({4, 1, "haiku", seconds(1), false, 0});
  const auto lines = LiveTable(ExampleManifest(), view, {80, 10});
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[4], "  and 19 more");
  EXPECT_THAT(lines[8], testing::HasSubstr("3 of 7 done"));
}

TEST(LiveTable, FitsEveryTerminal) {
  Manifest manifest = ExampleManifest();
  manifest.tasks[3].name =
      "漢字の名前 ✅ \x1b[2J e\xCC\x81 \xF0\x9F\x9A\x80 \xFF\xFE\n more and more and more";
  LiveView view = SomeView();
  view.running[0].model = "模型模型模型";
  for (const size_t columns : {1U, 2U, 3U, 10U, 40U, 57U, 79U, 80U, 300U}) {
    for (const size_t rows : {1U, 2U, 3U, 4U, 5U, 6U, 50U}) {
      const auto lines = LiveTable(manifest, view, {columns, rows});
      EXPECT_LE(lines.size(), std::max<size_t>(rows - 1, 1));
      EXPECT_GE(lines.size(), 1U);
      for (const std::string& line : lines) {
        EXPECT_LE(ColumnsOf(line), std::max<size_t>(columns - 1, 1));
        EXPECT_EQ(line.find_first_of("\x1b\n\r"), std::string::npos);
      }
    }
  }
}

TEST(LiveTable, CountsColumns) {
  EXPECT_EQ(ColumnsOf("abc"), 3U);
  EXPECT_EQ(ColumnsOf("\xC3\xA9\xE2\x80\xA6"), 2U);  // é…
  EXPECT_EQ(ColumnsOf("漢字"), 4U);
  EXPECT_EQ(ColumnsOf("✅🚀"), 4U);
  EXPECT_EQ(ColumnsOf("\xFF"), 1U);
  EXPECT_EQ(Fit("a漢字", 2), "a");
  EXPECT_EQ(Fit("a漢字", 3), "a漢");
}

TEST(NextTasks, ReadyFirstThenTheLongestPath) {
  const Manifest manifest = ExampleManifest();
  SchedulerOptions options;
  options.max_parallel = 1;
  Scheduler scheduler(MakeWorkPlan(manifest), options, {0, 1, 2});
  EXPECT_THAT(NextTasks(scheduler, 3), testing::ElementsAre(5, 4, 3));
  EXPECT_EQ(scheduler.NextToStart(), 5U);
  EXPECT_THAT(NextTasks(scheduler, 9), testing::ElementsAre(4, 3, 6));
}

TEST(EstimateRemaining, IsTheLongerOfPathAndSharedWork) {
  const Manifest manifest = ExampleManifest();
  Scheduler scheduler(MakeWorkPlan(manifest), {}, {0, 1, 2});
  // 17, 25 and 35 minutes side by side, then 15.
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {}, 5, {}), minutes(35 + 15));
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {}, 1, {}), minutes(17 + 25 + 35 + 15));
  // They take twice as long as expected.
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {}, 5, {minutes(10), minutes(20)}), minutes(100));
  // One has been running for ten minutes.
  ASSERT_EQ(scheduler.NextToStart(), 5U);
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {{5, 1, "", minutes(10), false, 0}}, 5, {}), minutes(40));
  // One takes longer than expected: what follows still takes its time.
  scheduler.NextToStart();
  scheduler.NextToStart();
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {{5, 1, "", minutes(60), false, 0}}, 5, {}), minutes(15));
}

TEST(EstimateRemaining, NothingWhenNothingGoesOn) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 0, "human-verify");
  Scheduler scheduler(MakeWorkPlan(manifest), {});
  const auto first = scheduler.NextToStart();
  ASSERT_TRUE(first);
  scheduler.OnFinished(*first, TaskState::kWaiting);
  EXPECT_EQ(EstimateRemaining(manifest, scheduler, {}, 5, {}), std::nullopt);
}

}  // namespace
}  // namespace gsd::test
