#include "analysis/token_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "frontend/support.h"

namespace gsd {

namespace {

constexpr int64_t kMost = 1'000'000'000'000'000;
constexpr double kMostSeconds = 1e12;

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

template <typename Value, size_t N>
Value ValueOr(const std::array<Named<Value>, N>& table, std::string_view name, Value otherwise) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
  return found == table.end() ? otherwise : found->value;
}

int64_t Sum(int64_t a, int64_t b) { return std::min(a + b, kMost); }

// The mean of `count` values and one more.
double MeanWith(double mean, int64_t count, double value) {
  const auto before = static_cast<double>(count);
  return (mean * before + value) / (before + 1);
}

double MeanOf(double a, int64_t a_count, double b, int64_t b_count) {
  const auto of_a = static_cast<double>(a_count), of_b = static_cast<double>(b_count);
  return of_a + of_b > 0 ? (a * of_a + b * of_b) / (of_a + of_b) : 0;
}

void Accept(AcceptedTokens& accepted, int64_t tokens) {
  if (accepted.count == kMost) return;
  const double log = std::log(static_cast<double>(std::max<int64_t>(tokens, 1)));
  ++accepted.count;
  accepted.total_tokens = Sum(accepted.total_tokens, tokens);
  accepted.log_sum += log;
  accepted.log_square_sum += log * log;
  const double share = std::max(1 / static_cast<double>(accepted.count), kRecentShare);
  accepted.log_recent += (log - accepted.log_recent) * share;
}

Usage Both(const Usage& a, const Usage& b) {
  return {Sum(a.input, b.input), Sum(a.output, b.output), Sum(a.cache_creation, b.cache_creation),
          Sum(a.cache_read, b.cache_read)};
}

UncountedAttempts Both(const UncountedAttempts& a, const UncountedAttempts& b) {
  return {Sum(a.count, b.count), Sum(a.successes, b.successes)};
}

Usage AtMost(const Usage& usage) {
  const auto clamp = [](int64_t count) { return std::clamp<int64_t>(count, 0, kMost); };
  return {clamp(usage.input), clamp(usage.output), clamp(usage.cache_creation), clamp(usage.cache_read)};
}

// Where the count stops, the sums stop with it: their means stay what they are.
AcceptedTokens Both(const AcceptedTokens& a, const AcceptedTokens& b) {
  const int64_t count = Sum(a.count, b.count);
  const auto all = static_cast<double>(a.count) + static_cast<double>(b.count);
  const double kept = all > 0 ? static_cast<double>(count) / all : 0;
  return {count, Sum(a.total_tokens, b.total_tokens), (a.log_sum + b.log_sum) * kept,
          (a.log_square_sum + b.log_square_sum) * kept, MeanOf(a.log_recent, a.count, b.log_recent, b.count)};
}

// Those of `more` whose names are new, behind the others.
void Keep(OtherMembers& others, const OtherMembers& more) {
  std::unordered_set<std::string> known;
  for (const auto& [name, value] : others) known.insert(name);
  for (const auto& member : more) {
    if (known.insert(member.first).second) others.push_back(member);
  }
}

}  // namespace

std::string KeyText(const StatKey& key) {
  return fmt::format("{}|{}|{}", key.type, key.complexity, key.model);
}

std::optional<StatKey> ParseKeyText(std::string_view text) {
  const auto parts = Split(text, '|');
  if (parts.size() != 3 || parts[0].empty() || parts[2].empty()) return std::nullopt;
  const auto complexity = ParseInt(parts[1]);
  if (!complexity || *complexity < 1 || *complexity > 10) return std::nullopt;
  StatKey key{std::string(parts[0]), static_cast<int>(*complexity), std::string(parts[2])};
  // " 5" and "05" are no keys of ours: written back, they would be another text.
  if (KeyText(key) != text) return std::nullopt;
  return key;
}

void AddRecord(TokenStats& stats, const TokenRecord& record) {
  TokenStat& stat = stats.entries[record.key];
  if (!record.tokens) {
    stat.uncounted = Both(stat.uncounted, {1, record.success ? 1 : 0});
    return;
  }
  const int64_t tokens = std::clamp<int64_t>(*record.tokens, 0, kMost);
  stat.accepted = AcceptedOf(stat);
  if (record.success) Accept(*stat.accepted, tokens);
  stat.avg_duration = MeanWith(stat.avg_duration, stat.count, std::clamp(record.seconds, 0.0, kMostSeconds));
  stat.success_rate = MeanWith(stat.success_rate, stat.count, record.success ? 1 : 0);
  stat.count = Sum(stat.count, 1);
  stat.total_tokens = Sum(stat.total_tokens, tokens);
  stat.min_tokens = std::min(stat.min_tokens.value_or(tokens), tokens);
  stat.max_tokens = std::max(stat.max_tokens, tokens);
  stat.usage = Both(stat.usage, AtMost(record.usage));
}

void AddStats(TokenStats& stats, const TokenStats& more) {
  Keep(stats.others, more.others);
  for (const auto& [key, added] : more.entries) {
    const auto [place, is_new] = stats.entries.try_emplace(key, added);
    if (is_new) continue;
    TokenStat& stat = place->second;
    stat.accepted = Both(AcceptedOf(stat), AcceptedOf(added));
    stat.avg_duration = MeanOf(stat.avg_duration, stat.count, added.avg_duration, added.count);
    stat.success_rate = MeanOf(stat.success_rate, stat.count, added.success_rate, added.count);
    stat.count = Sum(stat.count, added.count);
    stat.total_tokens = Sum(stat.total_tokens, added.total_tokens);
    if (added.min_tokens)
      stat.min_tokens = std::min(stat.min_tokens.value_or(*added.min_tokens), *added.min_tokens);
    stat.max_tokens = std::max(stat.max_tokens, added.max_tokens);
    stat.usage = Both(stat.usage, added.usage);
    stat.uncounted = Both(stat.uncounted, added.uncounted);
    Keep(stat.others, added.others);
  }
}

int64_t AttemptsOf(const TokenStat& stat) { return Sum(stat.count, stat.uncounted.count); }

double SuccessRateOf(const TokenStat& stat) {
  const auto uncounted = static_cast<double>(stat.uncounted.count);
  const double of_those = uncounted > 0 ? static_cast<double>(stat.uncounted.successes) / uncounted : 0;
  return MeanOf(stat.success_rate, stat.count, of_those, stat.uncounted.count);
}

Usage UsageOf(const TokenStats& stats) {
  Usage usage;
  for (const auto& [key, stat] : stats.entries) usage = Both(usage, stat.usage);
  return usage;
}

AcceptedTokens AcceptedOf(const TokenStat& stat) {
  if (stat.accepted) return *stat.accepted;
  AcceptedTokens accepted;
  if (stat.count == 0) return accepted;
  accepted.count =
      std::min<int64_t>(stat.count, std::llround(static_cast<double>(stat.count) * stat.success_rate));
  const auto count = static_cast<double>(accepted.count);
  const double mean = static_cast<double>(stat.total_tokens) / static_cast<double>(stat.count);
  accepted.total_tokens = std::llround(mean * count);
  // Of a log-normal quantity, the mean lies above the middle.
  const double log = std::max(0.0, std::log(std::max(mean, 1.0)) - kAssumedSpread * kAssumedSpread / 2);
  accepted.log_sum = count * log;
  accepted.log_square_sum = count * (log * log + kAssumedSpread * kAssumedSpread);
  accepted.log_recent = log;
  return accepted;
}

double FallbackTokens(const StatKey& key) {
  static constexpr std::array<Named<double>, 6> kBase = {{{"file-read", 2000},
                                                          {"simple-impl", 3000},
                                                          {"api-impl", 8000},
                                                          {"complex-refactor", 15000},
                                                          {"test-write", 5000},
                                                          {"architecture", 10000}}};
  static constexpr std::array<Named<double>, 3> kFactors = {
      {{"haiku", 1.2}, {"sonnet", 1.0}, {"opus", 0.85}}};
  // In the document's order of operations, so that what is rounded down is the same number.
  const double multiplier = 1.0 + (key.complexity - 5) * 0.15;
  return ValueOr(kBase, key.type, 5000.0) * multiplier * ValueOr(kFactors, key.model, 1.0);
}

DocumentEstimate EstimateAsDocumented(const TokenStats& stats, const StatKey& key) {
  const auto found = stats.entries.find(key);
  if (found != stats.entries.end() && found->second.count > 0) {
    const TokenStat& stat = found->second;
    const auto count = static_cast<double>(stat.count);
    return {static_cast<double>(stat.total_tokens) / count, std::min(0.95, count / 10),
            stat.min_tokens.value_or(0), stat.max_tokens, stat.success_rate};
  }
  const double estimate = std::floor(FallbackTokens(key));
  return {estimate, 0.3, static_cast<int64_t>(estimate * 0.7), static_cast<int64_t>(estimate * 1.3), 0.85};
}

}  // namespace gsd
