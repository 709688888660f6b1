// Runs a task's <automated> commands one after the other in its work tree, each as a script of its own for
// bash (sh where there is none) with pipefail.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/process_table.h"
#include "executor/run_folder.h"

namespace gsd {

struct VerifyOptions {
  Millis timeout = std::chrono::minutes(10);  // of each command
  int64_t output_bytes = int64_t{16} << 20;   // of each command
  Millis kill_grace{2000};
};

struct VerifyResult {
  TaskIndex task = 0;
  bool ok = false;
  bool stopped = false;  // by Stop or StopAll: says nothing about the work
  // Of the first command that failed.
  std::string command;
  std::optional<int> exit_code;  // 128 + signal; nothing when it could not start
  std::string message;           // "exit code 1", "took longer than 10 min 00 s"
  std::string output;            // its last 20 lines, at most 4 KiB of valid UTF-8
  Millis started{0}, ended{0};
};

class Verifier {
 public:
  // The references outlive it. The commands see GSD_RUN, and are ended with the run like agents.
  Verifier(const Clock& clock, ProcessTable& processes, const RunFolder& run, VerifyOptions options);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  // Begins with the first command; no command at all is ok. Output goes to verify-1.log and so on in
  // `folder`, which must be there. What cannot start is a failure that Poll() tells.
  void Start(TaskIndex task, std::vector<std::string> commands, std::filesystem::path workdir,
             std::filesystem::path folder);
  void Poll(std::vector<VerifyResult>& ended);
  std::optional<Millis> NextDeadline() const;
  void Stop(TaskIndex task, StopHow how);
  void StopAll(StopHow how);

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
