#include "analysis/routing.h"

namespace gsd {

Route Router::Take(Route route) {
  route.remaining_before = remaining_;
  remaining_ -= route.tokens;
  return route;
}

ModelTokens TokensByFactor(double base_tokens) {
  ModelTokens tokens{};
  for (const Model model : kModels)
    tokens[static_cast<size_t>(model)] = base_tokens * InfoOf(model).token_factor;
  return tokens;
}

Route Router::ByComplexity(int score, const ModelTokens& tokens) {
  Route route;
  route.model = ModelForScore(score);
  const double affordable = remaining_ * kMaxShareOfRemaining;
  const auto cost = [&](Model model) { return tokens[static_cast<size_t>(model)]; };
  if (cost(route.model) > affordable) {
    const Model cheaper = CheaperModel(route.model);
    if (cheaper != route.model && cost(cheaper) <= affordable) {
      route.model = cheaper;
      route.fell_back = true;
    } else {
      route.unaffordable = true;
    }
  }
  route.tokens = cost(route.model);
  return Take(route);
}

Route Router::Declared(Model model, double tokens) {
  Route route;
  route.model = model;
  route.tokens = tokens;
  route.unaffordable = route.tokens > remaining_ * kMaxShareOfRemaining;
  return Take(route);
}

}  // namespace gsd
