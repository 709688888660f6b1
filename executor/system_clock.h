// The clock of a real run: the machine's time, and the signals that concern a runner, read from one
// descriptor.
#pragma once

#include <csignal>

#include "executor/clock.h"
#include "frontend/support.h"

namespace gsd {

// While it lives, SIGINT, SIGTERM, SIGHUP and SIGCHLD come to Wait() and nowhere else. Afterwards all is as
// before.
class SystemClock : public Clock {
 public:
  SystemClock();
  ~SystemClock() override;
  SystemClock(const SystemClock&) = delete;
  SystemClock& operator=(const SystemClock&) = delete;

  Millis Now() const override;
  std::chrono::system_clock::time_point Today() const override { return std::chrono::system_clock::now(); }
  std::vector<Wakeup> Wait(std::optional<Millis> until) override;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  sigset_t old_mask_;
  struct sigaction old_child_;
  int signals_ = -1;
};

}  // namespace gsd
