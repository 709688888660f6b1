// Ceilings: no start that does not fit, whatever the estimates are worth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <queue>
#include <random>

#include "executor/ledger.h"
#include "executor/pricing.h"
#include "tests/manifest_samples.h"

namespace gsd::test {
namespace {

TEST(Ledger, ReservesAndSettles) {
  Ledger ledger({1000, 1.0});
  EXPECT_TRUE(ledger.Fits({1000, 1.0}));
  EXPECT_FALSE(ledger.Fits({1001, 0}));
  EXPECT_FALSE(ledger.Fits({0, 1.01}));
  ledger.Reserve(1, {600, 0.5});
  EXPECT_FALSE(ledger.Fits({500, 0}));
  EXPECT_DOUBLE_EQ(*ledger.UsdLimitOf(1), 1.0);
  ledger.Reserve(2, {100, 0.2});
  EXPECT_DOUBLE_EQ(*ledger.UsdLimitOf(1), 0.8);
  ledger.Settle(1, {900, 0.4});
  EXPECT_EQ(ledger.spent().tokens, 900);
  EXPECT_EQ(ledger.reserved().tokens, 100);
  EXPECT_FALSE(ledger.Fits({1, 0}));
  ledger.Settle(2, {});
  EXPECT_TRUE(ledger.Fits({100, 0.6}));
}

TEST(Ledger, WithoutCeilingsEverythingFits) {
  Ledger ledger({});
  EXPECT_TRUE(ledger.Fits({1e18, 1e12}));
  EXPECT_FALSE(ledger.UsdLimitOf(0));
}

TEST(Ledger, WhatWasSpentBeforeCounts) {
  const Ledger ledger({100, {}}, {60, 0});
  EXPECT_TRUE(ledger.Fits({40, 0}));
  EXPECT_FALSE(ledger.Fits({41, 0}));
}

TEST(Pricing, KnowsModelsAndCaches) {
  Manifest manifest = ExampleManifest();
  manifest.models = {{"sonnet", "sonnet", 200'000, {"2026-11-01", 3, 15, 3.75, 0.3}},
                     {"haiku", "haiku", 200'000, {"2026-11-01", 1, 5, 1.25, 0.1}}};
  AttemptResult result;
  result.tokens = {1'000'000, 100'000, 200'000, 10'000'000};
  const Amount amount = ActualAmount(manifest, "sonnet", result);
  EXPECT_EQ(amount.tokens, 1'300'000);  // a cache's tokens are no budget's
  EXPECT_DOUBLE_EQ(amount.usd, 3 + 1.5 + 0.75 + 3);
  result.usd = 2.5;  // the agent knows better
  EXPECT_EQ(ActualAmount(manifest, "sonnet", result).usd, 2.5);
  EXPECT_EQ(ActualAmount(manifest, "sonnet", AttemptResult{}).usd, 0);

  ManifestTask task = manifest.tasks[0];
  task.model = "sonnet";
  task.estimated_tokens.high = 10'000;
  const Amount sonnet = PessimisticEstimate(manifest, task, "sonnet");
  EXPECT_EQ(sonnet.tokens, 10'000);
  EXPECT_DOUBLE_EQ(sonnet.usd, 10'000 * (0.23 * 3 + 0.20 * 15 + 0.57 * 3.75 + 0.95 * 0.3) / 1e6);
  EXPECT_GT(PessimisticEstimate(manifest, task, "haiku").tokens, 10'000);  // a smaller model needs more
  EXPECT_EQ(PessimisticEstimate(manifest, task, "of-the-users-own").usd, 0);
}

// One simulated run: tasks of random size, estimates that are wrong by any factor, some slots.
struct Simulated {
  double spent = 0, ceiling = 0, overrun = 0;  // of those that ran when the last one started
  size_t started = 0, tasks = 0;
};

Simulated SimulateRun(std::mt19937& random) {
  const auto uniform = [&](double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random);
  };
  std::lognormal_distribution<double> noise(0, 1);
  struct Task {
    double reserve, actual, seconds;
  };
  std::vector<Task> tasks(1 + random() % 12);
  double sum = 0;
  for (Task& task : tasks) {
    task.reserve = uniform(100, 20'000);
    task.actual = random() % 10 == 0 ? 0 : task.reserve * noise(random);
    task.seconds = uniform(1, 100);
    sum += task.reserve;
  }
  Simulated result;
  result.tasks = tasks.size();
  result.ceiling = sum * uniform(0.2, 1.5);
  Ledger ledger({result.ceiling, std::nullopt});
  const size_t slots = 1 + random() % 5;
  using End = std::pair<double, TaskIndex>;
  std::priority_queue<End, std::vector<End>, std::greater<>> running;
  double now = 0;
  std::vector<TaskIndex> open(tasks.size());
  for (TaskIndex task = 0; task < tasks.size(); ++task) open[task] = task;
  std::vector<bool> runs(tasks.size());
  while (true) {
    for (auto at = open.begin(); at != open.end() && running.size() < slots;) {
      const Task& task = tasks[*at];
      if (!ledger.Fits({task.reserve, 0})) {
        ++at;
        continue;
      }
      ledger.Reserve(*at, {task.reserve, 0});
      EXPECT_LE(ledger.spent().tokens + ledger.reserved().tokens, result.ceiling * (1 + 1e-6));
      running.emplace(now + task.seconds, *at);
      runs[*at] = true;
      ++result.started;
      result.overrun = 0;
      for (TaskIndex other = 0; other < tasks.size(); ++other)
        if (runs[other]) result.overrun += std::max(tasks[other].actual - tasks[other].reserve, 0.0);
      at = open.erase(at);
    }
    if (running.empty()) break;
    const TaskIndex ended = running.top().second;
    now = running.top().first;
    running.pop();
    runs[ended] = false;
    ledger.Settle(ended, {tasks[ended].actual, 0});
  }
  result.spent = ledger.spent().tokens;
  EXPECT_EQ(ledger.reserved().tokens, 0);
  return result;
}

TEST(Ledger, ACeilingIsExceededByNoMoreThanWhatRanAlready) {
  std::mt19937 random(20261122);
  size_t stopped = 0, exceeded = 0;
  constexpr int kRuns = 100'000;
  for (int run = 0; run < kRuns; ++run) {
    const Simulated result = SimulateRun(random);
    ASSERT_LE(result.spent, (result.ceiling + result.overrun) * (1 + 1e-6)) << "run " << run;
    stopped += result.started < result.tasks ? 1 : 0;
    exceeded += result.spent > result.ceiling ? 1 : 0;
  }
  // The test is worth something only if both happen.
  EXPECT_GT(stopped, kRuns / 10);
  EXPECT_GT(exceeded, kRuns / 100);
}

}  // namespace
}  // namespace gsd::test
