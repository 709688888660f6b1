// What tasks have needed in earlier runs: the statistics of part 6.2 of the design document, kept by gsd-run
// in `.planning/.token-stats.json` and used by gsdc. Pure: token_stats_json.h reads the file,
// executor/stats_store.h writes it, token_estimate.h makes estimates of it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gsd {

inline constexpr std::string_view kTokenStatsPath = ".planning/.token-stats.json";

// What tasks are compared by. In the file: "type|complexity|model".
struct StatKey {
  std::string type;    // file-read, simple-impl, api-impl … (work_type.h)
  int complexity = 5;  // 1..10
  std::string model;   // haiku, sonnet, opus, or what another writer says
  auto operator<=>(const StatKey&) const = default;
};
std::string KeyText(const StatKey& key);
// Nothing when the text is no key: not three parts, an empty one, a complexity outside 1..10.
std::optional<StatKey> ParseKeyText(std::string_view text);

// What agents report, each counter by itself; all zero where only a total is known.
struct Usage {
  int64_t input = 0, output = 0, cache_creation = 0, cache_read = 0;
  int64_t Work() const { return input + output + cache_creation; }  // what budgets count
  bool operator==(const Usage&) const = default;
};

// One settled attempt at a task.
struct TokenRecord {
  StatKey key;
  std::optional<int64_t> tokens;  // input + output + cache creation; nothing when it has not told them
  double seconds = 0;
  bool success = false;  // the attempt was accepted: verified and integrated
  Usage usage = {};
};

// Of the accepted attempts alone, what an estimate with an honest interval needs. Logarithms are natural, of
// the tokens of one attempt (at least 1).
struct AcceptedTokens {
  int64_t count = 0, total_tokens = 0;
  double log_sum = 0, log_square_sum = 0;
  double log_recent = 0;  // exponentially weighted mean: newer attempts count more
};

// Attempts whose tokens are not known: an agent that is stopped at its time limit tells none. They say how
// often such a task succeeds, and nothing else.
struct UncountedAttempts {
  int64_t count = 0, successes = 0;
  bool operator==(const UncountedAttempts&) const = default;
};

// Members that we do not know: names, and values as JSON text. Kept for whoever wrote them.
using OtherMembers = std::vector<std::pair<std::string, std::string>>;

// One entry. The fields of the design document cover all attempts whose tokens are known, failed ones too, by
// its formulas.
struct TokenStat {
  int64_t count = 0, total_tokens = 0;
  std::optional<int64_t> min_tokens;  // of one attempt; nothing while there is none
  int64_t max_tokens = 0;
  double avg_duration = 0;                 // seconds
  double success_rate = 0;                 // 0..1
  std::optional<AcceptedTokens> accepted;  // nothing: an entry that another program has written
  Usage usage = {};                        // of the attempts whose counters are known
  UncountedAttempts uncounted = {};        // beside `count`
  OtherMembers others;
};

struct TokenStats {
  std::map<StatKey, TokenStat> entries;
  OtherMembers others;  // of the file, whose names are no keys
};

// The document's record_task_execution. Counts and tokens stop at 10^15.
void AddRecord(TokenStats& stats, const TokenRecord& record);
// As if all attempts of `more` had been recorded here too. Unknown members are kept; where both have one of a
// name, that of `stats` stays.
void AddStats(TokenStats& stats, const TokenStats& more);

// All attempts of an entry, and what part of them (0..1) succeeded: 0 where there is none.
int64_t AttemptsOf(const TokenStat& stat);
double SuccessRateOf(const TokenStat& stat);

// The counters of all entries, added up.
Usage UsageOf(const TokenStats& stats);

// The accepted attempts of an entry. Where another program has written it, as far as the document's fields
// tell: as many as its success rate says, all of its mean size, with the spread that is assumed of anything.
AcceptedTokens AcceptedOf(const TokenStat& stat);
// The spread that is assumed where nothing is known: the standard deviation of the logarithm of tokens.
inline constexpr double kAssumedSpread = 0.5;
// How much the newest attempt counts in AcceptedTokens::log_recent, once there are ten.
inline constexpr double kRecentShare = 0.1;

// The document's estimate_tokens to the letter, oracle-tested: the entry's mean and range, or its table.
struct DocumentEstimate {
  double estimate = 0;
  double confidence = 0;  // 0.3 from the table, else min(0.95, count / 10)
  int64_t low = 0, high = 0;
  double success_rate = 0;
};
DocumentEstimate EstimateAsDocumented(const TokenStats& stats, const StatKey& key);
// The document's table before it is rounded down: base cost of the type, times complexity, times model.
double FallbackTokens(const StatKey& key);

}  // namespace gsd
