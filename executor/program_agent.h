// Runs an agent program (executor/agents/) or a command of the user's for every attempt: in a folder of the
// attempt's own with its prompt, its output and a TMPDIR, as one child of the process table.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "executor/agents/agent_program.h"
#include "executor/mask.h"
#include "executor/process_table.h"
#include "executor/run_folder.h"
#include "executor/temporary_folders.h"

namespace gsd {

struct ProgramOptions {
  std::string agent = "claude";        // a name that FindAgentProgram knows
  std::string program;                 // a path, or a name to be found in PATH; "": the agent's own
  std::vector<std::string> arguments;  // more of them; for a command all of its own
  std::filesystem::path root;          // absolute; where tasks run that name no folder
  ProcessLimits limits;                // but the stop signal, which the agent program chooses
  std::optional<int> max_turns;
  AgentAccess access = AgentAccess::kWork;
  int api_retries = 2;
  Millis api_timeout{600'000};
  Masker masker;  // for what the program says
};

class ProgramAgent : public Agent {
 public:
  // All references outlive the agent; the run's folder is looked at first when an attempt starts.
  ProgramAgent(const Manifest& manifest, const Clock& clock, ProcessTable& processes, const RunFolder& run,
               ProgramOptions options);
  ~ProgramAgent() override;

  // Finds the program and asks it for its version (not a command of the user's: that would do its work).
  // Takes a second or two. The error says what to install. To be called before the first Start.
  Status Check();
  // What the program answered, "" before Check().
  const std::string& version() const { return version_; }
  // What people should know, once each: limits that the program has no flag for. Emptied by the call.
  std::vector<std::string> TakeNotes();

  std::string_view name() const override { return program_.name; }
  Status Start(const AttemptRequest& request) override;
  void Poll(std::vector<AttemptResult>& ended) override;
  std::optional<Millis> NextDeadline() const override;
  void Stop(TaskIndex task, StopHow how) override;
  void StopAll(StopHow how) override;
  void Suspend() override { processes_.Suspend(); }
  void Resume() override { processes_.Resume(); }
  bool can_resume_sessions() const override { return program_.sessions; }

 private:
  struct Running {
    AttemptRequest request;
    std::filesystem::path folder, temporary;
    SpawnRequest spawn;
    ProcessLimits limits;
    Millis asked{0};             // for a start
    std::optional<uint32_t> id;  // nothing while it waits for the first run to end
    bool cancelled = false;      // while it waited
  };
  Result<Running> Prepare(const AttemptRequest& request);
  bool MustWait() const;
  Status Launch(Running& running);
  void Stop(Running& running, StopHow how);
  void MaskFiles(const Running& running);
  AttemptResult Finish(const Running& running, const ProcessEnd& end);
  std::optional<AgentReport> EarlierRun(const Running& running) const;
  std::string AgentModelOf(const AttemptRequest& request) const;
  void Note(std::string note);

  const Manifest& manifest_;
  const Clock& clock_;
  ProcessTable& processes_;
  const RunFolder& run_;
  ProgramOptions options_;
  const AgentProgram& program_;
  std::optional<TemporaryFolders> temporary_;  // since the first attempt
  std::string version_;
  std::vector<Running> running_;
  std::optional<Millis> first_started_;
  bool first_ended_ = false;
  std::map<std::string, AgentReport, std::less<>> sessions_;  // the counters of each one's last run
  std::vector<std::string> notes_;
  std::set<std::string> noted_;
};

}  // namespace gsd
