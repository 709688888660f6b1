#include "analysis/token_stats_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "analysis/upstream_estimate.h"
#include "frontend/support.h"

namespace gsd {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

constexpr int64_t kMost = 1'000'000'000'000'000;
constexpr double kMostSeconds = 1e12;
constexpr double kRoom = 1.001;  // since means and sums of logarithms are rounded

// Reads the members of an object that must be there and in range. One that is not: `ok` is false.
class Members {
 public:
  explicit Members(element value) { ok_ = value.get(object_) == SUCCESS; }

  int64_t Int(std::string_view name) {
    int64_t value = 0;
    ok_ = ok_ && object_[name].get(value) == SUCCESS && value >= 0 && value <= kMost;
    return ok_ ? value : 0;
  }
  double Double(std::string_view name, double low, double high) {
    double value = 0;
    ok_ = ok_ && object_[name].get(value) == SUCCESS && value >= low && value <= high;
    return ok_ ? value : 0;
  }
  std::optional<int64_t> NullableInt(std::string_view name) {
    element value;
    if (ok_ && object_[name].get(value) == SUCCESS && value.is_null()) return std::nullopt;
    return Int(name);
  }
  // The member, when there is one.
  std::optional<element> Find(std::string_view name) const {
    element value;
    if (!ok_ || object_[name].get(value) != SUCCESS) return std::nullopt;
    return value;
  }
  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  const simdjson::dom::object& object() const { return object_; }

 private:
  simdjson::dom::object object_;
  bool ok_ = false;
};

std::string TextOf(element value) {
  std::ostringstream text;
  text << simdjson::minify<element>(value);
  return text.str();
}

std::optional<AcceptedTokens> ReadAccepted(element value) {
  Members members(value);
  AcceptedTokens accepted;
  accepted.count = members.Int("count");
  accepted.total_tokens = members.Int("total_tokens");
  const auto count = static_cast<double>(accepted.count);
  const double largest = std::log(static_cast<double>(kMost));
  accepted.log_sum = members.Double("log_sum", 0, count * largest * kRoom);
  accepted.log_square_sum = members.Double("log_square_sum", 0, count * largest * largest * kRoom);
  accepted.log_recent = members.Double("log_recent", 0, largest);
  if (!members.ok()) return std::nullopt;
  return accepted;
}

std::optional<Usage> ReadUsage(element value) {
  Members members(value);
  const Usage usage{members.Int("input"), members.Int("output"), members.Int("cache_creation"),
                    members.Int("cache_read")};
  return members.ok() ? std::optional(usage) : std::nullopt;
}

std::optional<TokenStat> ReadEntry(element value) {
  static constexpr std::string_view kKnown[] = {"count",        "total_tokens", "min_tokens", "max_tokens",
                                                "avg_duration", "success_rate", "accepted",   "usage"};
  Members members(value);
  TokenStat stat;
  stat.count = members.Int("count");
  stat.total_tokens = members.Int("total_tokens");
  stat.min_tokens = members.NullableInt("min_tokens");
  stat.max_tokens = members.Int("max_tokens");
  stat.avg_duration = members.Double("avg_duration", 0, kMostSeconds * kRoom);
  stat.success_rate = std::min(members.Double("success_rate", 0, kRoom), 1.0);
  if (const auto accepted = members.Find("accepted")) {
    stat.accepted = ReadAccepted(*accepted);
    if (!stat.accepted || stat.accepted->count > stat.count) members.Fail();
  }
  if (const auto member = members.Find("usage")) {
    const auto usage = ReadUsage(*member);
    if (!usage) members.Fail();
    stat.usage = usage.value_or(Usage{});
  }
  if (!members.ok() || stat.min_tokens.value_or(0) > stat.max_tokens) return std::nullopt;
  for (const auto& [name, other] : members.object()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
      stat.others.emplace_back(name, TextOf(other));
  }
  return stat;
}

std::optional<TokenRecord> ReadRecord(element value) {
  Members members(value);
  TokenRecord record;
  std::string_view key;
  const auto member = members.Find("key");
  if (!member || member->get(key) != SUCCESS) return std::nullopt;
  auto parsed = ParseKeyText(key);
  record.tokens = members.Int("tokens");
  record.seconds = members.Double("seconds", 0, kMostSeconds);
  const auto success = members.Find("success");
  if (!parsed || !members.ok() || !success || success->get(record.success) != SUCCESS) return std::nullopt;
  if (const auto usage = members.Find("usage")) record.usage = ReadUsage(*usage).value_or(Usage{});
  record.key = std::move(*parsed);
  return record;
}

}  // namespace

ParsedTokenStats ParseTokenStats(const std::string& json) {
  ParsedTokenStats parsed;
  simdjson::dom::parser parser;
  element document;
  simdjson::dom::object members;
  if (const auto error = parser.parse(json).get(document); error != SUCCESS) {
    parsed.mistake = fmt::format("not JSON: {}", simdjson::error_message(error));
    return parsed;
  }
  if (document.get(members) != SUCCESS) {
    parsed.mistake = "not a JSON object";
    return parsed;
  }
  for (const auto& [name, value] : members) {
    const auto key = ParseKeyText(name);
    if (!key) {
      parsed.stats.others.emplace_back(name, TextOf(value));
    } else if (auto stat = ReadEntry(value); !stat) {
      if (parsed.mistake.empty()) parsed.mistake = fmt::format("the entry {} is not as it should be", name);
    } else if (!parsed.stats.entries.try_emplace(*key, std::move(*stat)).second && parsed.mistake.empty()) {
      parsed.mistake = fmt::format("the entry {} is there twice", name);
    }
  }
  return parsed;
}

std::vector<TokenRecord> ParseTokenLog(std::string_view lines) {
  std::vector<TokenRecord> records;
  simdjson::dom::parser parser;
  for (const std::string_view line : Split(lines, '\n')) {
    element document;
    if (line.empty() || parser.parse(line.data(), line.size()).get(document) != SUCCESS) continue;
    if (auto record = ReadRecord(document)) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<CalibrationSample> ParseCalibration(const std::string& json) {
  std::vector<CalibrationSample> samples;
  simdjson::dom::parser parser;
  element document;
  int64_t version = 0;
  simdjson::dom::array list;
  if (parser.parse(json).get(document) != SUCCESS || document["schema_version"].get(version) != SUCCESS ||
      version != 1 || document["samples"].get(list) != SUCCESS)
    return samples;
  for (const element value : list) {
    Members members(value);
    const CalibrationSample sample{members.Int("estimateTokens"), members.Int("actualTokens")};
    if (members.ok()) samples.push_back(sample);
  }
  return samples;
}

}  // namespace gsd
