// What follows when an attempt has not succeeded. Pure: no clock, no dice.
#pragma once

#include <string>
#include <string_view>

#include "executor/agent.h"

namespace gsd {

struct RetryOptions {
  int retries = 2;       // attempts after the first that may fail by the task's own doing
  bool escalate = true;  // such an attempt goes to the next larger model
};

// What has gone wrong with a task so far.
struct TaskTroubles {
  int failures = 0;   // attempts that count against `retries`
  int transient = 0;  // in a row
  int quota = 0;      // in a row
};

enum class NextStep : uint8_t {
  kRetry,          // after `delay`
  kPauseProvider,  // nothing of this provider starts for `delay`; then it is tried again
  kGiveUp,         // the task has failed
  kStopRun,        // nothing can succeed until a person has mended something
};

struct RetryDecision {
  NextStep step = NextStep::kGiveUp;
  std::string model;  // of the next attempt
  Millis delay{0};
};

// haiku → sonnet → opus; the largest, and a model that is none of these, stay.
std::string LargerModel(std::string_view model);
// opus → sonnet → haiku; the smallest, and a model that is none of these, stay.
std::string SmallerModel(std::string_view model);

// The decision after `outcome` (not kOk), with the troubles before it, which are brought up to date.
// `reset` is how long the provider asks to wait, when it does.
RetryDecision DecideRetry(Outcome outcome, const std::string& model, std::optional<Millis> reset,
                          const RetryOptions& options, TaskTroubles& troubles);

}  // namespace gsd
