#include "executor/pricing.h"

#include <algorithm>
#include <cmath>

#include "analysis/models.h"

namespace gsd {

namespace {

constexpr double kMillion = 1e6;

double TokenFactor(std::string_view model) {
  const auto known = ModelFromName(model);
  return known ? InfoOf(*known).token_factor : 1;
}

}  // namespace

const ManifestModel* FindModel(const Manifest& manifest, std::string_view name) {
  const auto found = std::find_if(manifest.models.begin(), manifest.models.end(),
                                  [&](const ManifestModel& model) { return model.name == name; });
  return found == manifest.models.end() ? nullptr : &*found;
}

Amount PessimisticEstimate(const Manifest& manifest, const ManifestTask& task, std::string_view model) {
  const double tokens =
      static_cast<double>(task.estimated_tokens.high) * TokenFactor(model) / TokenFactor(task.model);
  const ManifestModel* priced = FindModel(manifest, model);
  if (priced == nullptr) return {tokens, 0};
  const ManifestPrices& prices = priced->prices;
  const ManifestTokenMix& mix = manifest.budget.token_mix;
  const double per_million = mix.input * prices.input + mix.output * prices.output +
                             mix.cache_write * prices.cache_write + mix.cache_read * prices.cache_read;
  return {tokens, tokens * per_million / kMillion};
}

TokenCounts SplitTokens(const Manifest& manifest, int64_t tokens) {
  const ManifestTokenMix& mix = manifest.budget.token_mix;
  if (!(mix.input + mix.output + mix.cache_write > 0)) return {.output = tokens};
  const auto share = [&](double of) -> int64_t { return std::llround(static_cast<double>(tokens) * of); };
  TokenCounts counts;
  counts.output = std::min(share(mix.output), tokens);
  counts.cache_creation = std::min(share(mix.cache_write), tokens - counts.output);
  counts.input = tokens - counts.output - counts.cache_creation;
  counts.cache_read = share(mix.cache_read);
  return counts;
}

double UsdOf(const ManifestModel* model, const TokenCounts& tokens) {
  if (model == nullptr) return 0;
  const ManifestPrices& prices = model->prices;
  const auto of = [](int64_t count, double price) { return static_cast<double>(count) * price / kMillion; };
  return of(tokens.input, prices.input) + of(tokens.output, prices.output) +
         of(tokens.cache_creation, prices.cache_write) + of(tokens.cache_read, prices.cache_read);
}

Amount ActualAmount(const Manifest& manifest, std::string_view model, const AttemptResult& result) {
  Amount amount;
  if (result.tokens) amount.tokens = static_cast<double>(result.tokens->Total());
  if (result.usd) {
    amount.usd = *result.usd;
  } else if (result.tokens) {
    amount.usd = UsdOf(FindModel(manifest, model), *result.tokens);
  }
  return amount;
}

}  // namespace gsd
