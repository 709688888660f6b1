// Statistics of what tasks needed: the document's formulas, the estimates made of them, and their way through
// gsdc.
#include "analysis/token_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "analysis/cost.h"
#include "analysis/escalation.h"
#include "analysis/plan_set.h"
#include "analysis/token_estimate.h"
#include "analysis/token_stats_json.h"
#include "analysis/upstream_estimate.h"
#include "analysis/work_type.h"
#include "executor/stats_json.h"
#include "executor/stats_record.h"
#include "frontend/parser.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TokenStats Recorded(const StatKey& key, std::initializer_list<int64_t> tokens) {
  TokenStats stats;
  for (const int64_t each : tokens) AddRecord(stats, {key, each, 60, true});
  return stats;
}

std::string TextOf(const TokenStats& stats) {
  std::string text;
  WriteTokenStats(stats, text);
  return text;
}

TEST(TokenStatsTest, RecordsAndEstimatesEqualTheDocument) {
  const auto shared = test::SharedDir();
  if (!shared) GTEST_SKIP() << test::kNoShared;
  std::mt19937 random(20261122);
  const std::vector<std::string> types = {"file-read",  "simple-impl",  "api-impl", "complex-refactor",
                                          "test-write", "architecture", "else"};
  const std::vector<std::string> models = {"haiku", "sonnet", "opus", "gpt-5"};
  json input = {{"records", json::array()}, {"queries", json::array()}};
  TokenStats stats;
  for (int i = 0; i < 3000; ++i) {
    const StatKey key{types[random() % types.size()], 1 + static_cast<int>(random() % 4),
                      models[random() % models.size()]};
    const TokenRecord record{key, static_cast<int64_t>(random() % 90'000),
                             static_cast<double>(random() % 100'000) / 64, random() % 4 != 0};
    input["records"].push_back({{"type", key.type},
                                {"complexity_score", key.complexity},
                                {"model_used", key.model},
                                {"duration", record.seconds},
                                {"success", record.success},
                                {"tokens_used", *record.tokens}});
    AddRecord(stats, record);
  }
  for (const auto& type : types)
    for (const auto& model : models)
      for (int complexity = 1; complexity <= 10; ++complexity)
        input["queries"].push_back({{"type", type}, {"complexity", complexity}, {"model", model}});
  const test::TempDir temp;
  test::WriteFile(temp / "records.json", input.dump());
  const auto run = test::Run({"/usr/bin/python3", (*shared / "oracle/reference.py").string(), "--learn",
                              (temp / "records.json").string()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json oracle = json::parse(run.out);
  const json ours = json::parse(TextOf(stats));
  ASSERT_EQ(ours.size(), oracle["stats"].size());
  for (const auto& [key, theirs] : oracle["stats"].items()) {
    for (const char* exact : {"count", "total_tokens", "min_tokens", "max_tokens"})
      EXPECT_EQ(ours[key][exact], theirs[exact]) << key;
    for (const char* mean : {"avg_duration", "success_rate"})
      EXPECT_DOUBLE_EQ(ours[key][mean].get<double>(), theirs[mean].get<double>()) << key;
  }
  ASSERT_EQ(oracle["estimates"].size(), 280U);
  for (const auto& [text, theirs] : oracle["estimates"].items()) {
    const DocumentEstimate estimate = EstimateAsDocumented(stats, *ParseKeyText(text));
    EXPECT_EQ(estimate.estimate, theirs["estimate"].get<double>()) << text;
    EXPECT_EQ(estimate.confidence, theirs["confidence"].get<double>()) << text;
    EXPECT_EQ(json({estimate.low, estimate.high}), theirs["range"]) << text;
    EXPECT_EQ(estimate.success_rate, theirs["success_rate"].get<double>()) << text;
  }
}

TEST(TokenStatsTest, KeysAreWhatTheyLookLike) {
  EXPECT_EQ(KeyText({"api-impl", 5, "sonnet"}), "api-impl|5|sonnet");
  EXPECT_EQ(ParseKeyText("api-impl|5|sonnet"), (StatKey{"api-impl", 5, "sonnet"}));
  for (const char* other :
       {"", "a|5", "a|5|b|c", "|5|b", "a|5|", "a|0|b", "a|11|b", "a|05|b", "a| 5|b", "a|x|b"})
    EXPECT_EQ(ParseKeyText(other), std::nullopt) << other;
}

TEST(TokenStatsTest, TheFileReadsBackAndKeepsWhatOthersWrote) {
  TokenStats stats = Recorded({"api-impl", 5, "sonnet"}, {8000, 9500, 12345});
  AddRecord(stats, {{"api-impl", 5, "sonnet"}, 700, 3.25, false});
  const ParsedTokenStats same = ParseTokenStats(TextOf(stats));
  EXPECT_EQ(same.mistake, "");
  EXPECT_EQ(TextOf(same.stats), TextOf(stats));

  const std::string theirs =
      R"({"_note":{"by":"a tool","n":[1,2]},"test-write|4|haiku":{"count":2,"total_tokens":9000,"min_tokens":4000,)"
      R"("max_tokens":5000,"avg_duration":10,"success_rate":1,"median \"x\"":4500.5}})";
  ParsedTokenStats parsed = ParseTokenStats(theirs);
  EXPECT_EQ(parsed.mistake, "");
  AddRecord(parsed.stats, {{"test-write", 4, "haiku"}, 6000, 10, true});
  const json written = json::parse(TextOf(parsed.stats));
  EXPECT_EQ(written["_note"], json::parse(R"({"by":"a tool","n":[1,2]})"));
  const json& entry = written["test-write|4|haiku"];
  EXPECT_EQ(entry["median \"x\""], 4500.5);
  EXPECT_EQ(entry["count"], 3);
  EXPECT_EQ(entry["accepted"]["count"], 3);
  EXPECT_EQ(entry["accepted"]["total_tokens"], 15000);
}

TEST(TokenStatsTest, CountersAreKeptApartWhereTheyAreKnown) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats stats;
  AddRecord(stats, {key, 1000, 10, true, {}});
  EXPECT_THAT(TextOf(stats), Not(HasSubstr("usage")));
  AddRecord(stats, {key, 1000, 10, true, {200, 300, 500, 9000}});
  AddRecord(stats, {key, 500, 10, false, {100, 100, 300, 1000}});
  TokenStats other;
  AddRecord(other, {{"test-write", 3, "haiku"}, 70, 10, true, {10, 20, 40, 0}});
  AddRecord(other, {key, 70, 10, true, {10, 20, 40, 0}});
  AddStats(stats, other);
  EXPECT_EQ(stats.entries[key].usage, (Usage{310, 420, 840, 10000}));
  EXPECT_EQ(UsageOf(stats), (Usage{320, 440, 880, 10000}));
  EXPECT_EQ(UsageOf(ParseTokenStats(TextOf(stats)).stats), UsageOf(stats));
  EXPECT_EQ(UsageOf(stats).Work(), 1640);

  std::string line;
  WriteTokenRecord({key, 1000, 10, true, {200, 300, 500, 9000}}, line);
  ASSERT_EQ(ParseTokenLog(line).size(), 1U);
  EXPECT_EQ(ParseTokenLog(line)[0].usage, (Usage{200, 300, 500, 9000}));
}

TEST(TokenStatsTest, AttemptsThatToldNoTokensCountForTheSuccessRateOnly) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats stats = Recorded(key, {8000, 8000});
  for (int i = 0; i < 6; ++i) AddRecord(stats, {key, std::nullopt, 3600, false});
  const TokenStat& stat = stats.entries[key];
  EXPECT_EQ(stat.count, 2);
  EXPECT_EQ(stat.success_rate, 1);
  EXPECT_EQ(stat.uncounted, (UncountedAttempts{6, 0}));
  EXPECT_EQ(AttemptsOf(stat), 8);
  EXPECT_EQ(SuccessRateOf(stat), 0.25);
  const TokenStats counted = Recorded(key, {8000, 8000});
  const LearnedEstimate estimate = EstimateTokens(stats, {}, key), same = EstimateTokens(counted, {}, key);
  EXPECT_EQ(estimate.expected, same.expected);
  EXPECT_EQ(estimate.high, same.high);
  EXPECT_EQ(estimate.seconds_per_token, same.seconds_per_token);
  EXPECT_EQ(estimate.success_rate, 0.25);
  EXPECT_EQ(EstimateAsDocumented(stats, key).estimate, 8000);
  EXPECT_LT(RatesOf(stats, {}, "api-impl", 5)[1], RatesOf(counted, {}, "api-impl", 5)[1]);

  // One that stands alone is no estimate, and is read back.
  TokenStats alone;
  AddRecord(alone, {key, std::nullopt, 10, true});
  EXPECT_EQ(EstimateTokens(alone, {}, key).source, Likeness::kNone);
  EXPECT_EQ(EstimateAsDocumented(alone, key).confidence, 0.3);
  EXPECT_EQ(SuccessRateOf(alone.entries[key]), 1);
  AddStats(alone, stats);
  const ParsedTokenStats read = ParseTokenStats(TextOf(alone));
  EXPECT_EQ(read.mistake, "");
  EXPECT_EQ(read.stats.entries.at(key).uncounted, (UncountedAttempts{7, 1}));
  EXPECT_EQ(TextOf(read.stats), TextOf(alone));
  EXPECT_THAT(TextOf(counted), Not(HasSubstr("uncounted")));

  std::string line;
  WriteTokenRecord({key, std::nullopt, 10, false}, line);
  ASSERT_EQ(ParseTokenLog(line).size(), 1U);
  EXPECT_FALSE(ParseTokenLog(line)[0].tokens);
}

TEST(TokenStatsTest, TheMixIsLearnedByDegrees) {
  EXPECT_EQ(LearnedMix({}, {}), kDefaultTokenMix);
  const auto worked = [](int64_t thousands) {
    TokenStats stats;
    AddRecord(stats, {{"api-impl", 5, "sonnet"},
                      1000 * thousands,
                      10,
                      true,
                      {100 * thousands, 100 * thousands, 800 * thousands, 20'000 * thousands}});
    return stats;
  };
  // 50,000 tokens against the assumption's 50,000: half way.
  EXPECT_EQ(LearnedMix(worked(50), {}), (TokenCounters{0.165, 0.15, 0.685, 10.475}));
  EXPECT_EQ(LearnedMix(worked(50'000'000), {}), (TokenCounters{0.1, 0.1, 0.8, 20}));
  const TokenCounters of_user = LearnedMix({}, worked(50'000'000));
  EXPECT_EQ(of_user, (TokenCounters{0.1, 0.1, 0.8, 20}));

  // Never a nonsensical one, whatever a file says.
  TokenStats hostile;
  AddRecord(hostile, {{"api-impl", 5, "sonnet"}, 0, 10, true, {0, 0, 0, 1'000'000'000'000'000}});
  EXPECT_EQ(LearnedMix(hostile, {}).cache_read, 1000);
}

TEST(TokenStatsTest, ANullMinimumAndAnEmptyEntryAreNoMistake) {
  const auto parsed = ParseTokenStats(
      R"({"api-impl|5|sonnet":{"count":0,"total_tokens":0,"min_tokens":null,"max_tokens":0,"avg_duration":0,"success_rate":0}})");
  EXPECT_EQ(parsed.mistake, "");
  EXPECT_THAT(TextOf(parsed.stats), HasSubstr("\"min_tokens\": null"));
  EXPECT_EQ(EstimateTokens(parsed.stats, {}, {"api-impl", 5, "sonnet"}).source, Likeness::kNone);
}

TEST(TokenStatsTest, HostileFilesAreMistakesAndNeverMore) {
  const std::string good =
      R"("api-impl|5|sonnet":{"count":1,"total_tokens":9,"min_tokens":9,"max_tokens":9,"avg_duration":1,"success_rate":1)";
  for (
      const std::string& bad :
      {std::string(""), std::string("[]"), std::string("{"), "{" + good + "},}",
       "{" + good + ",\"accepted\":7}}", "{" + good + ",\"uncounted\":{\"count\":1,\"successes\":2}}}",
       "{" + good + ",\"uncounted\":[1]}}",
       "{" + good +
           ",\"accepted\":{\"count\":2,\"total_tokens\":1,\"log_sum\":0,\"log_square_sum\":0,\"log_recent\":"
           "0}}}",
       "{" + good + "}," + good + "}}",
       std::string(
           R"({"api-impl|5|sonnet":{"count":-1,"total_tokens":9,"min_tokens":9,"max_tokens":9,"avg_duration":1,"success_rate":1}})"),
       std::string(
           R"({"api-impl|5|sonnet":{"count":1e99,"total_tokens":9,"min_tokens":9,"max_tokens":9,"avg_duration":1,"success_rate":1}})"),
       std::string(
           R"({"api-impl|5|sonnet":{"count":1,"total_tokens":9,"min_tokens":19,"max_tokens":9,"avg_duration":1,"success_rate":1}})"),
       std::string(100'000, '[')}) {
    EXPECT_NE(ParseTokenStats(bad).mistake, "") << bad.substr(0, 300);
  }
  // Every prefix, too: none of them may crash, and only the whole is whole.
  const std::string whole = "{" + good + "}}";
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(ParseTokenStats(whole.substr(0, size)).mistake, "") << size;
  // Numbers as large as they may be stay numbers.
  auto parsed = ParseTokenStats(
      R"({"a|5|b":{"count":1000000000000000,"total_tokens":1000000000000000,"min_tokens":0,"max_tokens":1000000000000000,"avg_duration":1e12,"success_rate":1}})");
  ASSERT_EQ(parsed.mistake, "");
  AddRecord(parsed.stats,
            {{"a", 5, "b"}, INT64_MAX, 1e12, true, {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}});
  AddStats(parsed.stats, TokenStats(parsed.stats));
  EXPECT_EQ(ParseTokenStats(TextOf(parsed.stats)).mistake, "");
  EXPECT_TRUE(std::isfinite(EstimateTokens(parsed.stats, {}, {"c", 1, "d"}).high));
}

TEST(TokenStatsTest, AMistakeNamesItsMember) {
  const std::string good =
      R"("count":1,"total_tokens":9,"min_tokens":9,"max_tokens":9,"avg_duration":1,"success_rate":1)";
  const auto mistake = [&](const std::string& what, const std::string& instead) {
    std::string entry = good;
    entry.replace(entry.find(what), what.size(), instead);
    return ParseTokenStats("{\"a|5|b\":{" + entry + "}}").mistake;
  };
  EXPECT_EQ(mistake("\"count\":1", "\"count\":-3"), "the entry a|5|b is not as it should be: count is -3");
  EXPECT_THAT(mistake("\"max_tokens\":9,", ""), HasSubstr(": max_tokens is missing"));
  EXPECT_THAT(mistake("\"max_tokens\":9", "\"max_tokens\":\"9\""), HasSubstr(": max_tokens is \"9\""));
  EXPECT_THAT(mistake("\"min_tokens\":9", "\"min_tokens\":10"),
              HasSubstr(": min_tokens is above max_tokens"));
  EXPECT_THAT(mistake("\"success_rate\":1", "\"success_rate\":1,\"accepted\":{\"count\":1}"),
              HasSubstr(": accepted.total_tokens is missing"));
  EXPECT_THAT(mistake("\"success_rate\":1", "\"success_rate\":1,\"usage\":7"),
              HasSubstr(": usage is no object"));
  EXPECT_LT(mistake("\"count\":1", "\"count\":\"" + std::string(100'000, 'x') + "\"").size(), 200U);
  EXPECT_THAT(ParseTokenStats(R"({"a|5|b":7})").mistake, HasSubstr(": it is no object"));
}

TEST(TokenStatsTest, TheLogLeavesOutWhatIsNoRecord) {
  std::string log;
  WriteTokenRecord({{"api-impl", 5, "sonnet"}, 8000, 2.5, true}, log);
  EXPECT_EQ(log, "{\"key\": \"api-impl|5|sonnet\", \"tokens\": 8000, \"seconds\": 2.5, \"success\": true}\n");
  const auto records = ParseTokenLog(log + "{\"key\": \"api-im\n\n[]\n{\"key\":\"x\",\"tokens\":1}\n" + log);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].tokens, 8000);
  EXPECT_EQ(records[1].seconds, 2.5);
}

TEST(TokenStatsTest, MergingIsAsIfAllHadBeenRecordedInOnePlace) {
  const StatKey api{"api-impl", 5, "sonnet"}, test{"test-write", 3, "haiku"};
  TokenStats all, first, second;
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const TokenRecord record{random() % 2 == 0 ? api : test, static_cast<int64_t>(1000 + random() % 9000),
                             static_cast<double>(random() % 100), random() % 5 != 0};
    AddRecord(all, record);
    AddRecord(i % 3 == 0 ? first : second, record);
  }
  AddStats(first, second);
  for (const StatKey& key : {api, test}) {
    const TokenStat &one = all.entries.at(key), &sum = first.entries.at(key);
    EXPECT_EQ(sum.count, one.count);
    EXPECT_EQ(sum.total_tokens, one.total_tokens);
    EXPECT_EQ(sum.min_tokens, one.min_tokens);
    EXPECT_EQ(sum.max_tokens, one.max_tokens);
    EXPECT_NEAR(sum.avg_duration, one.avg_duration, 1e-9);
    EXPECT_NEAR(sum.success_rate, one.success_rate, 1e-9);
    EXPECT_EQ(sum.accepted->count, one.accepted->count);
    EXPECT_NEAR(sum.accepted->log_square_sum, one.accepted->log_square_sum, 1e-6);
  }
}

TEST(TokenStatsTest, MergingKeepsWhatOthersWrote) {
  const auto with = [](const std::string& entry, const std::string& file) {
    return ParseTokenStats(
               R"({"api-impl|5|sonnet":{"count":1,"total_tokens":9,"min_tokens":9,"max_tokens":9,"avg_duration":1,"success_rate":1)" +
               entry + "}" + file + "}")
        .stats;
  };
  TokenStats merged;
  AddStats(merged, with(R"(,"note":"first")", R"(,"schema":1)"));
  AddStats(merged, with(R"(,"note":"second","team":[1])", R"(,"schema":2,"owner":{"a":1})"));
  const json written = json::parse(TextOf(merged));
  EXPECT_EQ(written["schema"], 1);
  EXPECT_EQ(written["owner"]["a"], 1);
  EXPECT_EQ(written["api-impl|5|sonnet"]["count"], 2);
  EXPECT_EQ(written["api-impl|5|sonnet"]["note"], "first");
  EXPECT_EQ(written["api-impl|5|sonnet"]["team"], json::array({1}));
}

// As far as the reader lets rounding go, nothing may come out that it refuses.
TEST(TokenStatsTest, ASuccessRateJustAboveOneIsOne) {
  auto parsed = ParseTokenStats(
      R"({"a|5|b":{"count":1000,"total_tokens":5000000,"min_tokens":1,"max_tokens":9000,"avg_duration":1,"success_rate":1.0009}})");
  ASSERT_EQ(parsed.mistake, "");
  EXPECT_EQ(parsed.stats.entries.begin()->second.success_rate, 1);
  AddRecord(parsed.stats, {{"a", 5, "b"}, 5000, 1, true});
  EXPECT_EQ(ParseTokenStats(TextOf(parsed.stats)).mistake, "");
  TokenStat wrong;
  wrong.count = 1000;
  wrong.total_tokens = 1000;
  wrong.success_rate = 1.0009;
  EXPECT_EQ(AcceptedOf(wrong).count, 1000);
}

TEST(TokenEstimateTest, TenOfTheSameKindAreTheirMean) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats stats = Recorded(key, {7000, 8000, 9000, 7500, 8500, 8000, 7900, 8100, 8200, 7800});
  AddStats(stats, Recorded({"api-impl", 6, "sonnet"}, {90'000, 90'000, 90'000, 90'000, 90'000}));
  const LearnedEstimate estimate = EstimateTokens(stats, {}, key);
  EXPECT_NEAR(estimate.expected, 8000, 1e-6);
  EXPECT_EQ(estimate.source, Likeness::kSame);
  EXPECT_EQ(estimate.records, 10);
  EXPECT_DOUBLE_EQ(estimate.confidence, 0.95);
  EXPECT_LT(estimate.low, 7500);
  EXPECT_GT(estimate.high, 8500);
}

TEST(TokenEstimateTest, BacksOffStepByStepAndSaysSo) {
  const StatKey asked{"api-impl", 5, "sonnet"};
  const auto from = [&](const StatKey& key) {
    return EstimateTokens(Recorded(key, {20'000, 20'000, 20'000, 20'000, 20'000}), {}, asked);
  };
  struct Case {
    StatKey key;
    Likeness source;
  };
  double before = 1;
  for (const Case& each :
       {Case{asked, Likeness::kSame}, Case{{"api-impl", 7, "sonnet"}, Likeness::kNeighbours},
        Case{{"api-impl", 9, "sonnet"}, Likeness::kModel}, Case{{"api-impl", 5, "opus"}, Likeness::kType},
        Case{{"test-write", 5, "sonnet"}, Likeness::kAny}}) {
    const LearnedEstimate estimate = from(each.key);
    EXPECT_EQ(estimate.source, each.source);
    EXPECT_LT(estimate.confidence, before) << "farther records must not be trusted more";
    before = estimate.confidence;
    // Brought to scale by the document's table.
    EXPECT_NEAR(estimate.expected, 20'000 * FallbackTokens(asked) / FallbackTokens(each.key), 1e-6);
  }
  // One record of another kind moves the estimate a little, and does not make everything possible.
  const LearnedEstimate hint = EstimateTokens(Recorded({"test-write", 5, "sonnet"}, {35'000}), {}, asked);
  EXPECT_NEAR(hint.expected, 8000 * (0.8 + 0.2 * 7), 1e-6);
  EXPECT_LT(hint.high, 5 * hint.expected);
  const LearnedEstimate none = EstimateTokens({}, {}, asked);
  EXPECT_EQ(none.source, Likeness::kNone);
  EXPECT_EQ(none.expected, 8000);
  EXPECT_EQ(none.low, 5600);
  EXPECT_EQ(none.high, 10'400);
  EXPECT_EQ(none.confidence, 0.3);
}

TEST(TokenEstimateTest, FailuresCountInTheSuccessRateOnly) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats stats = Recorded(key, {8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000});
  for (int i = 0; i < 10; ++i) AddRecord(stats, {key, 100'000, 600, false});
  EXPECT_NEAR(EstimateTokens(stats, {}, key).expected, 8000, 1e-6);
  EXPECT_DOUBLE_EQ(EstimateTokens(stats, {}, key).success_rate, 0.5);
  EXPECT_EQ(EstimateAsDocumented(stats, key).estimate, 54'000);
}

TEST(TokenEstimateTest, FollowsADriftThatThePlainMeanWouldAverageAway) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats stats;
  std::mt19937 random(3);
  const auto around = [&](double middle) {
    return static_cast<int64_t>(middle * (0.8 + 0.4 * static_cast<double>(random() % 1000) / 1000));
  };
  for (int i = 0; i < 60; ++i) AddRecord(stats, {key, around(8000), 60, true});
  EXPECT_NEAR(EstimateTokens(stats, {}, key).expected, 8000, 500);
  for (int i = 0; i < 40; ++i) AddRecord(stats, {key, around(24'000), 60, true});
  EXPECT_NEAR(EstimateTokens(stats, {}, key).expected, 24'000, 4000);
  EXPECT_NEAR(EstimateAsDocumented(stats, key).estimate, 14'400, 1000);
}

TEST(TokenEstimateTest, TheUsersOtherProjectsHelpUntilThereIsSomethingBetter) {
  const StatKey key{"api-impl", 5, "sonnet"};
  TokenStats user;
  for (int i = 0; i < 500; ++i) AddRecord(user, {key, 40'000, 60, true});
  const LearnedEstimate alone = EstimateTokens({}, user, key);
  EXPECT_NEAR(alone.expected, 40'000, 1e-6);
  EXPECT_TRUE(alone.user_level);
  EXPECT_LE(alone.confidence, 0.3);
  const TokenStats project = Recorded(key, {8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000});
  EXPECT_NEAR(EstimateTokens(project, user, key).expected, 8000, 1e-6);
}

// What is far away is added up, never what is close taken away from all: beside 10^15 tokens of one kind,
// those of another are lost in rounding.
TEST(TokenEstimateTest, AnEnormousEntryDoesNotWashAwayTheOthers) {
  const StatKey enormous{"test-write", 5, "haiku"}, asked{"test-write", 9, "opus"};
  TokenStats stats = Recorded({"api-impl", 5, "sonnet"}, {8000, 8000});
  stats.entries[enormous] = {.count = 1'000'000'000'000'000,
                             .total_tokens = 1'000'000'000'000'000,
                             .min_tokens = 1,
                             .max_tokens = 1,
                             .avg_duration = 1,
                             .success_rate = 1,
                             .accepted = {},
                             .others = {}};
  const LearnedEstimate estimate = EstimateTokens(stats, {}, asked);
  EXPECT_EQ(estimate.source, Likeness::kType);
  const double of_type = 1 / FallbackTokens(enormous), of_any = 1;
  EXPECT_NEAR(estimate.expected / FallbackTokens(asked), (4 * of_type + 0.2 * of_any) / 4.2, 1e-12);
}

TEST(TokenEstimateTest, EstimatesForManyKindsTakeTheTimeOfOnePass) {
  TokenStats stats;
  for (int i = 0; i < 20'000; ++i)
    AddRecord(stats, {{"type-" + std::to_string(i / 100), 1 + i % 10, "model-" + std::to_string(i % 100)},
                      1000 + i,
                      60,
                      true});
  const auto start = std::chrono::steady_clock::now();
  const TokenEstimator estimator(stats, stats);
  for (const auto& [key, stat] : stats.entries) ASSERT_GT(estimator.For(key).records, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(WorkTypeTest, TellsTheSixTypesApart) {
  const auto of = [](std::string_view name, std::vector<std::string_view> files,
                     std::vector<std::string_view> signals = {}) {
    return WorkTypeOf({name, std::move(files), std::move(signals)});
  };
  EXPECT_EQ(of("Write user tests", {"tests/user_test.py", "src/a.spec.ts"}), "test-write");
  EXPECT_EQ(of("Run the e2e tests", {}), "test-write");
  EXPECT_EQ(of("Task 3: Explore the code", {"notes.md"}), "file-read");
  EXPECT_EQ(of("The session format", {}, {"file-read"}), "file-read");
  EXPECT_EQ(of("Refactor the session store", {"a.ts", "b.ts"}), "complex-refactor");
  EXPECT_EQ(of("Split it", {"a.ts", "b.ts", "c.ts"}, {"complex-refactoring"}), "complex-refactor");
  EXPECT_EQ(of("Decide on storage", {"src/store.ts"}, {"architecture"}), "architecture");
  EXPECT_EQ(of("Implement user profile API", {"src/profile.ts"}), "api-impl");
  EXPECT_EQ(of("Profiles", {"src/routes/profile.ts"}), "api-impl");
  EXPECT_EQ(of("Add a field", {"src/user.ts"}), "simple-impl");
  EXPECT_EQ(of("Attest the latest", {"src/contested.ts"}), "simple-impl");  // words, not parts of them
}

// ---- gsdc

class StatsWorkspace final : public Workspace {
 public:
  std::string json;
  std::string log;
  std::optional<FileInfo> Stat(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> List(std::string_view) const override { return {}; }
  std::optional<std::string> ReadHead(std::string_view path, size_t) const override {
    if (path == kTokenStatsPath && !json.empty()) return json;
    if (path == kTokenLogPath && !log.empty()) return log;
    return std::nullopt;
  }
};

constexpr const char* kPlan =
    "---\n{header}---\n<tasks>\n<task type=\"auto\" estimated-complexity=\"5\">\n<name>Implement user "
    "API</name>\n"
    "<files>src/user.ts</files>\n<action>Do it.</action>\n{}</task>\n</tasks>\n";

TaskFacts FactsWith(const Workspace& workspace, const std::string& metrics = "", const std::string& user = "",
                    const std::string& header = "phase: 01-x\nplan: 01\n") {
  std::string text = kPlan;
  text.replace(text.find("{}"), 2, metrics);
  text.replace(text.find("{header}"), 8, header);
  const SourceFile file(FileId{0}, "01-01-PLAN.md", text);
  AnalysisOptions options;
  options.user_token_stats = user;
  std::vector<ParsedPlan> plans;
  plans.push_back({&file, ParsePlan(file), "01-01-PLAN.md"});
  const PlanSet set = Analyze(std::move(plans), options, workspace);
  TaskFacts facts = set.units[0].tasks[TaskId{0}];
  facts.subagent = "";  // a view into what goes away
  return facts;
}

TEST(LearnedRoutingTest, LearnedEstimatesTakeThePlaceOfTheDefault) {
  StatsWorkspace workspace;
  EXPECT_EQ(EstimateSourceName(FactsWith(workspace).estimate), "default");
  const StatKey key{"api-impl", 5, "sonnet"};
  workspace.json =
      TextOf(Recorded(key, {12'000, 12'000, 12'000, 12'000, 12'000, 12'000, 12'000, 12'000, 12'000, 12'000}));
  const TaskFacts facts = FactsWith(workspace);
  EXPECT_EQ(EstimateSourceName(facts.estimate), "learned");
  EXPECT_EQ(TokensOn(Model::kSonnet, facts.estimate).expected, 12'000);
  EXPECT_DOUBLE_EQ(facts.estimate.confidence, 0.95);
  EXPECT_DOUBLE_EQ(facts.routed.route.tokens, 12'000);
  EXPECT_EQ(facts.estimate.seconds.expected, 60);  // not the 400 tokens a minute of the default
  EXPECT_THAT(DescribeEstimate(facts), HasSubstr("12000 tokens"));
  EXPECT_THAT(DescribeEstimate(facts),
              HasSubstr("learned, mostly from the same kind of task (10 records), confidence 0.95"));
}

TEST(LearnedRoutingTest, WhatIsOnlyInTheLogCountsToo) {
  StatsWorkspace workspace;
  WriteTokenRecord({{"api-impl", 5, "sonnet"}, 12'000, 60, true}, workspace.log);
  for (const char* file : {"{}", ""}) {  // "": there is none yet
    workspace.json = file;
    EXPECT_EQ(TokensOn(Model::kSonnet, FactsWith(workspace).estimate).expected, 12'000);
  }
}

// Statistics that are as they should be, and lead to numbers that none of ours holds.
TEST(LearnedRoutingTest, NumbersOfStatisticsStayWhatAManifestMayHave) {
  StatsWorkspace workspace;
  workspace.json =
      R"({"api-impl|5|sonnet":{"count":1000000000000000,"total_tokens":1000000000000000,"min_tokens":0,"max_tokens":1000000000000000,"avg_duration":1e12,"success_rate":1},
"api-impl|4|sonnet":{"count":1,"total_tokens":1000000000000000,"min_tokens":0,"max_tokens":1000000000000000,"avg_duration":1e12,"success_rate":1}})";
  const TaskEstimate learned = FactsWith(workspace).estimate;
  EXPECT_EQ(EstimateSourceName(learned), "learned");
  EXPECT_EQ(learned.seconds.high, 1'000'000'000);
  EXPECT_GE(learned.seconds.low, 0);
  EXPECT_LE(learned.tokens.high, 1'000'000'000'000);
  EXPECT_GT(learned.records, 0);
  const TokenStats stats = ParseTokenStats(workspace.json).stats;
  const LearnedEstimate far = EstimateTokens(stats, {}, {"x", 10, "opus"});
  EXPECT_LE(far.high, 1e15);
  EXPECT_GT(far.records, 0);
}

TEST(TaskEstimateTest, WhatAPlanDeclaresIsBoundedToo) {
  const auto declared = [](const std::string& metrics) {
    return FactsWith(StatsWorkspace(), "<metrics>" + metrics + "</metrics>\n").estimate;
  };
  const TaskEstimate long_one = declared("<estimated-duration>999999999h</estimated-duration>");
  EXPECT_EQ(long_one.seconds.expected, 1'000'000'000);
  EXPECT_EQ(long_one.seconds.high, 1'000'000'000);
  const TaskEstimate large = declared("<estimated-tokens>999999999k</estimated-tokens>");
  EXPECT_EQ(large.tokens.expected, 999'999'999'000);
  EXPECT_EQ(large.tokens.high, 1'000'000'000'000);
  EXPECT_EQ(TokensOn(Model::kHaiku, large).high, 1'000'000'000'000);
  EXPECT_EQ(large.seconds.high, 1'000'000'000);
}

TEST(LearnedRoutingTest, ADeclaredEstimateGivesWayToAConfidentOneOnly) {
  const std::string declared = "<metrics><estimated-tokens>4000</estimated-tokens></metrics>\n";
  StatsWorkspace workspace;
  workspace.json = TextOf(Recorded({"api-impl", 5, "sonnet"}, {12'000, 12'000}));
  EXPECT_EQ(EstimateSourceName(FactsWith(workspace, declared).estimate), "declared");
  workspace.json = TextOf(Recorded({"api-impl", 5, "sonnet"}, {12'000, 12'000, 12'000, 12'000, 12'000}));
  EXPECT_EQ(EstimateSourceName(FactsWith(workspace, declared).estimate), "learned");
}

TEST(LearnedRoutingTest, TheUserLevelFileIsThePrior) {
  const TaskFacts facts =
      FactsWith(StatsWorkspace(), "", TextOf(Recorded({"api-impl", 4, "sonnet"}, {30'000, 30'000, 30'000})));
  EXPECT_EQ(EstimateSourceName(facts.estimate), "learned-neighbours");
  EXPECT_THAT(DescribeEstimate(facts), HasSubstr("in other projects"));
  EXPECT_NEAR(static_cast<double>(TokensOn(Model::kSonnet, facts.estimate).expected), 30'000 / 0.85, 1);
}

TEST(LearnedRoutingTest, ADamagedFileChangesNothing) {
  StatsWorkspace workspace;
  workspace.json = "{\"api-impl|5|sonnet\": {";
  EXPECT_EQ(EstimateSourceName(FactsWith(workspace).estimate), "default");
}

// ---- upstream's estimates

TEST(UpstreamEstimateTest, TheFactorIsTheMedianAgainstRawEstimates) {
  EXPECT_EQ(CalibrationFactor({}), 1);
  EXPECT_EQ(CalibrationFactor({{100, 300}, {100, 300}}), 1) << "two are too few";
  EXPECT_EQ(CalibrationFactor({{100, 200}, {100, 9000}, {100, 150}}), 2);
  EXPECT_EQ(CalibrationFactor({{100, 100}, {100, 200}, {100, 160}, {100, 140}}), 1.5);
  EXPECT_EQ(CalibrationFactor({{1, 100}, {1, 100}, {1, 100}}), 3);
  EXPECT_EQ(CalibrationFactor({{100, 1}, {100, 1}, {100, 1}, {0, 7}}), 0.5);
}

TEST(UpstreamEstimateTest, AdjustedAgainAndAgainItConvergesToTheTruth) {
  std::vector<CalibrationSample> samples;
  for (int i = 0; i < 20; ++i) {
    const UpstreamEstimate estimate{CalibratedTokens({{}, 10'000, ""}, samples), 10'000, ""};
    samples.push_back({*estimate.raw_tokens, 20'000});
  }
  EXPECT_EQ(CalibratedTokens({{}, 10'000, ""}, samples), 20'000);
}

class CalibratedWorkspace final : public Workspace {
 public:
  std::optional<FileInfo> Stat(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> List(std::string_view) const override { return {}; }
  std::optional<std::string> ReadHead(std::string_view path, size_t) const override {
    if (path != kCalibrationPath) return std::nullopt;
    return R"({"schema_version":1,"samples":[{"estimateTokens":100,"actualTokens":200},7,)"
           R"({"estimateTokens":100,"actualTokens":200},{"estimateTokens":100,"actualTokens":200}]})";
  }
};

TEST(UpstreamEstimateTest, APlansEstimateIsSharedByTheTasksThatHaveNone) {
  const std::string header =
      "phase: 01-x\nplan: 01\nestimate:\n  tokens: 50000\n  raw_tokens: 20000\n  confidence: high\n";
  EXPECT_EQ(FactsWith(EmptyWorkspace(), "", "", header).estimate.tokens.expected, 50'000);
  const TaskFacts facts = FactsWith(CalibratedWorkspace(), "", "", header);
  EXPECT_EQ(facts.estimate.tokens.expected, 40'000);
  EXPECT_EQ(EstimateSourceName(facts.estimate), "declared");
  EXPECT_DOUBLE_EQ(facts.estimate.confidence, 0.5);
  const std::string own = "<metrics><estimated-tokens>4000</estimated-tokens></metrics>\n";
  EXPECT_EQ(FactsWith(CalibratedWorkspace(), own, "", header).estimate.tokens.expected, 4000);
  for (const char* odd :
       {"estimate: 5\n", "estimate: {tokens: -1}\n", "estimate: {tokens: many}\n", "estimate: []\n"})
    EXPECT_EQ(EstimateSourceName(FactsWith(EmptyWorkspace(), "", "", odd).estimate), "default") << odd;
}

// ---- what gsd-run records

TEST(TokenRecordTest, OnlyWhatSaysSomethingAboutTheTask) {
  ManifestTask task;
  task.name = "Implement user API";
  task.complexity.score = 6;
  AttemptRecord attempt;
  attempt.model = "sonnet";
  attempt.tokens = TokenCounts{1000, 200, 30, 99'999};
  attempt.ended = attempt.started + std::chrono::milliseconds(2500);
  attempt.accepted = true;
  const auto record = TokenRecordOf(task, attempt);
  ASSERT_TRUE(record);
  EXPECT_EQ(KeyText(record->key), "api-impl|6|sonnet");
  EXPECT_EQ(record->tokens, 1230);
  EXPECT_EQ(record->seconds, 2.5);
  EXPECT_TRUE(record->success);

  attempt.accepted = false;
  for (size_t i = 0; i < kOutcomes; ++i) {
    attempt.outcome = static_cast<Outcome>(i);
    const bool theirs = attempt.outcome == Outcome::kTransient || attempt.outcome == Outcome::kQuota ||
                        attempt.outcome == Outcome::kAuthentication || attempt.outcome == Outcome::kCancelled;
    EXPECT_EQ(TokenRecordOf(task, attempt).has_value(), !theirs) << OutcomeName(attempt.outcome);
  }
  attempt.outcome = Outcome::kFailed;
  EXPECT_FALSE(TokenRecordOf(task, attempt)->success);
  attempt.tokens.reset();
  ASSERT_TRUE(TokenRecordOf(task, attempt));
  EXPECT_FALSE(TokenRecordOf(task, attempt)->tokens);
}

}  // namespace
}  // namespace gsd
