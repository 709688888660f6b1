#include "analysis/routing.h"

namespace gsd {

Route Router::Take(Route route) {
  route.remaining_before = remaining_;
  remaining_ -= route.tokens;
  return route;
}

Route Router::ByComplexity(int score, double base_tokens) {
  Route route;
  route.model = ModelForScore(score);
  const double affordable = remaining_ * kMaxShareOfRemaining;
  const auto cost = [&](Model model) { return base_tokens * InfoOf(model).token_factor; };
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

Route Router::Declared(Model model, double base_tokens) {
  Route route;
  route.model = model;
  route.tokens = base_tokens * InfoOf(model).token_factor;
  route.unaffordable = route.tokens > remaining_ * kMaxShareOfRemaining;
  return Take(route);
}

}  // namespace gsd
