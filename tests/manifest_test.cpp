// The manifest's way through JSON: nothing is lost, the schema agrees, and every mistake is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using Json = nlohmann::ordered_json;

// Reads the example after `edit` has changed its JSON; the mistake that is found.
std::string MistakeAfter(const std::function<void(Json&)>& edit) {
  Json json = Json::parse(ToJson(ExampleManifest()));
  edit(json);
  const auto read = ReadManifest(json.dump());
  return read.ok() ? "" : read.error();
}

std::string MistakesOf(const std::string& manifest) {
  return SchemaMistakes(SourceDir() / "schemas/manifest.schema.json", manifest);
}

TEST(Manifest, RoundTripIsIdentical) {
  Manifest manifest = ExampleManifest();
  manifest.budget.usd = 12.5;
  MakeCheckpoint(manifest, 4, "decision");
  manifest.tasks[0].action = std::string("\x00\x1b[31m \xE2\x80\xA8 \xF0\x9F\x98\x80 \"\\ ]]>", 23);
  for (const Manifest& m : {manifest, ExampleManifest(), EmptyManifest(), RandomManifest(7, 60, 4, true)}) {
    const std::string first = ToJson(m);
    const auto read = ReadManifest(first);
    ASSERT_TRUE(read.ok()) << read.error();
    EXPECT_EQ(ToJson(*read), first);
  }
  EXPECT_EQ(ReadManifest(ToJson(manifest))->tasks[0].action, manifest.tasks[0].action);
}

TEST(Manifest, SchemaAcceptsWhatIsWritten) {
  EXPECT_EQ(MistakesOf(ToJson(ExampleManifest())), "");
  Manifest manifest = ExampleManifest();
  manifest.budget.usd = 3;
  MakeCheckpoint(manifest, 3, "human-verify");
  EXPECT_EQ(MistakesOf(ToJson(manifest)), "");
  EXPECT_EQ(MistakesOf(ToJson(EmptyManifest())), "");
}

TEST(Manifest, SchemaAndReaderRefuseTheSame) {
  const std::vector<std::function<void(Json&)>> edits = {
      [](Json& j) { j["version"] = 2; },
      [](Json& j) { j["extra"] = 1; },
      [](Json& j) { j.erase("models"); },
      [](Json& j) { j["root"] = "/etc"; },
      [](Json& j) { j["plans"][0]["path"] = "../../etc/passwd"; },
      [](Json& j) { j["plans"][0]["path"] = "a/../../b.md"; },
      [](Json& j) { j["plans"][0]["path"] = "/etc/passwd"; },
      [](Json& j) { j["plans"][0]["path"] = "a\\b.md"; },
      [](Json& j) { j["plans"][0]["sha256"] = "abc"; },
      [](Json& j) { j["phases"][0].erase("plans"); },
      [](Json& j) { j["phases"][0]["estimated_usd"]["low"] = -1; },
      [](Json& j) { j["phases"] = 1; },
      [](Json& j) { j["tasks"][0]["complexity"]["score"] = 11; },
      [](Json& j) { j["tasks"][0]["parallel"] = "sometimes"; },
      [](Json& j) { j["tasks"][0]["estimated_tokens"]["low"] = -1; },
      [](Json& j) { j["tasks"][0]["number"] = 1.5; },
      [](Json& j) { j["tasks"][0]["checkpoint"] = Json::object(); },
      [](Json& j) { j["budget"]["usd"] = "much"; },
      [](Json& j) { j["batches"][0]["batch_number"] = 0; },
      [](Json& j) { j["schedule"]["levels"][0] = "08-02:1"; },
  };
  for (const auto& edit : edits) {
    Json json = Json::parse(ToJson(ExampleManifest()));
    edit(json);
    EXPECT_NE(MistakesOf(json.dump()), "") << MistakeAfter(edit);
    EXPECT_NE(MistakeAfter(edit), "");
  }
}

TEST(Manifest, MistakesNameTheMember) {
  const auto expect = [](const std::function<void(Json&)>& edit, const std::string& mistake) {
    EXPECT_EQ(MistakeAfter(edit), mistake);
  };
  expect([](Json&) {}, "");
  expect([](Json& j) { j["version"] = 2; }, "version: 2 is not supported; this program reads version 1");
  expect([](Json& j) { j["tasks"][3]["depends_on"][0] = "08-02:9"; },
         "tasks[3].depends_on[0]: no task \"08-02:9\"");
  expect([](Json& j) { j["tasks"][3]["depends_on"][1] = "08-02:1"; },
         "tasks[3].depends_on[1]: \"08-02:1\" stands there twice");
  expect([](Json& j) { j["tasks"][0]["depends_on"] = {"08-02:1"}; },
         "tasks[0].depends_on[0]: \"08-02:1\" depends on itself");
  expect([](Json& j) { j["tasks"][1]["id"] = "08-02:1"; }, "tasks[1].id: \"08-02:1\" stands there twice");
  expect([](Json& j) { j["tasks"][1]["plan"] = "09-01"; }, "tasks[1].plan: no plan \"09-01\"");
  expect([](Json& j) { j["tasks"][1]["model"] = "gpt"; }, "tasks[1].model: no model \"gpt\"");
  expect([](Json& j) { j["tasks"][1]["dependencies"] = Json::array(); },
         "tasks[1].dependencies: has no reason for \"08-02:1\"");
  expect([](Json& j) { j["tasks"][2].erase("action"); }, "tasks[2]: the member \"action\" is missing");
  expect([](Json& j) { j["tasks"][2]["acton"] = ""; },
         "tasks[2].acton: there is no such member in this version of the manifest");
  expect([](Json& j) { j["tasks"][2]["files"][0] = 4; }, "tasks[2].files[0]: must be a string");
  expect([](Json& j) { j["tasks"][2]["verify"]["text"] = nullptr; },
         "tasks[2].verify.text: must be a string");
  expect([](Json& j) { j["tasks"][2]["complexity"]["score"] = 11; },
         "tasks[2].complexity.score: 11 is not between 1 and 10");
  expect([](Json& j) { j["tasks"][2]["parallel"] = "x"; },
         "tasks[2].parallel: \"x\" is none of sequential, can-parallelize");
  expect([](Json& j) { j["tasks"][2]["estimated_seconds"]["low"] = 100000; },
         "tasks[2].estimated_seconds.low: is above \"expected\"");
  expect([](Json& j) { j["budget"]["main_context_share"] = 2; },
         "budget.main_context_share: 2 is not between 0 and 1");
  expect([](Json& j) { j["plans"][0]["path"] = "a/../../x"; },
         "plans[0].path: \"a/../../x\" leaves the root");
  expect([](Json& j) { j["phases"][0]["plans"][0] = "08-03"; }, "phases[0].plans[0]: no plan \"08-03\"");
  expect([](Json& j) { j["batches"][1]["tasks"][0] = "nope"; }, "batches[1].tasks[0]: no task \"nope\"");
  expect([](Json& j) { j["batches"].erase(4); }, "batches: the task \"08-02:7\" is in none");
  expect([](Json& j) { j["schedule"]["critical_path"][2] = "x"; },
         "schedule.critical_path[2]: no task \"x\"");
  expect([](Json& j) { j["schedule"]["levels"][1][0] = "x"; }, "schedule.levels[1][0]: no task \"x\"");
  expect([](Json& j) { j = Json::array(); }, "the document: must be an object");
}

TEST(Manifest, CycleIsToldAsAPath) {
  EXPECT_EQ(
      MistakeAfter([](Json& j) {
        j["tasks"][1]["depends_on"].push_back("08-02:7");
        j["tasks"][1]["dependencies"].push_back({{"id", "08-02:7"}, {"source", "declared"}, {"reason", ""}});
      }),
      "tasks[1].depends_on: a cycle: 08-02:2 -> 08-02:7 -> 08-02:4 -> 08-02:2");
}

TEST(Manifest, DuplicateMembersAreRefused) {
  std::string json = ToJson(ExampleManifest());
  json.replace(json.find("\"root\""), 6, "\"root\": \"a\", \"root\"");
  EXPECT_EQ(ReadManifest(json).error(), "root: stands there twice");
}

TEST(Manifest, SyntaxErrorsHaveLineAndColumn) {
  EXPECT_THAT(ReadManifest("{\n  \"version\": 1,\n  oops\n}").error(),
              testing::HasSubstr("line 3, column 3: not JSON"));
  EXPECT_THAT(ReadManifest("").error(), testing::HasSubstr("line 1, column 1"));
  EXPECT_THAT(ReadManifest("{\"a\": \"\xFF\"}").error(), testing::HasSubstr("line 1, column 8"));
  EXPECT_FALSE(ReadManifest(std::string(5000, '[')).ok());
  EXPECT_FALSE(ReadManifest(std::string(3000000, '[') + std::string(3000000, ']')).ok());
}

// Cut anywhere, a manifest is an error and nothing worse.
TEST(Manifest, TruncationIsAnError) {
  const std::string json = ToJson(ExampleManifest());
  for (size_t length = 0; length + 2 < json.size(); length += 17)
    EXPECT_FALSE(ReadManifest(json.substr(0, length)).ok()) << length;
}

TEST(Manifest, ALongCycleNeedsNoStack) {
  Manifest manifest = RandomManifest(1, 2, 1, false);
  manifest.tasks.clear();
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i)
    manifest.tasks.push_back(SampleTask("01-01", i, "x", "haiku", false, {(i + 1) % kCount}, 100, 10));
  const auto read = ReadManifest(ToJson(manifest));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error(), testing::HasSubstr("a cycle"));
}

TEST(Manifest, AHundredThousandTasksAreQuick) {
  Manifest manifest = EmptyManifest();
  manifest.plans.push_back({"01-01", "01", "01", "execute", "01-01-PLAN.md", Sha256Hex(""), "", {}, 1});
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    std::vector<int> on;
    for (int back : {1, 7, 40})
      if (i >= 50 * back) on.push_back(i - 50 * back);
    manifest.tasks.push_back(SampleTask("01-01", i, "big", "haiku", false, on, 1000, 60));
    if (i % 50 == 0) manifest.batches.push_back({i / 50 + 1, {}, {}, true, {}});
    manifest.batches.back().tasks.push_back(manifest.tasks.back().id);
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::string json = ToJson(manifest);
  const auto read = ReadManifest(json);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(read->tasks.size(), manifest.tasks.size());
  EXPECT_LT(took.count(), 60) << "seconds, without optimisation and under sanitizers";
  RecordProperty("seconds", std::to_string(took.count()));
}

}  // namespace
}  // namespace gsd::test
