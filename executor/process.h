// Child processes in groups of their own, started without a shell and without copying this process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "frontend/support.h"

namespace gsd {

struct SpawnRequest {
  std::vector<std::string> argv;         // argv[0] is a path, or a name without '/' to be found in PATH
  std::vector<std::string> environment;  // NAME=value: all that the child gets
  std::filesystem::path directory;       // where it runs; empty: here
  // Regular files or devices for the three standard streams, as seen from here; an empty name leaves the
  // stream as it is here. `out` and `err` are made (0600) or emptied, links in their place are refused; the
  // same name for both makes them one stream.
  std::filesystem::path in, out, err;
  // Or, in place of a file, an open descriptor of ours (its offset is shared); -1: the file.
  int in_descriptor = -1, out_descriptor = -1, err_descriptor = -1;
  bool own_group = true;
  bool outlives_us = false;  // is not killed with us: for what must not be left half-done
  bool out_to_err = false;   // the standard output goes where our standard error goes
};

// The child's pid, which is also its group when it has one of its own. Its signals are as they are by
// default, and it has no descriptor but the three. It is killed when the thread that started it ends, so that
// nothing goes on spending money when we are killed. The error says which step failed.
Result<pid_t> Spawn(const SpawnRequest& request);

// How a child ended: its exit code, or 128 + signal. Nothing while it runs. The child stays a zombie, so that
// its pid and group cannot be given to somebody else, until Reap().
std::optional<int> ExitCodeIfEnded(pid_t child);
void Reap(pid_t child);
// Waits for the end of a child that has nothing to do with the runner; reaps it.
int WaitFor(pid_t child);

// Sends a signal to all processes of a group whose leader is not reaped yet.
void SignalGroup(pid_t group, int signal);

// `name` as the shell would find it, made absolute; an error that says why not.
Result<std::string> FindProgram(const std::string& name, const char* path_variable);

// This process's environment with some variables set.
std::vector<std::string> EnvironmentWith(const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace gsd
