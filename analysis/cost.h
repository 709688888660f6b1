// Tokens, seconds and dollars of a task, before anybody has run it.
#pragma once

#include <cstdint>
#include <string_view>

#include "analysis/models.h"
#include "frontend/ast.h"

namespace gsd {

// Low is optimism, expected is expectation, high is what budgets are checked against.
struct Estimate {
  int64_t low = 0, expected = 0, high = 0;
};

enum class EstimateSource : uint8_t { kDeclared, kLearned, kDefault };
std::string_view EstimateSourceName(EstimateSource source);

struct TaskEstimate {
  Estimate tokens;  // of the work, independent of the model
  Estimate seconds;
  EstimateSource source = EstimateSource::kDefault;
  double confidence = 0;  // 0..0.95
};

// <estimated-tokens> and <estimated-duration>, or the defaults: 5,000 tokens ± 30 %, and 400 tokens a minute
// (what the design document's own example implies).
TaskEstimate EstimateTask(const Task& task);

// `estimate` times the model's token factor.
Estimate TokensOn(Model model, const Estimate& estimate);
// USD for that many tokens. A fifth of a task's tokens is output (kOutputShare), the rest uncached input.
inline constexpr double kOutputShare = 0.2;
double CostOf(Model model, double tokens);

}  // namespace gsd
