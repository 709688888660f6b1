// What a run may spend, has spent, and has promised to tasks that run now. Pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "executor/scheduler.h"

namespace gsd {

// Tokens as TokenCounts::Total() counts them, and US dollars; neither is ever negative.
struct Amount {
  double tokens = 0;
  double usd = 0;
};

// Hard limits; nothing: no limit of that kind.
struct Ceilings {
  std::optional<double> tokens, usd;
};

// Before a task starts, its pessimistic estimate is reserved; when it ends, what it really used takes the
// place of the reservation. So what is spent exceeds a ceiling by no more than what tasks that were running
// already used beyond their reservations.
class Ledger {
 public:
  explicit Ledger(Ceilings ceilings, Amount spent_before = {}) : ceilings_(ceilings), spent_(spent_before) {}

  // Is there room for it beside all that is spent and reserved?
  bool Fits(const Amount& amount) const;
  // A task has one reservation at a time.
  void Reserve(TaskIndex task, const Amount& amount);
  // The task used `actual`; its reservation is gone.
  void Settle(TaskIndex task, const Amount& actual);

  const Amount& spent() const { return spent_; }
  const Amount& reserved() const { return reserved_; }
  const Ceilings& ceilings() const { return ceilings_; }
  // The dollars that the task may use now: its reservation and what nobody else has. Nothing: no limit.
  std::optional<double> UsdLimitOf(TaskIndex task) const;

 private:
  Ceilings ceilings_;
  Amount spent_, reserved_;
  std::unordered_map<TaskIndex, Amount> reservations_;
};

}  // namespace gsd
