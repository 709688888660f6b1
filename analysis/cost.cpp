#include "analysis/cost.h"

#include <algorithm>
#include <cmath>

#include "analysis/routing.h"

namespace gsd {

namespace {

// The document's example: 4,000 tokens in 10 minutes, 12,500 in 35.
constexpr double kTokensPerMinute = 400;

Estimate FromRange(const Range& range) { return {range.low, range.Midpoint(), range.high}; }

// A single number is an expectation, not a certainty: 30 % either way.
Estimate Widen(int64_t expected) { return {expected * 7 / 10, expected, expected * 13 / 10}; }

int64_t Scale(int64_t value, double factor) {
  return static_cast<int64_t>(std::llround(static_cast<double>(value) * factor));
}

}  // namespace

std::string_view EstimateSourceName(EstimateSource source) {
  switch (source) {
    case EstimateSource::kDeclared:
      return "declared";
    case EstimateSource::kLearned:
      return "learned";
    case EstimateSource::kDefault:
      return "default";
  }
  return "";
}

TaskEstimate EstimateTask(const Task& task) {
  TaskEstimate estimate;
  const Metrics& metrics = MetricsOf(task);
  if (metrics.tokens) {
    estimate.source = EstimateSource::kDeclared;
    estimate.confidence = 0.5;
    Range range = *metrics.tokens;
    if (range.low > range.high) std::swap(range.low, range.high);
    estimate.tokens = range.low == range.high ? Widen(range.low) : FromRange(range);
  } else {
    estimate.tokens = Widen(kDefaultTaskTokens);
    estimate.confidence = 0.3;
  }
  if (metrics.duration) {
    Range range = *metrics.duration;
    if (range.low > range.high) std::swap(range.low, range.high);
    estimate.seconds = range.low == range.high ? Widen(range.low) : FromRange(range);
  } else {
    const double per_token = 60 / kTokensPerMinute;
    estimate.seconds = {Scale(estimate.tokens.low, per_token), Scale(estimate.tokens.expected, per_token),
                        Scale(estimate.tokens.high, per_token)};
  }
  return estimate;
}

Estimate TokensOn(Model model, const Estimate& estimate) {
  const double factor = InfoOf(model).token_factor;
  return {Scale(estimate.low, factor), Scale(estimate.expected, factor), Scale(estimate.high, factor)};
}

double CostOf(Model model, double tokens) {
  const Prices& prices = InfoOf(model).prices;
  return tokens * ((1 - kOutputShare) * prices.input + kOutputShare * prices.output) / 1e6;
}

}  // namespace gsd
