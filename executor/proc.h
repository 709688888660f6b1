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
};
std::optional<ProcessStat> StatOf(pid_t process);

// The value of a variable in the environment that a process was started with; nothing when it has none, has
// written over it, or is not ours to look at.
std::optional<std::string> VariableOf(pid_t process, std::string_view name);

}  // namespace gsd
