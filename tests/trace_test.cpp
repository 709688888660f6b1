// The Chrome trace of a run: JSON that a viewer can read, lanes without overlaps, durations that add up.
#include "executor/trace.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/test_support.h"
#include "tests/told_run.h"

namespace gsd::test {
namespace {

using nlohmann::json;

struct Traced {
  RunRecord record;
  json events;
  std::vector<json> Of(const std::string& phase) const {
    std::vector<json> found;
    for (const json& event : events)
      if (event["ph"] == phase) found.push_back(event);
    return found;
  }
  std::vector<json> Attempts() const {
    auto found = Of("X");
    std::erase_if(found, [](const json& event) { return event["cat"] == "verify"; });
    return found;
  }
};

Traced Trace(ToldRun& run, const std::function<Script(TaskIndex, int)>& script) {
  std::vector<TraceMoment> moments;
  Traced traced;
  traced.record = run.Run(script, [&](const RunEvent& event) {
    if (auto moment = TraceMomentOf(run.manifest, event)) moments.push_back(*moment);
  });
  traced.events = json::parse(TraceJson(run.manifest, traced.record, moments))["traceEvents"];
  return traced;
}

// Task 3 fails once, task 5 fails for good, the last one is a checkpoint.
Script SomeFail(TaskIndex task, int attempt) {
  if (task == 2 && attempt == 1) return {Outcome::kFailed, 50, {}};
  return {task == 4 ? Outcome::kTimeout : Outcome::kOk, 100, {}};
}

TEST(Trace, LanesNeverOverlapAndDurationsAddUp) {
  ToldRun run(ExampleManifest());
  run.schedule.keep_going = true;
  const Traced traced = Trace(run, SomeFail);
  std::map<int, int64_t> free_at;
  int64_t traced_time = 0, recorded_time = 0;
  auto attempts = traced.Attempts();
  std::stable_sort(attempts.begin(), attempts.end(),
                   [](const json& a, const json& b) { return a["ts"] < b["ts"]; });
  ASSERT_EQ(attempts.size(), traced.record.attempts.size());
  for (const json& event : attempts) {
    const auto began = event["ts"].get<int64_t>(), length = event["dur"].get<int64_t>();
    EXPECT_GE(began, free_at[event["tid"]]) << event;
    EXPECT_GT(event["tid"], 0);
    free_at[event["tid"]] = began + length;
    traced_time += length;
  }
  EXPECT_LE(free_at.size(), run.options.max_parallel);
  for (const AttemptRecord& attempt : traced.record.attempts)
    recorded_time +=
        std::chrono::duration_cast<std::chrono::microseconds>(attempt.decided - attempt.started).count();
  EXPECT_EQ(traced_time, recorded_time);
  EXPECT_GE(traced_time, 9 * 1'000'000);
}

TEST(Trace, AnAttemptTellsWhatCameOfIt) {
  ToldRun run(ExampleManifest());
  const Traced traced = Trace(run, SomeFail);
  const auto attempts = traced.Attempts();
  const auto failed = std::find_if(attempts.begin(), attempts.end(),
                                   [](const json& event) { return event["cat"] == "failed"; });
  ASSERT_NE(failed, attempts.end());
  EXPECT_EQ((*failed)["name"], "08-02:3 Create shared API utilities");
  EXPECT_EQ((*failed)["args"]["attempt"], 1);
  EXPECT_EQ((*failed)["args"]["tokens_input"], 50);
  EXPECT_EQ((*failed)["args"]["message"], "failed");
  EXPECT_EQ((*failed)["args"]["accepted"], false);
  // An arrow from it to the next attempt, and the moment of the retry.
  const auto out = traced.Of("s"), in = traced.Of("f");
  ASSERT_GE(out.size(), 1U);
  ASSERT_EQ(out.size(), in.size());
  EXPECT_EQ(out[0]["id"], in[0]["id"]);
  EXPECT_GE(out[0]["ts"], (*failed)["ts"]);
  EXPECT_LT(out[0]["ts"], (*failed)["ts"].get<int64_t>() + (*failed)["dur"].get<int64_t>());
  std::vector<std::string> moments;
  for (const json& event : traced.Of("i")) moments.push_back(event["name"]);
  EXPECT_THAT(moments, testing::IsSupersetOf({"retry 08-02:3", "retry 08-02:5", "skipped 08-02:7"}));
}

TEST(Trace, CountersEndWithWhatWasSpent) {
  ToldRun run(ExampleManifest());
  const Traced traced = Trace(run, SomeFail);
  std::map<std::string, double> last;
  int64_t before = 0;
  for (const json& event : traced.Of("C")) {
    last[event["name"]] = event["args"][event["name"].get<std::string>()];
    EXPECT_GE(event["ts"], before);
    before = event["ts"];
  }
  EXPECT_EQ(last["running"], 0);
  EXPECT_EQ(last["tokens"], traced.record.spent.tokens);
  EXPECT_NEAR(last["usd"], traced.record.spent.usd, 1e-9);
}

TEST(Trace, AResumedRunHasItsEarlierAttempts) {
  ToldRun run(ExampleManifest());
  run.options.retry.retries = 0;
  const size_t before = Trace(run, SomeFail).Attempts().size();
  const Traced traced = Trace(run, [](TaskIndex, int) { return Script{}; });
  EXPECT_GT(traced.Attempts().size(), before);
  for (const json& event : traced.events) EXPECT_GE(event["ts"], 0);
}

TEST(Trace, AnInterruptedRunHasOneToo) {
  const TempDir dir;
  WriteFile(dir / "phases/08-features/08-02-PLAN.md", "the plan\n");
  WriteFile(dir / "manifest.json", ToJson(ExampleManifest()));
  test::Run({"timeout", "-s", "TERM", "0.3", GsdRun().string(), "manifest.json", "--agent=simulate",
             "--simulate-scale=0.01", "--trace=trace.json"},
            dir.path());
  const json events = json::parse(ReadFile(dir / "trace.json"))["traceEvents"];
  EXPECT_THAT(events, testing::Contains(testing::Truly([](const json& event) {
                return event["ph"] == "X" && event["cat"] == "cancelled";
              })));
}

TEST(Trace, OfNothingIsValid) {
  const Manifest manifest = EmptyManifest();
  EXPECT_TRUE(json::accept(TraceJson(manifest, RunRecord{}, {})));
}

}  // namespace
}  // namespace gsd::test
