#include "analysis/escalation.h"

#include <algorithm>
#include <cmath>

namespace gsd {

namespace {

constexpr double kAssumedAttempts = 4;
constexpr std::array<int, kModels.size()> kTopOfBand = {3, 8, 10};

Model LargerModel(Model model) { return model == Model::kHaiku ? Model::kSonnet : Model::kOpus; }

void AddAttempts(const TokenStats& stats, std::string_view type, int complexity, std::string_view model,
                 double weight, double& attempts, double& successes) {
  if (stats.entries.empty()) return;
  for (int off = -2; off <= 2; ++off) {
    const auto found = stats.entries.find({std::string(type), complexity + off, std::string(model)});
    if (found == stats.entries.end()) continue;
    const double count = weight * (off == 0 ? 1 : 0.5) * static_cast<double>(AttemptsOf(found->second));
    attempts += count;
    successes += count * SuccessRateOf(found->second);
  }
}

}  // namespace

double AssumedSuccessRate(Model model, int complexity) {
  const int over = complexity - kTopOfBand[static_cast<size_t>(model)];
  return std::clamp(0.85 - (over > 0 ? 0.10 : 0.02) * over, 0.05, 0.97);
}

SuccessRates RatesOf(const TokenStats& project, const TokenStats& user, std::string_view type,
                     int complexity) {
  SuccessRates rates{};
  for (const Model model : kModels) {
    double attempts = kAssumedAttempts;
    double successes = kAssumedAttempts * AssumedSuccessRate(model, complexity);
    AddAttempts(project, type, complexity, InfoOf(model).name, 1, attempts, successes);
    AddAttempts(user, type, complexity, InfoOf(model).name, 0.5, attempts, successes);
    rates[static_cast<size_t>(model)] = successes / attempts;
  }
  return rates;
}

double SecondsOn(Model model, const TaskEstimate& estimate, int64_t seconds) {
  return static_cast<double>(seconds) * kPace[static_cast<size_t>(model)] /
         kPace[static_cast<size_t>(estimate.timed_on)];
}

TaskOption OptionOn(Model model, const TaskEstimate& estimate, const SuccessRates& rates,
                    const PriceList& prices) {
  TaskOption option;
  option.model = model;
  option.success = rates[static_cast<size_t>(model)];
  double reached = 1;  // the chance that this attempt takes place
  Model on = model;
  for (int attempt = 0; attempt <= kRetries; ++attempt, on = LargerModel(on)) {
    const auto tokens = static_cast<double>(TokensOn(on, estimate).expected);
    option.tokens += reached * tokens;
    option.usd += reached * CostOf(prices, on, tokens);
    option.seconds += reached * SecondsOn(on, estimate, estimate.seconds.expected);
    reached *= 1 - rates[static_cast<size_t>(on)];
  }
  option.eventually = 1 - reached;
  const auto high = static_cast<double>(TokensOn(model, estimate).high);
  option.most_tokens = std::max(option.tokens, high);
  option.most_usd = std::max(option.usd, CostOf(prices, model, high));
  return option;
}

}  // namespace gsd
