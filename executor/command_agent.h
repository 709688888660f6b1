// Runs a command of the user's for every task, each in a process group of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/agent.h"
#include "executor/run_folder.h"

namespace gsd {

struct CommandOptions {
  std::vector<std::string> argv;  // with {model} {task} {workdir} to be replaced; argv[0] is absolute
  std::filesystem::path root;     // absolute; where the tasks run
  std::optional<Millis> task_timeout;
  Millis kill_grace{5000};  // from SIGTERM to SIGKILL
};

class CommandAgent : public Agent {
 public:
  // All references outlive the agent.
  CommandAgent(const Manifest& manifest, const Clock& clock, const RunFolder& run, CommandOptions options);
  // Leaves nothing behind: what still runs is killed.
  ~CommandAgent() override;

  std::string_view name() const override { return "command"; }
  Status Start(const AttemptRequest& request) override;
  void Poll(std::vector<AttemptResult>& ended) override;
  std::optional<Millis> NextDeadline() const override;
  void StopAll(StopHow how) override;

 private:
  struct Running {
    TaskIndex task;
    pid_t group;
    std::filesystem::path folder;
    Millis started;
    std::optional<Millis> times_out, kill_at;
    Outcome stopped_as = Outcome::kOk;  // kTimeout or kCancelled once we asked it to end
  };
  void Stop(Running& running, Outcome why, StopHow how);
  AttemptResult Finish(const Running& running, int exit_code) const;

  const Manifest& manifest_;
  const Clock& clock_;
  const RunFolder& run_;
  CommandOptions options_;
  std::vector<Running> running_;
};

}  // namespace gsd
