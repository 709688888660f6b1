#include "executor/system_clock.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace gsd {
namespace {

Wakeup WakeupOf(uint32_t signal) {
  switch (signal) {
    case SIGINT:
      return Wakeup::kInterrupt;
    case SIGCHLD:
      return Wakeup::kChild;
    case SIGHUP:
      return Wakeup::kHangup;
    case SIGTSTP:
      return Wakeup::kSuspend;
    case SIGCONT:
      return Wakeup::kContinue;
    default:
      return Wakeup::kTerminate;
  }
}

}  // namespace

SystemClock::SystemClock() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGINT, SIGTERM, SIGCONT, SIGCHLD}) sigaddset(&wanted, signal);
  // A blocked signal comes to the descriptor even when it is ignored.
  for (int signal : {SIGHUP, SIGTSTP}) {
    struct sigaction now = {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaddset(&wanted, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted, &old_mask_);
  // A parent may have left SIGCHLD ignored; then children would vanish before anyone could ask how they
  // ended.
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &old_child_);
  // Whoever reads our output may go away; that must not leave agents behind.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &old_pipe_);
  signals_ = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  GSD_CHECK(signals_ >= 0);
}

SystemClock::~SystemClock() {
  input_ = -1;
  Wait(Now());  // what came too late is dropped: unblocking it would end the program with its work already
                // done
  close(signals_);
  sigaction(SIGCHLD, &old_child_, nullptr);
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

Millis SystemClock::Now() const {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start_ - stopped_);
}

std::vector<Wakeup> SystemClock::Wait(std::optional<Millis> until) {
  int timeout = -1;
  if (until) {
    // What is left is rounded down: one millisecond more, or we would wake early and wait again.
    const int64_t left = (*until - Now()).count();
    timeout = left <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left + 1, INT_MAX));
  }
  // A negative descriptor is passed over.
  pollfd watched[] = {{signals_, POLLIN, 0}, {input_, POLLIN, 0}};
  poll(watched, 2, timeout);
  std::vector<Wakeup> wakeups;
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    wakeups.push_back(WakeupOf(info.ssi_signo));
  if (watched[1].revents != 0) wakeups.push_back(Wakeup::kInput);
  return wakeups;
}

// With SIGTSTP and not SIGSTOP: the shell calls it by its name, and where nobody could continue us (a session
// without job control) nothing happens.
void SystemClock::SuspendSelf() {
  const auto begin = std::chrono::steady_clock::now();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  raise(SIGTSTP);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  stopped_ += std::chrono::steady_clock::now() - begin;
}

}  // namespace gsd
