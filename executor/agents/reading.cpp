#include "executor/agents/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace gsd {
namespace {

bool HasAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The HTTP status in words like "unexpected status 401 Unauthorized", "last status: 429", "API Error: 529",
// "\"code\":500"; 0 when there is none.
int64_t StatusInWords(std::string_view lower) {
  for (const std::string_view before : {"status", "api error", "code"}) {
    for (size_t at = lower.find(before); at != std::string_view::npos; at = lower.find(before, at + 1)) {
      size_t i = at + before.size();
      while (i < lower.size() && i < at + before.size() + 5 && HasAny(" :\"\\(", {lower.substr(i, 1)})) ++i;
      if (i + 3 > lower.size() || (lower[i] != '4' && lower[i] != '5')) continue;
      if (!IsDigit(lower[i + 1]) || !IsDigit(lower[i + 2])) continue;
      if (i + 3 < lower.size() && IsDigit(lower[i + 3])) continue;
      return (lower[i] - '0') * 100 + (lower[i + 1] - '0') * 10 + (lower[i + 2] - '0');
    }
  }
  return 0;
}

// The length of "5 days 3 hours 21 minutes", "7h20m9s", "34.07s"; nothing when it does not begin so.
std::optional<Millis> ReadDuration(std::string_view text) {
  double seconds = 0;
  bool any = false;
  while (true) {
    while (!text.empty() && (text.front() == ' ' || text.front() == ',')) text.remove_prefix(1);
    if (any && text.substr(0, 4) == "and ") text.remove_prefix(4);
    double number = 0;
    const auto read =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (read.ec != std::errc() || !(number >= 0 && number < 1e9)) break;
    text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view unit = text.substr(0, letters);
    const double of = unit == "ms"               ? 0.001
                      : unit.substr(0, 1) == "s" ? 1
                      : unit.substr(0, 1) == "m" ? 60
                      : unit.substr(0, 1) == "h" ? 3600
                      : unit.substr(0, 1) == "d" ? 86400
                                                 : -1;
    if (of < 0) break;
    seconds += number * of;
    any = true;
    text.remove_prefix(letters);
  }
  constexpr double kLongest = 400.0 * 86400;
  if (!any || seconds > kLongest) return std::nullopt;
  return Millis(static_cast<int64_t>(seconds * 1000));
}

// When to come again, as far as the words of a message tell.
void ReadReset(std::string_view lower, AgentReport& report) {
  for (const std::string_view before : {"retry in ", "try again in ", "reset after ", "resets in "}) {
    const size_t at = lower.find(before);
    if (at == std::string_view::npos || report.retry_after) continue;
    report.retry_after = ReadDuration(lower.substr(at + before.size()));
  }
  // "usage limit reached|1999999999"
  const size_t bar = lower.find("limit reached|");
  if (bar == std::string_view::npos || report.resets_at) return;
  int64_t seconds = 0;
  const std::string_view number = lower.substr(bar + 14);
  if (std::from_chars(number.data(), number.data() + number.size(), seconds).ec == std::errc())
    report.resets_at = PointInTime(seconds);
}

std::string_view LastLine(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const size_t newline = text.rfind('\n', end);
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  return text.substr(text.find_first_not_of(" \t"));
}

std::string ExitText(int exit_code) {
  return exit_code > 128 ? fmt::format("ended by signal {}", exit_code - 128)
                         : fmt::format("exit code {}", exit_code);
}

std::string_view LastComplaint(const AgentOutput& output) {
  constexpr size_t kTail = size_t{64} << 10;
  const std::string_view err = output.err;
  return LastLine(err.substr(err.size() > kTail ? err.size() - kTail : 0));
}

}  // namespace

bool JsonLines::Next() {
  while (!rest_.empty()) {
    const size_t newline = rest_.find('\n');
    const std::string_view line = rest_.substr(0, newline);
    rest_.remove_prefix(newline == std::string_view::npos ? rest_.size() : newline + 1);
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] != '{') continue;
    value_ = source_.Parse(line);
    return true;
  }
  return false;
}

std::string_view LastBlock(std::string_view text) {
  size_t begin = text.rfind("\n{\n");
  if (begin != std::string_view::npos) {
    ++begin;
  } else if (text.substr(0, 2) == "{\n") {
    begin = 0;
  } else {
    return {};
  }
  const size_t end = text.find("\n}", begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 2 - begin);
}

Ending Failure(int64_t status, std::string_view message, AgentReport& report) {
  std::string lower = Bounded(message, 4000);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (status < 400 || status > 599) status = StatusInWords(lower);
  ReadReset(lower, report);
  const auto outcome = [&] {
    // A limit that is lifted within minutes is waited for like any other hiccup.
    constexpr Millis kShort = std::chrono::minutes(5);
    const bool soon = report.retry_after && *report.retry_after <= kShort && !report.resets_at;
    const bool long_wait = report.resets_at || (report.retry_after && !soon);
    if (status == 402) return Outcome::kQuota;
    if (status < 500 && status != 401 && status != 404) {
      if (HasAny(lower, {"credit balance", "insufficient_quota", "billing"})) return Outcome::kQuota;
      const bool limit = HasAny(lower, {"usage limit", "limit reached", "quota"}) ||
                         (HasAny(lower, {"hit your "}) && HasAny(lower, {"limit"}));
      if (limit) return soon ? Outcome::kTransient : Outcome::kQuota;
    }
    if (status == 401 || status == 403) return Outcome::kAuthentication;
    if (status == 429) return long_wait ? Outcome::kQuota : Outcome::kTransient;
    if (status == 408 || status >= 500) return Outcome::kTransient;
    if (status != 0) return Outcome::kFailed;
    if (HasAny(lower, {"not logged in", "/login", "invalid api key", "missing environment variable",
                       "failed to authenticate", "unauthenticated", "you must specify the gemini_api_key"}))
      return Outcome::kAuthentication;
    if (HasAny(lower, {"unable to connect", "connection refused", "connection dropped", "connection failed",
                       "connection reset", "econnre", "etimedout", "enotfound", "fetch failed",
                       "network error", "request timed out", "stream disconnected", "malformed response",
                       "overloaded", "high demand", "temporary errors"}))
      return Outcome::kTransient;
    return Outcome::kFailed;
  };
  Ending ending;
  ending.kind = Ending::Kind::kFailure;
  ending.outcome = outcome();
  ending.message = Bounded(message, 4000);
  return ending;
}

std::string ExitWithComplaint(const AgentOutput& output) {
  const std::string_view line = LastComplaint(output);
  const std::string exit = ExitText(output.exit_code);
  return line.empty() ? exit : fmt::format("{}: {}", exit, Bounded(line, 500));
}

void Conclude(const AgentOutput& output, const Ending& ending, AgentReport& report) {
  const int exit_code = output.exit_code;
  if (output.asked_to_end) {
    report.outcome = *output.asked_to_end;
    report.message = report.outcome == Outcome::kTimeout ? "took too long" : "interrupted";
    return;
  }
  const std::string exit = ExitText(exit_code);
  switch (ending.kind) {
    case Ending::Kind::kSuccess:
      report.outcome = exit_code == 0 ? Outcome::kOk : Outcome::kFailed;
      if (exit_code != 0) report.message = exit + " although its last record says success";
      break;
    case Ending::Kind::kFailure:
      report.outcome = ending.outcome;
      report.message = ending.message.empty() ? "the agent reports that it did not succeed" : ending.message;
      break;
    case Ending::Kind::kNone:
    case Ending::Kind::kDamaged: {
      if (exit_code == 0) {
        report.outcome = Outcome::kProtocol;
        report.message = ending.kind == Ending::Kind::kNone ? "it ended without a final record"
                                                            : "its final record cannot be read";
        break;
      }
      if (exit_code > 128) {
        report.outcome = Outcome::kFailed;
        report.message = exit;
        break;
      }
      // It never came to an answer: a wrong flag, no session of this name, no right to run.
      report.outcome = Failure(0, LastComplaint(output), report).outcome;
      report.message = ExitWithComplaint(output);
      break;
    }
  }
}

std::string Bounded(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return std::string(text.substr(0, most));
}

void TakeSession(std::string_view name, AgentReport& report) {
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  if (name.empty() || name.size() > 128 || name.front() == '-') return;
  if (name.find_first_not_of(kAllowed) == std::string_view::npos) report.session = name;
}

void AddModel(std::string_view name, AgentReport& report) {
  constexpr size_t kMost = 64;
  if (report.models.size() < kMost && !name.empty()) report.models.push_back(Bounded(name, 200));
}

void AddDenial(std::string_view tool, std::string_view what, AgentReport& report) {
  constexpr size_t kMost = 1000;
  if (report.denials.size() < kMost) report.denials.push_back({Bounded(tool, 200), Bounded(what, 500)});
}

void AddCount(int64_t& to, int64_t amount) {
  constexpr int64_t kMost = 1'000'000'000'000'000;
  to = std::min(kMost, to + amount);
}

std::optional<std::chrono::sys_seconds> PointInTime(int64_t seconds) {
  constexpr int64_t kFirst = 1'000'000'000, kLast = 100'000'000'000;
  if (seconds < kFirst || seconds > kLast) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

}  // namespace gsd
