// What carries out a task: the built-in simulation, a command of the user's, claude, codex and others.
// An interface because tests need an agent that does as they say. Nothing here blocks; the runner polls.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/clock.h"
#include "executor/scheduler.h"

namespace gsd {

// How an attempt ended.
enum class Outcome : uint8_t {
  kOk,
  kFailed,          // the agent says so, by exit code or result
  kTimeout,         // ran longer than --task-timeout, or was silent for too long
  kTurns,           // took more turns than it was allowed
  kBudget,          // spent more than it was allowed
  kQuota,           // the account's limit is reached; later it may go on
  kTransient,       // the API was busy, broken or out of reach; the same again may work
  kAuthentication,  // no key, or one that is not accepted
  kCancelled,       // the run was interrupted
  kProtocol,        // the agent's result could not be understood
};
inline constexpr size_t kOutcomes = static_cast<size_t>(Outcome::kProtocol) + 1;
std::string_view OutcomeName(Outcome outcome);

// Always apart, since they cost differently. "Tokens" in budgets are all but what came from a cache.
struct TokenCounts {
  int64_t input = 0, output = 0, cache_creation = 0, cache_read = 0;
  int64_t Total() const { return input + output + cache_creation; }
  TokenCounts& operator+=(const TokenCounts& more) {
    input += more.input;
    output += more.output;
    cache_creation += more.cache_creation;
    cache_read += more.cache_read;
    return *this;
  }
};

// One try at a task.
struct AttemptRequest {
  TaskIndex task = 0;
  int attempt = 1;
  std::string prompt;
  std::string model;              // haiku, sonnet, opus; "": the manifest's for the task
  std::string agent_model;        // the name to use instead of the agent's own for `model`; "": that
  std::filesystem::path workdir;  // absolute; "": the project root
  std::string session;            // the conversation to go on with, of an AttemptResult; "": a new one
  std::string title;              // for people, where the agent keeps a list of conversations
  std::optional<double> usd_limit;
};

struct AttemptResult {
  TaskIndex task = 0;
  Outcome outcome = Outcome::kOk;
  std::string message;                // why not ok, in words for people; "" when ok
  std::string text;                   // what the agent said at the end, when it did
  std::optional<TokenCounts> tokens;  // nothing when the agent does not report them
  std::optional<double> usd;
  std::optional<int> exit_code;  // 128 + signal when one ended it
  std::string session;           // the agent's own name for the conversation, when it has one
  Millis started{0}, ended{0};
  // When to try again, where the agent told: a point in time, or a wait after `ended`.
  std::optional<std::chrono::sys_seconds> resets_at;
  std::optional<Millis> retry_after;
  std::vector<std::string> denials;  // "Bash: rm -rf x": what it was not allowed; at most 1000, short ones
};

// How a running attempt is brought to an end before its time.
enum class StopHow : uint8_t {
  kGently,    // asked first, forced after a grace
  kForcibly,  // at once
};

class Agent {
 public:
  virtual ~Agent() = default;
  virtual std::string_view name() const = 0;
  // Begins an attempt. An error means that it could not begin; then it has no result.
  virtual Status Start(const AttemptRequest& request) = 0;
  // Collects the attempts that have ended by now.
  virtual void Poll(std::vector<AttemptResult>& ended) = 0;
  // When Poll() is due although nothing woke the runner.
  virtual std::optional<Millis> NextDeadline() const = 0;
  // Ends running attempts; each still reports its result.
  virtual void Stop(TaskIndex task, StopHow how) = 0;
  virtual void StopAll(StopHow how) = 0;
  // Stops all running attempts where they are and lets them go on; their limits do not count the time
  // between.
  virtual void Suspend() = 0;
  virtual void Resume() = 0;
  // Whether AttemptRequest::session means anything to it.
  virtual bool can_resume_sessions() const = 0;
};

}  // namespace gsd
