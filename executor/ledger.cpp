#include "executor/ledger.h"

#include <algorithm>

namespace gsd {

namespace {

// Sums of doubles: a ceiling that is met exactly is not exceeded.
constexpr double kTolerance = 1e-9;

}  // namespace

bool Ledger::Fits(const Amount& amount) const {
  const auto within = [](const std::optional<double>& ceiling, double sum) {
    return !ceiling || sum <= *ceiling * (1 + kTolerance);
  };
  return within(ceilings_.tokens, spent_.tokens + reserved_.tokens + amount.tokens) &&
         within(ceilings_.usd, spent_.usd + reserved_.usd + amount.usd);
}

void Ledger::Reserve(TaskIndex task, const Amount& amount) {
  GSD_CHECK(reservations_.emplace(task, amount).second);
  reserved_.tokens += amount.tokens;
  reserved_.usd += amount.usd;
}

void Ledger::Settle(TaskIndex task, const Amount& actual) {
  const auto found = reservations_.find(task);
  GSD_CHECK(found != reservations_.end());
  reservations_.erase(found);
  spent_.tokens += std::max(actual.tokens, 0.0);
  spent_.usd += std::max(actual.usd, 0.0);
  // Summed anew, or rounding errors would pile up in a long run.
  reserved_ = {};
  for (const auto& [other, amount] : reservations_) {
    reserved_.tokens += amount.tokens;
    reserved_.usd += amount.usd;
  }
}

std::optional<double> Ledger::UsdLimitOf(TaskIndex task) const {
  if (!ceilings_.usd) return std::nullopt;
  const auto found = reservations_.find(task);
  const double own = found == reservations_.end() ? 0 : found->second.usd;
  return std::max(*ceilings_.usd - spent_.usd - reserved_.usd + own, 0.0);
}

}  // namespace gsd
