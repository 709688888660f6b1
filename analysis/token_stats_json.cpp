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

std::string TextOf(element value) {
  std::ostringstream text;
  text << simdjson::minify<element>(value);
  return text.str();
}

// What a message has room for.
std::string Excerpt(std::string_view text) {
  size_t bytes = 60;
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80) --bytes;
  return std::string(text.substr(0, bytes)) + "…";
}

// Reads the members of an object that must be there and in range. `name`: of the object itself, for messages;
// "" for an entry.
class Members {
 public:
  explicit Members(element value, std::string_view name = "") {
    if (!name.empty()) prefix_ = fmt::format("{}.", name);
    if (value.get(object_) != SUCCESS) Fail(fmt::format("{} is no object", name.empty() ? "it" : name));
  }

  int64_t Int(std::string_view name) {
    int64_t value = 0;
    const auto member = Required(name);
    if (member && (member->get(value) != SUCCESS || value < 0 || value > kMost)) Refuse(name, *member);
    return ok() ? value : 0;
  }
  double Double(std::string_view name, double low, double high) {
    double value = 0;
    const auto member = Required(name);
    if (member && !(member->get(value) == SUCCESS && value >= low && value <= high)) Refuse(name, *member);
    return ok() ? value : 0;
  }
  std::optional<int64_t> NullableInt(std::string_view name) {
    const auto member = Find(name);
    return member && member->is_null() ? std::nullopt : std::optional(Int(name));
  }
  // The member, when there is one.
  std::optional<element> Find(std::string_view name) const {
    element value;
    if (!ok() || object_[name].get(value) != SUCCESS) return std::nullopt;
    return value;
  }
  bool ok() const { return mistake_.empty(); }
  // The first one: "count is -3", "accepted.log_sum is missing"; "" when there is none.
  const std::string& mistake() const { return mistake_; }
  void Fail(std::string mistake) {
    if (ok()) mistake_ = std::move(mistake);
  }
  const simdjson::dom::object& object() const { return object_; }

 private:
  std::optional<element> Required(std::string_view name) {
    const auto member = Find(name);
    if (!member) Fail(fmt::format("{}{} is missing", prefix_, name));
    return member;
  }
  void Refuse(std::string_view name, element value) {
    Fail(fmt::format("{}{} is {}", prefix_, name, Excerpt(TextOf(value))));
  }

  simdjson::dom::object object_;
  std::string prefix_, mistake_;
};

AcceptedTokens ReadAccepted(element value, Members& entry) {
  Members members(value, "accepted");
  AcceptedTokens accepted;
  accepted.count = members.Int("count");
  accepted.total_tokens = members.Int("total_tokens");
  const auto count = static_cast<double>(accepted.count);
  const double largest = std::log(static_cast<double>(kMost));
  accepted.log_sum = members.Double("log_sum", 0, count * largest * kRoom);
  accepted.log_square_sum = members.Double("log_square_sum", 0, count * largest * largest * kRoom);
  accepted.log_recent = members.Double("log_recent", 0, largest);
  if (!members.ok()) entry.Fail(members.mistake());
  return accepted;
}

Usage ReadUsage(element value, Members& entry) {
  Members members(value, "usage");
  const Usage usage{members.Int("input"), members.Int("output"), members.Int("cache_creation"),
                    members.Int("cache_read")};
  if (!members.ok()) entry.Fail(members.mistake());
  return usage;
}

UncountedAttempts ReadUncounted(element value, Members& entry) {
  Members members(value, "uncounted");
  const UncountedAttempts uncounted{members.Int("count"), members.Int("successes")};
  if (uncounted.successes > uncounted.count) members.Fail("uncounted.successes is above uncounted.count");
  if (!members.ok()) entry.Fail(members.mistake());
  return uncounted;
}

// `mistake`: what is wrong with it; "" when nothing is.
TokenStat ReadEntry(element value, std::string& mistake) {
  static constexpr std::string_view kKnown[] = {"count",      "total_tokens", "min_tokens",
                                                "max_tokens", "avg_duration", "success_rate",
                                                "accepted",   "usage",        "uncounted"};
  Members members(value);
  TokenStat stat;
  stat.count = members.Int("count");
  stat.total_tokens = members.Int("total_tokens");
  stat.min_tokens = members.NullableInt("min_tokens");
  stat.max_tokens = members.Int("max_tokens");
  stat.avg_duration = members.Double("avg_duration", 0, kMostSeconds * kRoom);
  stat.success_rate = std::min(members.Double("success_rate", 0, kRoom), 1.0);
  if (const auto accepted = members.Find("accepted")) {
    stat.accepted = ReadAccepted(*accepted, members);
    if (stat.accepted->count > stat.count) members.Fail("accepted.count is above count");
  }
  if (const auto usage = members.Find("usage")) stat.usage = ReadUsage(*usage, members);
  if (const auto uncounted = members.Find("uncounted")) stat.uncounted = ReadUncounted(*uncounted, members);
  if (stat.min_tokens.value_or(0) > stat.max_tokens) members.Fail("min_tokens is above max_tokens");
  mistake = members.mistake();
  if (!members.ok()) return stat;
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
  record.tokens = members.NullableInt("tokens");
  record.seconds = members.Double("seconds", 0, kMostSeconds);
  const auto success = members.Find("success");
  if (!parsed || !members.ok() || !success || success->get(record.success) != SUCCESS) return std::nullopt;
  // What the counters of an attempt are is worth less than that it was made.
  Members counters = members;
  if (const auto usage = members.Find("usage")) record.usage = ReadUsage(*usage, counters);
  if (!counters.ok()) record.usage = {};
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
      continue;
    }
    std::string mistake;
    TokenStat stat = ReadEntry(value, mistake);
    if (!mistake.empty()) {
      mistake = fmt::format("the entry {} is not as it should be: {}", Excerpt(name), mistake);
    } else if (!parsed.stats.entries.try_emplace(*key, std::move(stat)).second) {
      mistake = fmt::format("the entry {} is there twice", Excerpt(name));
    }
    if (parsed.mistake.empty()) parsed.mistake = std::move(mistake);
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
