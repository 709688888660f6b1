#include "analysis/cost.h"

#include <algorithm>
#include <cmath>

#include "analysis/routing.h"
#include "analysis/token_stats.h"

namespace gsd {

namespace {

// The document's example: 4,000 tokens in 10 minutes, 12,500 in 35.
constexpr double kTokensPerMinute = 400;

// What untrusted plans and statistics say of one task stays a number that a manifest may have and that a sum
// over all tasks can hold.
constexpr int64_t kMostTokens = 1'000'000'000'000, kMostSeconds = 1'000'000'000;

Estimate AtMost(const Estimate& estimate, int64_t most) {
  const auto clamp = [most](int64_t value) { return std::clamp<int64_t>(value, 0, most); };
  return {clamp(estimate.low), clamp(estimate.expected), clamp(estimate.high)};
}

int64_t Rounded(double value, int64_t most) {
  return std::llround(std::clamp(value, 0.0, static_cast<double>(most)));
}

Estimate Scaled(const Estimate& estimate, double factor, int64_t most) {
  const auto scaled = [&](int64_t value) { return Rounded(static_cast<double>(value) * factor, most); };
  return {scaled(estimate.low), scaled(estimate.expected), scaled(estimate.high)};
}

// A single number is an expectation, not a certainty: 30 % either way.
Estimate Widen(int64_t expected, int64_t most) {
  expected = std::clamp<int64_t>(expected, 0, most);
  return AtMost({expected * 7 / 10, expected, expected * 13 / 10}, most);
}

Estimate FromRange(Range range, int64_t most) {
  if (range.low > range.high) std::swap(range.low, range.high);
  if (range.low == range.high) return Widen(range.low, most);
  return AtMost({range.low, range.Midpoint(), range.high}, most);
}

Estimate AtUsualSpeed(const Estimate& tokens) { return Scaled(tokens, 60 / kTokensPerMinute, kMostSeconds); }

// `before`, as that much work, and all work whose counters are known.
TokenCounters Blend(const TokenCounters& before, const TokenStats& stats) {
  constexpr double kWeight = 10.0 * kDefaultTaskTokens;
  TokenCounters sums = CountersOf(before, kWeight);
  const Usage usage = UsageOf(stats);
  sums.input += static_cast<double>(usage.input);
  sums.output += static_cast<double>(usage.output);
  sums.cache_write += static_cast<double>(usage.cache_creation);
  sums.cache_read += static_cast<double>(usage.cache_read);
  const double work = sums.input + sums.output + sums.cache_write;
  return CountersOf(sums, 1 / work);
}

}  // namespace

std::string_view EstimateSourceName(const TaskEstimate& estimate) {
  if (estimate.source == EstimateSource::kDeclared) return "declared";
  if (estimate.source == EstimateSource::kDefault) return "default";
  switch (estimate.likeness) {
    case Likeness::kSame:
      return "learned";
    case Likeness::kNeighbours:
      return "learned-neighbours";
    case Likeness::kModel:
      return "learned-model";
    case Likeness::kType:
      return "learned-type";
    case Likeness::kAny:
    case Likeness::kNone:
      return "learned-any";
  }
  return "";
}

void ShareOfPlan(TaskEstimate& estimate, int64_t tokens, bool duration_declared) {
  estimate.source = EstimateSource::kDeclared;
  estimate.tokens = Widen(tokens, kMostTokens);
  if (!duration_declared) estimate.seconds = AtUsualSpeed(estimate.tokens);
}

TaskEstimate EstimateTask(const Task& task) {
  TaskEstimate estimate;
  const Metrics& metrics = MetricsOf(task);
  if (metrics.tokens) {
    estimate.source = EstimateSource::kDeclared;
    estimate.confidence = 0.5;
    estimate.tokens = FromRange(*metrics.tokens, kMostTokens);
  } else {
    estimate.tokens = Widen(kDefaultTaskTokens, kMostTokens);
    estimate.confidence = 0.3;
  }
  estimate.seconds =
      metrics.duration ? FromRange(*metrics.duration, kMostSeconds) : AtUsualSpeed(estimate.tokens);
  return estimate;
}

Estimate TokensOn(Model model, const Estimate& estimate) {
  return Scaled(estimate, InfoOf(model).token_factor, kMostTokens);
}

Estimate TokensOn(Model model, const TaskEstimate& estimate) {
  if (estimate.source == EstimateSource::kLearned) return estimate.on_model[static_cast<size_t>(model)];
  return TokensOn(model, estimate.tokens);
}

const LearnedEstimate& Learner::For(StatKey key) {
  const auto [place, is_new] = known_.try_emplace(std::move(key));
  if (is_new) place->second = estimator_.For(place->first);
  return place->second;
}

void Learner::Improve(TaskEstimate& estimate, std::string_view type, int complexity, Model model,
                      bool duration_declared) {
  if (!any_) return;
  const auto of = [&](Model on) -> const LearnedEstimate& {
    return For({std::string(type), complexity, std::string(InfoOf(on).name)});
  };
  const LearnedEstimate& learned = of(model);
  const bool over_declared = learned.confidence >= estimate.confidence;
  if (learned.source == Likeness::kNone || (estimate.source == EstimateSource::kDeclared && !over_declared))
    return;
  estimate.source = EstimateSource::kLearned;
  estimate.confidence = learned.confidence;
  estimate.likeness = learned.source;
  estimate.records = learned.records;
  estimate.user_level = learned.user_level;
  for (const Model on : kModels) {
    const LearnedEstimate& there = of(on);
    estimate.on_model[static_cast<size_t>(on)] = {Rounded(there.low, kMostTokens),
                                                  Rounded(there.expected, kMostTokens),
                                                  Rounded(there.high, kMostTokens)};
  }
  const Estimate& mine = estimate.on_model[static_cast<size_t>(model)];
  estimate.tokens = Scaled(mine, 1 / InfoOf(model).token_factor, kMostTokens);
  if (!duration_declared && learned.seconds_per_token > 0)
    estimate.seconds = Scaled(mine, learned.seconds_per_token, kMostSeconds);
}

PriceList DefaultPriceList() {
  PriceList list;
  for (const Model model : kModels) list.prices[static_cast<size_t>(model)] = InfoOf(model).prices;
  list.as_of = InfoOf(kModels.front()).prices_as_of;
  return list;
}

std::string_view MixSourceName(MixSource source) {
  switch (source) {
    case MixSource::kAssumed:
      return "assumed";
    case MixSource::kLearned:
      return "learned";
    case MixSource::kConfigured:
      return "configured";
  }
  return "";
}

TokenCounters LearnedMix(const TokenStats& project, const TokenStats& user) {
  const TokenCounters mix = Blend(Blend(kDefaultTokenMix, user), project);
  const auto rounded = [](double share) { return std::round(share * 1e4) / 1e4; };
  const double output = rounded(mix.output), cache_write = rounded(mix.cache_write);
  constexpr double kMostRead = 1000;  // per token of work; what a configuration may say, too
  return {rounded(1 - output - cache_write), output, cache_write,
          rounded(std::min(mix.cache_read, kMostRead))};
}

TokenCounters CountersOf(const TokenCounters& mix, double tokens) {
  return {tokens * mix.input, tokens * mix.output, tokens * mix.cache_write, tokens * mix.cache_read};
}

double UsdOf(const Prices& prices, const TokenCounters& counters) {
  return (counters.input * prices.input + counters.output * prices.output +
          counters.cache_write * prices.cache_write + counters.cache_read * prices.cache_read) /
         1e6;
}

double CostOf(const PriceList& list, Model model, double tokens) {
  return UsdOf(list.Of(model), CountersOf(list.mix, tokens));
}

UsdEstimate CostOf(const PriceList& list, Model model, const Estimate& tokens) {
  const auto of = [&](int64_t count) { return CostOf(list, model, static_cast<double>(count)); };
  return {of(tokens.low), of(tokens.expected), of(tokens.high)};
}

double TurnsOf(const TokenCounters& mix) { return 1 + 2 * mix.cache_read; }

void SessionCost::Add(double tokens) {
  const double again = TurnsOf(list_.mix) * std::min(said_, window_);
  usd_ += CostOf(list_, model_, tokens) + again * list_.Of(model_).cache_read / 1e6;
  reread_ += again;
  said_ += tokens;
}

}  // namespace gsd
