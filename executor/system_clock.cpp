#include "executor/system_clock.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace gsd {

SystemClock::SystemClock() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&wanted, signal);
  sigprocmask(SIG_BLOCK, &wanted, &old_mask_);
  // A parent may have left SIGCHLD ignored; then children would vanish before anyone could ask how they
  // ended.
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &old_child_);
  signals_ = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  GSD_CHECK(signals_ >= 0);
}

SystemClock::~SystemClock() {
  Wait(Now());  // what came too late is dropped: unblocking it would end the program with its work already
                // done
  close(signals_);
  sigaction(SIGCHLD, &old_child_, nullptr);
  sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

Millis SystemClock::Now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start_);
}

std::vector<Wakeup> SystemClock::Wait(std::optional<Millis> until) {
  int timeout = -1;
  if (until) {
    // What is left is rounded down: one millisecond more, or we would wake early and wait again.
    const int64_t left = (*until - Now()).count();
    timeout = left <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left + 1, INT_MAX));
  }
  pollfd poll_for = {signals_, POLLIN, 0};
  poll(&poll_for, 1, timeout);
  std::vector<Wakeup> wakeups;
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    switch (info.ssi_signo) {
      case SIGINT:
        wakeups.push_back(Wakeup::kInterrupt);
        break;
      case SIGCHLD:
        wakeups.push_back(Wakeup::kChild);
        break;
      default:
        wakeups.push_back(Wakeup::kTerminate);
    }
  }
  return wakeups;
}

}  // namespace gsd
