// The clock of a real run: the machine's time, and the signals that concern a runner, read from one
// descriptor.
#pragma once

#include <csignal>

#include "executor/clock.h"
#include "frontend/support.h"

namespace gsd {

// While it lives, SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGCHLD come to Wait() and nowhere else, and
// SIGPIPE is ignored. SIGHUP and SIGTSTP stay ignored when they were (nohup). Afterwards all is as before.
class SystemClock : public Clock {
 public:
  SystemClock();
  ~SystemClock() override;
  SystemClock(const SystemClock&) = delete;
  SystemClock& operator=(const SystemClock&) = delete;

  Millis Now() const override;
  std::chrono::system_clock::time_point Today() const override { return std::chrono::system_clock::now(); }
  std::vector<Wakeup> Wait(std::optional<Millis> until) override;
  void SuspendSelf() override;
  void WatchInput(int fd) override { input_ = fd; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration stopped_{0};
  sigset_t old_mask_;
  struct sigaction old_child_, old_pipe_;
  int signals_ = -1;
  int input_ = -1;
};

}  // namespace gsd
