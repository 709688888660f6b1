// What runs tell is what schemas/events.schema.json says, and every kind of event stands in it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "executor/event_log.h"
#include "tests/test_support.h"
#include "tests/told_run.h"

namespace gsd::test {
namespace {

using nlohmann::json;

const std::filesystem::path kSchema = SourceDir() / "schemas/events.schema.json";

// Checks a whole log at once: a schema of arrays beside a copy of the schema of one.
std::string Mistakes(const json& events) {
  const TempDir dir;
  std::filesystem::copy_file(kSchema, dir / "events.schema.json");
  WriteFile(dir / "log.schema.json",
            R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://gsd.invalid/log",
                "type": "array", "items": {"$ref": "https://gsd.invalid/schemas/events.schema.json"}})");
  return SchemaMistakes(dir / "log.schema.json", events.dump());
}

json Lines(const std::string& log) {
  json events = json::array();
  for (const std::string_view line : Split(Trim(log), '\n')) events.push_back(json::parse(line));
  return events;
}

std::set<std::string> Names(const json& events) {
  std::set<std::string> names;
  for (const json& event : events) names.insert(event["event"]);
  return names;
}

// The events of a run of fakes, and of its continuation.
json EventsOf(ToldRun& run, const std::function<Script(TaskIndex, int)>& script, int parts = 1) {
  const TempDir dir;
  for (int part = 0; part < parts; ++part) {
    EventLog log(run.manifest, run.options.run, "fake");
    EXPECT_TRUE(
        log.AddFile(dir / "events", part > 0 ? EventLog::Mode::kAppend : EventLog::Mode::kReplace).ok());
    run.Run(script, [&](const RunEvent& event) { log.On(event); });
    EXPECT_EQ(log.trouble(), "");
  }
  return Lines(ReadFile(dir / "events"));
}

TEST(EventsSchema, NamesEveryKind) {
  const json schema = json::parse(ReadFile(kSchema));
  size_t named = 0;
  for (size_t kind = 0; kind < kRunEventKinds; ++kind) {
    const std::string name(EventName(static_cast<RunEventKind>(kind)));
    if (static_cast<RunEventKind>(kind) == RunEventKind::kTick) {
      EXPECT_EQ(name, "");
      continue;
    }
    ASSERT_TRUE(schema["$defs"].contains(name)) << name;
    EXPECT_EQ(schema["$defs"][name]["properties"]["event"]["const"], name);
    EXPECT_THAT(schema["oneOf"], testing::Contains(json{{"$ref", "#/$defs/" + name}}));
    EXPECT_THAT(ReadFile(SourceDir() / "docs/running.md"), testing::HasSubstr("`" + name + "`"));
    ++named;
  }
  EXPECT_EQ(schema["oneOf"].size(), named);
}

TEST(EventsSchema, NamesEveryOutcome) {
  const json schema = json::parse(ReadFile(kSchema));
  std::set<std::string> outcomes;
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome)
    outcomes.emplace(OutcomeName(static_cast<Outcome>(outcome)));
  EXPECT_EQ(schema["$defs"]["outcome"]["enum"].get<std::set<std::string>>(), outcomes);
}

TEST(EventsSchema, HoldsForRetriesPausesSkipsAndCheckpoints) {
  ToldRun run = RunWithAFailure(5, "human-verify");
  const json events = EventsOf(
      run,
      [](TaskIndex task, int attempt) {
        if (task == 1 && attempt == 1) return Script{Outcome::kQuota, 0, std::chrono::hours(1)};
        if (task == 2 && attempt == 1) return Script{Outcome::kTransient, 0, {}};
        return Script{};
      },
      2);
  EXPECT_EQ(Mistakes(events), "");
  EXPECT_THAT(Names(events),
              testing::IsSupersetOf({"run_started", "task_ready", "task_started", "task_verifying",
                                     "task_retried", "task_finished", "task_skipped", "checkpoint_waiting",
                                     "provider_paused", "provider_resumed", "run_finished"}));
  // Both parts are there.
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const json& event) { return event["event"] == "run_finished"; }),
            2);
  EXPECT_EQ(events.back()["waiting"], 1);
}

TEST(EventsSchema, HoldsForBudgetAndAnswers) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 1, "decision");
  ToldRun run(manifest);
  run.options.auto_approve = true;
  run.options.ceilings.tokens = 9000;
  const json events = EventsOf(run, [](TaskIndex, int) { return Script{Outcome::kOk, 4000, {}}; });
  EXPECT_EQ(Mistakes(events), "");
  EXPECT_THAT(Names(events), testing::IsSupersetOf({"budget_reached", "checkpoint_approved"}));
  EXPECT_EQ(events.back()["spent_tokens"], 8000);
  EXPECT_EQ(events.back()["waiting"], 0);
}

// Those that no fake brings about, told by hand.
TEST(EventsSchema, HoldsForEveryKind) {
  const TempDir dir;
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 0, "human-verify");
  EventLog log(manifest, "run", "fake");
  ASSERT_TRUE(log.AddFile(dir / "events", EventLog::Mode::kReplace).ok());
  AttemptResult result;
  result.message = "\x1b[31m \xFF \"quoted\"";
  result.exit_code = 137;
  result.usd = 0.25;
  for (size_t kind = 0; kind < kRunEventKinds; ++kind) {
    RunEvent event;
    event.kind = static_cast<RunEventKind>(kind);
    event.today = FakeTime().Today();
    event.detail = "\x07 detail";
    event.until = Millis(5);
    const bool ended = event.kind == RunEventKind::kTaskFinished || event.kind == RunEventKind::kTaskRetried;
    if (ended) event.result = &result;
    // The few that say nothing but their task.
    for (const RunEventKind silent :
         {RunEventKind::kTaskReady, RunEventKind::kTaskStarted, RunEventKind::kTaskVerifying,
          RunEventKind::kTaskFinished, RunEventKind::kTaskSkipped, RunEventKind::kCheckpointWaiting})
      if (event.kind == silent) event.detail = "";
    log.On(event);
  }
  const json events = Lines(ReadFile(dir / "events"));
  EXPECT_EQ(events.size(), kRunEventKinds - 1);
  EXPECT_EQ(Mistakes(events), "");
  // The schema does say no.
  json wrong = events;
  wrong[0]["more"] = 1;
  EXPECT_NE(Mistakes(wrong), "");
  wrong = events;
  wrong.back().erase("done");
  EXPECT_NE(Mistakes(wrong), "");
}

TEST(EventLog, HalfALineOfAKilledPartStaysALine) {
  const TempDir dir;
  WriteFile(dir / "events", "{\"event\": \"run_st");
  const Manifest manifest = ExampleManifest();
  EventLog log(manifest, "run", "fake");
  ASSERT_TRUE(log.AddFile(dir / "events", EventLog::Mode::kAppend).ok());
  RunEvent event;
  event.kind = RunEventKind::kDraining;
  log.On(event);
  EXPECT_THAT(ReadFile(dir / "events"),
              testing::StartsWith("{\"event\": \"run_st\n{\"event\": \"draining\""));
}

}  // namespace
}  // namespace gsd::test
