// Time and interruptions, as the runner sees them. An interface because tests let hours pass without waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gsd {

// Time since the clock was made, without what passed in SuspendSelf(); never goes backwards.
using Millis = std::chrono::milliseconds;

// What can wake the runner before its time.
enum class Wakeup : uint8_t {
  kInterrupt,  // Ctrl-C
  kTerminate,  // asked to end at once
  kChild,      // some process of ours changed
  kHangup,     // the terminal is gone
  kSuspend,    // Ctrl-Z: suspend the agents, give the terminal back, then SuspendSelf()
  kContinue,   // going on after having been stopped
  kInput,      // the watched descriptor can be read, or has come to its end
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Millis Now() const = 0;
  // The time of day now, for people and logs.
  virtual std::chrono::system_clock::time_point Today() const = 0;
  // Sleeps until `until` (forever without it) or until something happens; tells what did, in order.
  virtual std::vector<Wakeup> Wait(std::optional<Millis> until) = 0;
  // Stops this process like Ctrl-Z does; returns when it goes on. A clock of a test has nobody to stop.
  virtual void SuspendSelf() {}
  // Has Wait() tell kInput, again and again until it is read, of this descriptor; -1: of none.
  virtual void WatchInput(int) {}
};

}  // namespace gsd
