// The processes that the runner starts, under limits, and all that they leave behind: this process becomes a
// sub-reaper, so that whatever loses its parent comes to it, also what took a session of its own.
//
// Whose is a process that has come to us? Its environment names the attempt (kAttemptVariable); it lives as
// long as that attempt's leader. One that has written over its environment lives as long as a child of ours
// that was there when it began, since any of those may have made it. Nothing is signalled but our own
// children, whose pids cannot have passed to somebody else.
//
// While a table exists, no other child of this process may live across a Poll(), but those that were there
// before it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "executor/agent.h"
#include "executor/clock.h"
#include "executor/process.h"

namespace gsd {

inline constexpr std::string_view kRunVariable = "GSD_RUN";
inline constexpr std::string_view kAttemptVariable = "GSD_ATTEMPT_ID";  // different for every start

struct ProcessLimits {
  std::optional<Millis> timeout;
  std::optional<Millis> stall;               // no growth of out and err for so long
  int64_t output_bytes = int64_t{64} << 20;  // of out and err together; 0: no limit. Seen a second late
  int stop_signal = 15;                      // SIGTERM; asks the group to end
  Millis kill_grace{5000};                   // from that to SIGKILL
};

enum class ProcessEndKind : uint8_t { kItself, kTimeout, kStalled, kOutputLimit, kStopped };

struct ProcessEnd {
  ProcessEndKind kind = ProcessEndKind::kItself;  // who ended it: the first reason
  int exit_code = 0;                              // of the leader; 128 + signal when one ended it
  Millis started{0}, ended{0};
};

class ProcessTable {
 public:
  explicit ProcessTable(const Clock& clock);  // outlives the table
  ~ProcessTable();                            // kills and reaps everything
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  // Starts a child in a group of its own; the id stands for it until TakeEnd. `out` and `err` are watched
  // for stalls and size. The environment should have a kAttemptVariable.
  Result<uint32_t> Start(const SpawnRequest& request, const ProcessLimits& limits);
  // Notices ends, enforces limits, removes what ended children left. Cheap when nothing has happened.
  void Poll();
  // How the child ended, once, when nothing that it started lives any more.
  std::optional<ProcessEnd> TakeEnd(uint32_t id);
  // When Poll() is due although no child made itself heard.
  std::optional<Millis> NextDeadline() const;
  // Ends a child before its time; it still reports its end. Nothing happens to one that has ended.
  void Stop(uint32_t id, StopHow how);
  void StopAll(StopHow how);
  // Stops everything with SIGSTOP, and lets it go on. What passes in between counts for no limit.
  void Suspend();
  void Resume();

 private:
  struct Child {
    pid_t pid = 0;
    std::string attempt;
    ProcessLimits limits;
    std::filesystem::path out, err;
    ProcessEnd end;
    bool stopping = false;
    bool ended = false;     // the leader is a zombie
    bool reported = false;  // and nothing of it is left
    // On the clock, moved on by every suspension.
    std::optional<Millis> times_out, kill_at, look_at;
    Millis grown{0};  // when the output last grew
    int64_t output = 0;
    Millis give_up{0};  // when what cannot be killed is left alone
  };

  void Enforce(Child& child, Millis now);
  void LookAtOutput(Child& child, Millis now);
  void Ask(Child& child, ProcessEndKind kind, StopHow how);
  void Kill(const Child& child);
  void Condemn(pid_t process);
  bool Sweep();
  enum class Verdict { kMayLive, kMustGo, kUnknownYet };
  Verdict Judge(pid_t stray);
  bool IsOurs(pid_t process) const;
  void SignalEverything(int signal) const;

  const Clock& clock_;
  std::map<uint32_t, Child> children_;
  uint32_t next_id_ = 1;
  std::set<pid_t> foreign_;    // children that this process had before
  std::set<pid_t> condemned_;  // to be killed when they come to us
  std::optional<Millis> suspended_;
  bool strays_left_ = false;      // some that must go are still there
  bool nameless_strays_ = false;  // some live of which it cannot be told whose they are
  int was_subreaper_ = 0;
};

// Kills whatever carries GSD_RUN=<run> in its environment and all that descends from it, when its runner is
// no more: never this process or those that it descends from, never another user's. Waits for their end, at
// most some seconds. Returns how many there were.
size_t KillMarked(std::string_view run);

}  // namespace gsd
