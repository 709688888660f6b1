#include "executor/process_table.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "executor/proc.h"

namespace gsd {
namespace {

constexpr Millis kLookEvery{1000};     // at the output's size
constexpr Millis kLookAgainSoon{10};   // after a SIGKILL, whose effect comes with a SIGCHLD as a rule
constexpr Millis kLongestSweep{5000};  // a process in the midst of a broken disk's answer cannot be killed

// 0 when there is no such file.
int64_t SizeOf(const std::filesystem::path& path) {
  struct stat info = {};
  if (path.empty() || lstat(path.c_str(), &info) != 0) return 0;
  return info.st_size;
}

// Reaps a child if it is a zombie.
bool ReapIfEnded(pid_t child) {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG) != 0 || info.si_pid != 0;
}

// Is there any child, also one that came to us by its parent's death, that has ended and is not reaped?
bool AnyChildHasEnded() {
  siginfo_t info = {};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

std::string ValueIn(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.rfind(name, 0) == 0 && entry.size() > name.size() && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  }
  return "";
}

// A process that is not our child: unlike its pid, a handle never becomes another process's. Taken before one
// looks who it is. Kernels before 5.3 have none; then nothing is signalled.
class ProcessHandle {
 public:
  explicit ProcessHandle(pid_t process) : fd_(static_cast<int>(syscall(SYS_pidfd_open, process, 0))) {}
  ~ProcessHandle() {
    if (fd_ >= 0) close(fd_);
  }
  ProcessHandle(ProcessHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ProcessHandle& operator=(ProcessHandle&&) = delete;
  void Signal(int signal) const { syscall(SYS_pidfd_send_signal, fd_, signal, nullptr, 0); }
  void WaitForEnd(Millis at_most) const {
    pollfd watched = {fd_, POLLIN, 0};
    poll(&watched, 1, static_cast<int>(std::max<int64_t>(0, at_most.count())));
  }

 private:
  int fd_;
};

bool IsOfThisUser(pid_t process) {
  struct stat info = {};
  return stat(fmt::format("/proc/{}", process).c_str(), &info) == 0 && info.st_uid == geteuid();
}

void Earliest(std::optional<Millis>& next, std::optional<Millis> time) {
  if (time && (!next || *time < *next)) next = time;
}

// At all children at the same moments, so that many of them do not wake us more often than one.
Millis NextLook(Millis now) { return (now / kLookEvery + 1) * kLookEvery; }

}  // namespace

ProcessTable::ProcessTable(const Clock& clock) : clock_(clock) {
  prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper_);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto before = ChildrenOf(getpid());
  foreign_.insert(before.begin(), before.end());
}

ProcessTable::~ProcessTable() {
  for (auto& [id, child] : children_)
    if (!child.ended) Kill(child);
  constexpr int kTries = 5000;
  for (int i = 0; i < kTries; ++i) {
    Poll();
    const bool over = std::all_of(children_.begin(), children_.end(),
                                  [](const auto& entry) { return entry.second.reported; });
    if (over && !strays_left_) break;
    std::this_thread::sleep_for(Millis(1));
  }
  prctl(PR_SET_CHILD_SUBREAPER, was_subreaper_);
}

Result<uint32_t> ProcessTable::Start(const SpawnRequest& request, const ProcessLimits& limits) {
  GSD_CHECK(request.own_group);
  const auto pid = Spawn(request);
  if (!pid.ok()) return Error{pid.error()};
  const uint32_t id = next_id_++;
  Child& child = children_[id];
  child.pid = *pid;
  child.attempt = ValueIn(request.environment, kAttemptVariable);
  child.limits = limits;
  child.out = request.out;
  if (request.err != request.out) child.err = request.err;
  child.end.started = child.grown = clock_.Now();
  if (limits.timeout) child.times_out = child.grown + *limits.timeout;
  if (limits.stall || limits.output_bytes > 0) child.look_at = NextLook(child.grown);
  return id;
}

void ProcessTable::Poll() {
  const Millis now = clock_.Now();
  for (auto& [id, child] : children_) {
    if (child.reported || child.ended) continue;
    const auto exit_code = ExitCodeIfEnded(child.pid);
    if (!exit_code) {
      if (!suspended_) Enforce(child, now);
      continue;
    }
    child.ended = true;
    child.end.exit_code = *exit_code;
    child.end.ended = now;
    child.give_up = now + kLongestSweep;
    LookAtOutput(child, now);
  }
  // Looking through /proc costs more than all the rest. A stray that must go comes by the end of a process,
  // unless one that may stay adopted and reaped its parent: those are on the list of the condemned.
  if (!strays_left_ && !nameless_strays_ && condemned_.empty() && !AnyChildHasEnded()) return;
  // First by pid: it notes what descends from what is killed, which afterwards could not be told.
  strays_left_ = Sweep();
  for (auto& [id, child] : children_) {
    if (!child.ended || child.reported) continue;
    SignalGroup(child.pid, SIGKILL);
    if (strays_left_ && now < child.give_up) continue;
    Reap(child.pid);
    child.reported = true;
  }
}

void ProcessTable::Enforce(Child& child, Millis now) {
  if (child.kill_at && now >= *child.kill_at) {
    Kill(child);
    child.kill_at = now + kLookAgainSoon;
  } else if (child.stopping) {
    return;
  } else if (child.times_out && now >= *child.times_out) {
    Ask(child, ProcessEndKind::kTimeout, StopHow::kGently);
  } else if (child.look_at && now >= *child.look_at) {
    LookAtOutput(child, now);
    child.look_at = NextLook(now);
  }
}

void ProcessTable::LookAtOutput(Child& child, Millis now) {
  if (!child.look_at) return;
  const int64_t output = SizeOf(child.out) + SizeOf(child.err);
  if (output != child.output) child.grown = now;
  child.output = output;
  if (child.limits.output_bytes > 0 && output > child.limits.output_bytes) {
    Ask(child, ProcessEndKind::kOutputLimit, StopHow::kGently);
  } else if (child.limits.stall && now - child.grown >= *child.limits.stall && !child.ended) {
    Ask(child, ProcessEndKind::kStalled, StopHow::kGently);
  }
}

void ProcessTable::Ask(Child& child, ProcessEndKind kind, StopHow how) {
  if (child.end.kind == ProcessEndKind::kItself) child.end.kind = kind;
  if (child.ended) return;
  if (how == StopHow::kForcibly) {
    Kill(child);
    child.kill_at = clock_.Now() + kLookAgainSoon;
  } else if (!child.stopping) {
    SignalGroup(child.pid, child.limits.stop_signal);
    SignalGroup(child.pid, SIGCONT);  // a process that is stopped would not hear of it
    child.kill_at = clock_.Now() + child.limits.kill_grace;
  }
  child.stopping = true;
}

void ProcessTable::Kill(const Child& child) {
  Condemn(child.pid);
  SignalGroup(child.pid, SIGKILL);
}

// Its children will come to us when it has died; what they have done to their environment does not matter
// then.
void ProcessTable::Condemn(pid_t process) {
  const auto descendants = DescendantsOf(process);
  condemned_.insert(descendants.begin(), descendants.end());
}

bool ProcessTable::IsOurs(pid_t process) const {
  return std::any_of(children_.begin(), children_.end(), [&](const auto& entry) {
    return entry.second.pid == process && !entry.second.reported;
  });
}

ProcessTable::Verdict ProcessTable::Judge(pid_t stray) {
  if (condemned_.count(stray) > 0) return Verdict::kMustGo;
  const pid_t group = getpgid(stray);
  const bool of_ended = std::any_of(children_.begin(), children_.end(), [&](const auto& entry) {
    return entry.second.ended && !entry.second.reported && entry.second.pid == group;
  });
  if (of_ended) return Verdict::kMustGo;
  const auto [attempt, too_early] = VariableOf(stray, kAttemptVariable);
  if (too_early) return Verdict::kUnknownYet;
  if (!attempt) nameless_strays_ = true;
  const auto stat = StatOf(stray);
  const bool may_live = std::any_of(children_.begin(), children_.end(), [&](const auto& entry) {
    const Child& child = entry.second;
    if (child.ended) return false;
    if (attempt) return *attempt == child.attempt;
    // Not reaped yet, so it can still be asked when it began.
    const auto of_child = StatOf(child.pid);
    return stat && of_child && of_child->started <= stat->started;
  });
  return may_live ? Verdict::kMayLive : Verdict::kMustGo;
}

// Kills the strays that must go and reaps those that have ended; true while some are there that must go, or
// may have to.
bool ProcessTable::Sweep() {
  bool left = false, any = false;
  nameless_strays_ = false;
  for (pid_t stray : ChildrenOf(getpid())) {
    if (IsOurs(stray) || foreign_.count(stray) > 0) continue;
    if (ReapIfEnded(stray)) continue;
    any = true;
    const Verdict verdict = Judge(stray);
    if (verdict == Verdict::kMayLive) continue;
    left = true;
    if (verdict == Verdict::kUnknownYet) continue;
    Condemn(stray);
    kill(stray, SIGKILL);
  }
  const bool waiting = std::any_of(children_.begin(), children_.end(), [](const auto& entry) {
    return entry.second.kill_at && !entry.second.ended;
  });
  // Pids come again one day; a list that is no longer needed must not be there then.
  if (!any && !waiting) condemned_.clear();
  return left;
}

std::optional<ProcessEnd> ProcessTable::TakeEnd(uint32_t id) {
  const auto found = children_.find(id);
  if (found == children_.end() || !found->second.reported) return std::nullopt;
  const ProcessEnd end = found->second.end;
  children_.erase(found);
  return end;
}

std::optional<Millis> ProcessTable::NextDeadline() const {
  std::optional<Millis> next;
  const bool sweeping = std::any_of(children_.begin(), children_.end(), [](const auto& entry) {
    return entry.second.ended && !entry.second.reported;
  });
  if (sweeping || strays_left_) next = clock_.Now() + kLookAgainSoon;
  for (const auto& [id, child] : children_) {
    // Somebody else's Poll() has noticed it; whoever waits for it must look.
    if (child.reported) Earliest(next, clock_.Now());
    if (child.ended || suspended_) continue;
    Earliest(next, child.kill_at);
    if (child.stopping) continue;
    Earliest(next, child.times_out);
    Earliest(next, child.look_at);
  }
  return next;
}

void ProcessTable::Stop(uint32_t id, StopHow how) {
  const auto found = children_.find(id);
  if (found != children_.end() && !found->second.ended) Ask(found->second, ProcessEndKind::kStopped, how);
}

void ProcessTable::StopAll(StopHow how) {
  for (auto& [id, child] : children_)
    if (!child.ended) Ask(child, ProcessEndKind::kStopped, how);
}

// Tool commands have sessions of their own, which no signal to a group reaches. Nothing is harmed when a pid
// has just become a stranger's: it is stopped as a person could have stopped it, and goes on with the rest.
void ProcessTable::SignalEverything(int signal) const {
  for (const auto& [id, child] : children_) {
    if (child.ended) continue;
    SignalGroup(child.pid, signal);
    for (pid_t descendant : DescendantsOf(child.pid)) kill(descendant, signal);
  }
}

void ProcessTable::Suspend() {
  if (suspended_) return;
  suspended_ = clock_.Now();
  SignalEverything(SIGSTOP);
}

void ProcessTable::Resume() {
  if (!suspended_) return;
  const Millis passed = clock_.Now() - *suspended_;
  suspended_.reset();
  for (auto& [id, child] : children_) {
    for (auto* time : {&child.times_out, &child.kill_at, &child.look_at})
      if (*time) **time += passed;
    child.grown += passed;
  }
  SignalEverything(SIGCONT);
}

size_t KillMarked(std::string_view run) {
  constexpr int kRounds = 10;
  std::set<pid_t> spared = {getpid()};
  for (auto stat = StatOf(getpid()); stat && spared.insert(stat->parent).second;) stat = StatOf(stat->parent);
  size_t killed = 0;
  // More than one round, since what is to be killed may start others meanwhile.
  for (int round = 0; round < kRounds; ++round) {
    std::map<pid_t, ProcessHandle> targets;
    const auto add = [&](pid_t process, const auto& belongs) {
      if (spared.count(process) > 0 || targets.count(process) > 0) return false;
      ProcessHandle handle(process);
      return IsOfThisUser(process) && belongs() && targets.emplace(process, std::move(handle)).second;
    };
    std::vector<pid_t> found;
    bool too_early = false;
    for (pid_t process : AllProcesses()) {
      const auto is_marked = [&] {
        const EnvironmentLook look = VariableOf(process, kRunVariable);
        too_early = too_early || look.too_early;
        return look.value == run;
      };
      if (add(process, is_marked)) found.push_back(process);
    }
    for (size_t i = 0; i < found.size(); ++i) {
      const pid_t parent = found[i];
      for (pid_t child : ChildrenOf(parent)) {
        const auto belongs = [&] {
          const auto stat = StatOf(child);
          return stat && stat->parent == parent;
        };
        if (add(child, belongs)) found.push_back(child);
      }
    }
    if (targets.empty() && !too_early) break;
    if (targets.empty()) std::this_thread::sleep_for(kLookAgainSoon);
    killed += targets.size();
    for (const auto& [pid, target] : targets) target.Signal(SIGKILL);
    const auto end = std::chrono::steady_clock::now() + kLongestSweep / kRounds;
    for (const auto& [pid, target] : targets)
      target.WaitForEnd(std::chrono::duration_cast<Millis>(end - std::chrono::steady_clock::now()));
  }
  return killed;
}

}  // namespace gsd
