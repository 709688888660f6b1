// What a task takes when an attempt at it may fail: the chance of success on each model, and the expected
// tokens, dollars and time of all attempts together.
#pragma once

#include <array>
#include <string_view>

#include "analysis/cost.h"
#include "analysis/models.h"
#include "analysis/token_stats.h"

namespace gsd {

// The chance, 0..1, that one attempt on a model is accepted; by Model.
using SuccessRates = std::array<double, kModels.size()>;

// Without any record: the document's 0.85 at the top of the model's band (haiku 3, sonnet 8, opus 10), two
// points more for every step below it, ten fewer for every step above; between 0.05 and 0.97. An assumption.
double AssumedSuccessRate(Model model, int complexity);

// From all attempts of the same type on the same model: those of the same complexity count whole, one or two
// off half, of the user's other projects half of that; the assumption counts as four attempts.
SuccessRates RatesOf(const TokenStats& project, const TokenStats& user, std::string_view type,
                     int complexity);

// The attempts after the first, each one tier up until opus; what gsd-run does by default.
inline constexpr int kRetries = 2;

// How long a model takes for the same work, as a multiple of sonnet's time: an assumption (docs/cost.md).
inline constexpr std::array<double, kModels.size()> kPace = {0.6, 1.0, 1.4};

// What an attempt takes on `model`, from what it takes on estimate.timed_on.
double SecondsOn(Model model, const TaskEstimate& estimate, int64_t seconds);

// A task that begins on `model`. Expected values cover the retries.
struct TaskOption {
  Model model = Model::kSonnet;
  double success = 1;     // of the first attempt
  double eventually = 1;  // of any attempt
  double tokens = 0, usd = 0, seconds = 0;
  // What is held against ceilings: the most that one attempt may need, or what is expected with retries if
  // that is more.
  double most_tokens = 0, most_usd = 0;
};
TaskOption OptionOn(Model model, const TaskEstimate& estimate, const SuccessRates& rates,
                    const PriceList& prices);

}  // namespace gsd
