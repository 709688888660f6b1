// What /proc tells about processes. Each answer may be out of date when it comes: only the pid of a child
// that is not reaped yet can be relied on.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gsd {

// The children of a process, zombies too; empty when it is gone.
std::vector<pid_t> ChildrenOf(pid_t process);

// All that descends from a process, at most some thousands.
std::vector<pid_t> DescendantsOf(pid_t process);

// All processes.
std::vector<pid_t> AllProcesses();

struct ProcessStat {
  pid_t parent = 0;
  uint64_t started = 0;  // clock ticks since the machine's start
  uint64_t memory = 0;   // bytes of addresses; 0 for zombies and threads of the kernel
  // Where the program in its memory and its stack begin: others after every execve. The first is 0 in the
  // midst of one, and 1 where we may not look.
  uint64_t code = 0, stack = 0;
};
std::optional<ProcessStat> StatOf(pid_t process);

// A variable of the environment that a process was started with.
struct EnvironmentLook {
  std::optional<std::string> value;  // nothing: it has none, has written over it, or is not ours to look at
  bool too_early = false;  // it was between two programs, where nobody has an environment: ask again
};
EnvironmentLook VariableOf(pid_t process, std::string_view name);

}  // namespace gsd
