// Runs a task's <automated> commands one after the other in its work tree, each as a script of its own for
// bash (sh where there is none) with pipefail.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/mask.h"
#include "executor/process_table.h"
#include "executor/run_folder.h"
#include "executor/verification.h"

namespace gsd {

struct VerifyOptions {
  Millis timeout = std::chrono::minutes(10);  // of each command
  int64_t output_bytes = int64_t{16} << 20;   // of each command
  Millis kill_grace{2000};
  Masker masker;  // for what the commands say
};

class Verifier : public Verification {
 public:
  // The references outlive it. The commands see GSD_RUN, and are ended with the run like agents.
  Verifier(const Clock& clock, ProcessTable& processes, const RunFolder& run, VerifyOptions options);
  ~Verifier() override;
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  void Start(TaskIndex task, std::vector<std::string> commands, std::filesystem::path workdir,
             std::filesystem::path folder) override;
  void Poll(std::vector<VerifyResult>& ended) override;
  std::optional<Millis> NextDeadline() const override;
  void Stop(TaskIndex task, StopHow how);
  void StopAll(StopHow how) override;

 private:
  struct Running {
    TaskIndex task;
    std::vector<std::string> commands;
    std::filesystem::path workdir, folder;
    size_t next = 0;  // the command after the one that runs
    std::optional<uint32_t> id;
    bool over = false;
    VerifyResult result;
  };
  void StartNext(Running& running);
  void OnEnd(Running& running, const ProcessEnd& end);
  void Stop(Running& running, StopHow how);

  const Clock& clock_;
  ProcessTable& processes_;
  const RunFolder& run_;
  VerifyOptions options_;
  std::vector<std::string> shell_;  // with its options, without the script
  std::vector<Running> running_;
};

}  // namespace gsd
