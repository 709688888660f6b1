#include "executor/stats_json.h"

namespace gsd {

void WriteUsage(const Usage& usage, JsonWriter& json) {
  json.Key("usage");
  json.BeginObject();
  json.Member("input", usage.input);
  json.Member("output", usage.output);
  json.Member("cache_creation", usage.cache_creation);
  json.Member("cache_read", usage.cache_read);
  json.EndObject();
}

void WriteTokenStats(const TokenStats& stats, std::string& out) {
  JsonWriter json(out);
  json.BeginObject();
  for (const auto& [key, stat] : stats.entries) {
    json.Key(KeyText(key));
    json.BeginObject();
    json.Member("count", stat.count);
    json.Member("total_tokens", stat.total_tokens);
    json.Key("min_tokens");
    stat.min_tokens ? json.Int(*stat.min_tokens) : json.Null();
    json.Member("max_tokens", stat.max_tokens);
    json.Member("avg_duration", stat.avg_duration);
    json.Member("success_rate", stat.success_rate);
    if (stat.accepted) {
      json.Key("accepted");
      json.BeginObject();
      json.Member("count", stat.accepted->count);
      json.Member("total_tokens", stat.accepted->total_tokens);
      json.Member("log_sum", stat.accepted->log_sum);
      json.Member("log_square_sum", stat.accepted->log_square_sum);
      json.Member("log_recent", stat.accepted->log_recent);
      json.EndObject();
    }
    if (stat.usage != Usage{}) WriteUsage(stat.usage, json);
    if (stat.uncounted.count > 0) {
      json.Key("uncounted");
      json.BeginObject();
      json.Member("count", stat.uncounted.count);
      json.Member("successes", stat.uncounted.successes);
      json.EndObject();
    }
    for (const auto& [name, value] : stat.others) {
      json.Key(name);
      json.Raw(value);
    }
    json.EndObject();
  }
  for (const auto& [name, value] : stats.others) {
    json.Key(name);
    json.Raw(value);
  }
  json.EndObject();
  out += '\n';
}

void WriteTokenRecord(const TokenRecord& record, std::string& out) {
  JsonWriter json(out, 0);
  json.BeginObject();
  json.Member("key", KeyText(record.key));
  json.Key("tokens");
  record.tokens ? json.Int(*record.tokens) : json.Null();
  json.Member("seconds", record.seconds);
  json.Member("success", record.success);
  if (record.usage != Usage{}) WriteUsage(record.usage, json);
  json.EndObject();
  out += '\n';
}

}  // namespace gsd
