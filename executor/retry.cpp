#include "executor/retry.h"

#include <algorithm>

#include "analysis/models.h"

namespace gsd {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kMostTransient = 6;  // in a row: the waits between them are four minutes together
constexpr int kMostQuota = 50;     // in a row: two days, when no reset is told

// `first`, then twice as long each time, up to `longest`.
Millis Backoff(Millis first, int before, Millis longest) {
  constexpr int kMostDoublings = 20;
  return std::min(first * (int64_t{1} << std::min(before, kMostDoublings)), longest);
}

}  // namespace

std::string LargerModel(std::string_view name) {
  const auto model = ModelFromName(name);
  if (!model || *model == kModels.back()) return std::string(name);
  return std::string(InfoOf(kModels[static_cast<size_t>(*model) + 1]).name);
}

std::string SmallerModel(std::string_view name) {
  const auto model = ModelFromName(name);
  if (!model || *model == kModels.front()) return std::string(name);
  return std::string(InfoOf(CheaperModel(*model)).name);
}

RetryDecision DecideRetry(Outcome outcome, const std::string& model, std::optional<Millis> reset,
                          const RetryOptions& options, TaskTroubles& troubles) {
  constexpr Millis kLongestReset = hours(24 * 8);  // a weekly limit and a day
  if (reset) reset = std::clamp(*reset, Millis(0), kLongestReset);
  switch (outcome) {
    case Outcome::kOk:
    case Outcome::kCancelled:
      return {NextStep::kGiveUp, model, {}};
    case Outcome::kAuthentication:
      return {NextStep::kStopRun, model, {}};
    case Outcome::kQuota: {
      if (troubles.quota == kMostQuota) return {NextStep::kGiveUp, model, {}};
      const Millis wait = reset.value_or(Backoff(minutes(1), troubles.quota, minutes(60)));
      ++troubles.quota;
      return {NextStep::kPauseProvider, model, std::max(wait, Millis(seconds(1)))};
    }
    case Outcome::kTransient: {
      if (troubles.transient == kMostTransient) return {NextStep::kGiveUp, model, {}};
      const Millis wait = reset.value_or(Backoff(seconds(4), troubles.transient, minutes(5)));
      ++troubles.transient;
      return {NextStep::kRetry, model, wait};
    }
    case Outcome::kFailed:
    case Outcome::kTimeout:
    case Outcome::kTurns:
    case Outcome::kBudget:
    case Outcome::kProtocol:
      break;
  }
  troubles.transient = troubles.quota = 0;
  if (++troubles.failures > options.retries) return {NextStep::kGiveUp, model, {}};
  return {NextStep::kRetry, options.escalate ? LargerModel(model) : model, {}};
}

}  // namespace gsd
