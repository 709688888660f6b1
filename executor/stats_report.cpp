#include "executor/stats_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "analysis/token_estimate.h"
#include "executor/stats_json.h"
#include "executor/text.h"
#include "frontend/utf8.h"

namespace gsd {

namespace {

// As the document prints it: whole tokens, rounded down.
int64_t AverageTokens(const TokenStat& stat) { return stat.count == 0 ? 0 : stat.total_tokens / stat.count; }

std::string Range(int64_t low, int64_t high) {
  return fmt::format("{} - {}", FormatCount(low), FormatCount(high));
}

constexpr size_t kColumns = 9;
using Row = std::array<std::string, kColumns>;

// What a file calls a type or a model; a long one would widen every row of the table.
std::string Name(std::string_view text) {
  constexpr size_t kMost = 40;  // characters
  std::string name = OneLine(text);
  if (CountCodePoints(name) <= kMost) return name;
  size_t bytes = 0;
  for (size_t i = 1; i < kMost; ++i)
    bytes += std::max<size_t>(Utf8SequenceLength(std::string_view(name).substr(bytes)), 1);
  return name.substr(0, bytes) + "…";
}

// Words to the left, numbers to the right.
std::string Table(const std::vector<Row>& rows) {
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], CountCodePoints(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) {
      const bool words = i == 0 || i == 2;
      const std::string room(widths[i] - CountCodePoints(row[i]), ' ');
      out += i == 0 ? "" : "  ";
      out += words ? row[i] + room : room + row[i];
    }
    out += '\n';
  }
  return out;
}

// "" where no attempt has told its counters.
std::string MixText(const Usage& usage) {
  if (usage.Work() == 0) return "";
  const auto share = [&](int64_t count) {
    return 100 * static_cast<double>(count) / static_cast<double>(usage.Work());
  };
  return fmt::format(
      "\nOf 100 tokens, {:.1f} were input, {:.1f} output and {:.1f} written to the cache; {:.1f} were read "
      "from "
      "it beside them ({} tokens recorded by counter).\n",
      share(usage.input), share(usage.output), share(usage.cache_creation), share(usage.cache_read),
      FormatCount(usage.Work()));
}

// "" where every attempt has told its tokens.
std::string UncountedText(const TokenStats& stats) {
  int64_t count = 0;
  for (const auto& [key, stat] : stats.entries) count += stat.uncounted.count;
  if (count == 0) return "";
  return fmt::format(
      "\n{} of the executions told no tokens (an agent that is stopped at its time limit tells none): they "
      "count for the success rate only.\n",
      FormatCount(count));
}

// Else there is only the document's table, which gsdc does not go by either.
bool IsLearned(const LearnedEstimate& estimate) { return estimate.source != Likeness::kNone; }

void WriteEstimate(const LearnedEstimate& next, JsonWriter& json) {
  if (!IsLearned(next)) return json.Null();
  json.BeginObject();
  json.Member("expected", static_cast<int64_t>(std::llround(next.expected)));
  json.Member("low", static_cast<int64_t>(std::llround(next.low)));
  json.Member("high", static_cast<int64_t>(std::llround(next.high)));
  json.Member("confidence", next.confidence);
  json.Member("source", LikenessName(next.source));
  json.EndObject();
}

}  // namespace

std::string StatsText(const TokenStats& stats, const TokenStats& user, const std::string& file) {
  if (stats.entries.empty()) return fmt::format("{}: nothing has been recorded yet\n", OneLine(file));
  std::vector<Row> rows = {{"task type", "complexity", "model", "executions", "avg tokens", "range",
                            "success", "avg duration", "next (4 in 5)"}};
  const TokenEstimator estimator(stats, user);
  for (const auto& [key, stat] : stats.entries) {
    const LearnedEstimate next = estimator.For(key);
    rows.push_back(
        {Name(key.type), fmt::format("{}", key.complexity), Name(key.model), FormatCount(AttemptsOf(stat)),
         FormatCount(AverageTokens(stat)), Range(stat.min_tokens.value_or(0), stat.max_tokens),
         fmt::format("{:.1f}%", SuccessRateOf(stat) * 100), fmt::format("{:.1f}s", stat.avg_duration),
         IsLearned(next) ? Range(std::llround(next.low), std::llround(next.high)) : "-"});
  }
  return fmt::format("Token cost analysis of {}\n\n{}{}{}", OneLine(file), Table(rows),
                     MixText(UsageOf(stats)), UncountedText(stats));
}

std::string StatsJson(const TokenStats& stats, const TokenStats& user, const std::string& file) {
  std::string out;
  JsonWriter json(out, 2);
  json.BeginObject();
  json.Member("version", 1);
  json.Member("file", file);
  json.Key("entries");
  json.BeginArray();
  const TokenEstimator estimator(stats, user);
  for (const auto& [key, stat] : stats.entries) {
    const LearnedEstimate next = estimator.For(key);
    json.BeginObject();
    json.Member("type", key.type);
    json.Member("complexity", key.complexity);
    json.Member("model", key.model);
    json.Member("executions", AttemptsOf(stat));
    json.Member("uncounted", stat.uncounted.count);
    json.Member("avg_tokens", AverageTokens(stat));
    json.Key("min_tokens");
    stat.min_tokens ? json.Int(*stat.min_tokens) : json.Null();
    json.Member("max_tokens", stat.max_tokens);
    json.Member("success_rate", SuccessRateOf(stat));
    json.Member("avg_duration", std::round(stat.avg_duration * 1000) / 1000);
    json.Key("estimate");
    WriteEstimate(next, json);
    json.EndObject();
  }
  json.EndArray();
  WriteUsage(UsageOf(stats), json);
  json.EndObject();
  return out + "\n";
}

}  // namespace gsd
