// Which model runs a task: part 4.2 of the design document, one router for a whole manifest.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "analysis/models.h"

namespace gsd {

inline constexpr int64_t kDefaultBudgetTokens = 200'000;
inline constexpr int64_t kDefaultTaskTokens = 5'000;  // when neither learned nor declared
inline constexpr double kMaxShareOfRemaining = 0.15;

struct Route {
  Model model = Model::kSonnet;
  double tokens = 0;          // its estimate on that model
  bool fell_back = false;     // a cheaper model than the complexity asks for
  bool unaffordable = false;  // over 15 % of what remained, and no cheaper tier fits
  double remaining_before = 0;
};

// The tokens of a task, by Model.
using ModelTokens = std::array<double, kModels.size()>;
// `base_tokens` times each model's factor.
ModelTokens TokensByFactor(double base_tokens);

// Stateful: every call subtracts the routed estimate from what remains.
class Router {
 public:
  explicit Router(double budget_tokens) : remaining_(budget_tokens) {}
  Route ByComplexity(int score, const ModelTokens& tokens);
  Route ByComplexity(int score, double base_tokens) {
    return ByComplexity(score, TokensByFactor(base_tokens));
  }
  // The plan named the model: nothing is chosen, but it is paid for.
  Route Declared(Model model, double tokens);
  double remaining() const { return remaining_; }

 private:
  Route Take(Route route);
  double remaining_;
};

}  // namespace gsd
