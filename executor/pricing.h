// What a task may cost, and what an attempt has cost, from the manifest's estimates and prices.
#pragma once

#include <string_view>

#include "executor/agent.h"
#include "executor/ledger.h"

namespace gsd {

// The model of that name in the manifest, or nullptr.
const ManifestModel* FindModel(const Manifest& manifest, std::string_view name);

// The pessimistic estimate (ManifestTask::estimated_tokens.high) on a model: another model than the task's
// own needs more or fewer tokens (ModelInfo::token_factor); how they fall on the counters is
// ManifestBudget::token_mix. A model without prices costs nothing that is known.
Amount PessimisticEstimate(const Manifest& manifest, const ManifestTask& task, std::string_view model);

// What the attempt used: dollars as the agent reports them, or else its tokens at the manifest's prices.
// Tokens that it does not report are not counted.
Amount ActualAmount(const Manifest& manifest, std::string_view model, const AttemptResult& result);

// Tokens that nobody has counted apart, as ManifestBudget::token_mix has them; all are output without one.
TokenCounts SplitTokens(const Manifest& manifest, int64_t tokens);

// USD for these tokens at the prices of a model; 0 when there are no prices.
double UsdOf(const ManifestModel* model, const TokenCounts& tokens);

}  // namespace gsd
