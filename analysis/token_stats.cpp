#include "analysis/token_stats.h"

#include <simdjson.h>

#include "frontend/support.h"

namespace gsd {

namespace {

constexpr size_t kLargestFile = size_t{1} << 24;

std::optional<TokenStat> ReadEntry(std::string_view key, simdjson::dom::element value) {
  const std::vector<std::string_view> parts = Split(key, '|');
  if (parts.size() != 3) return std::nullopt;
  const auto complexity = ParseInt(parts[1]);
  const auto model = ModelFromName(parts[2]);
  if (!complexity || *complexity < 1 || *complexity > 10 || !model) return std::nullopt;
  TokenStat stat;
  stat.type = parts[0];
  stat.complexity = static_cast<int>(*complexity);
  stat.model = *model;
  // min_tokens is null until a run has succeeded.
  const bool whole = value["count"].get(stat.count) == simdjson::SUCCESS &&
                     value["min_tokens"].get(stat.min_tokens) == simdjson::SUCCESS &&
                     value["max_tokens"].get(stat.max_tokens) == simdjson::SUCCESS;
  if (!whole || stat.count < 1 || stat.min_tokens < 0 || stat.max_tokens < stat.min_tokens)
    return std::nullopt;
  return stat;
}

}  // namespace

std::vector<TokenStat> ParseTokenStats(const std::string& json) {
  std::vector<TokenStat> stats;
  simdjson::dom::parser parser;
  simdjson::dom::object entries;
  if (parser.parse(json).get(entries) != simdjson::SUCCESS) return stats;
  for (const auto& [key, value] : entries) {
    if (auto stat = ReadEntry(key, value)) stats.push_back(std::move(*stat));
  }
  return stats;
}

std::vector<TokenStat> ReadTokenStats(const Workspace& workspace) {
  const auto json = workspace.ReadHead(kTokenStatsPath, kLargestFile);
  return json ? ParseTokenStats(*json) : std::vector<TokenStat>();
}

}  // namespace gsd
