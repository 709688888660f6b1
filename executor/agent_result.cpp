#include "executor/agent_result.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "executor/text.h"

namespace gsd {
namespace {

namespace dom = simdjson::dom;

// A member of a JSON object as a T: nothing when it is missing or null; when it is something else, `wrong`
// says so.
template <typename T>
std::optional<T> Member(dom::object object, std::string_view name, std::string& wrong) {
  dom::element element;
  if (object.at_key(name).get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
  T value;
  if (element.get(value) == simdjson::SUCCESS) return value;
  if (wrong.empty()) wrong = fmt::format("\"{}\" is of the wrong kind", name);
  return std::nullopt;
}

int64_t Count(dom::object tokens, std::string_view name, std::string& wrong) {
  constexpr int64_t kMost = 1'000'000'000'000;
  const int64_t count = Member<int64_t>(tokens, name, wrong).value_or(0);
  if ((count < 0 || count > kMost) && wrong.empty()) wrong = fmt::format("\"{}\" is out of range", name);
  return count;
}

}  // namespace

Status ReadAgentResult(std::string_view json, AttemptResult& result) {
  dom::parser parser;
  dom::element document;
  dom::object object;
  if (const auto error = parser.parse(json.data(), json.size()).get(document); error != simdjson::SUCCESS)
    return Error{"it is not JSON"};
  if (document.get(object) != simdjson::SUCCESS) return Error{"not a JSON object"};
  std::string wrong;
  AttemptResult taken = result;
  const auto success = Member<bool>(object, "success", wrong);
  taken.text = Member<std::string_view>(object, "text", wrong).value_or("");
  taken.session = Member<std::string_view>(object, "session", wrong).value_or("");
  taken.usd = Member<double>(object, "usd", wrong);
  if (taken.usd && !(*taken.usd >= 0 && *taken.usd < 1e12) && wrong.empty())
    wrong = "\"usd\" is out of range";
  if (const auto tokens = Member<dom::object>(object, "tokens", wrong)) {
    taken.tokens = TokenCounts{Count(*tokens, "input", wrong), Count(*tokens, "output", wrong),
                               Count(*tokens, "cache_creation", wrong), Count(*tokens, "cache_read", wrong)};
  }
  if (!wrong.empty()) return Error{wrong};
  if (success == false && taken.outcome == Outcome::kOk) {
    taken.outcome = Outcome::kFailed;
    constexpr size_t kMost = 500;
    taken.message = "the agent reports that it did not succeed";
    if (!Trim(taken.text).empty()) taken.message += ": " + HeadOf(OneLine(taken.text), kMost);
  }
  result = std::move(taken);
  return Ok();
}

}  // namespace gsd
