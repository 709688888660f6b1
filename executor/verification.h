// Runs a task's <automated> commands and says whether they all succeeded. An interface because tests need
// one that does as they say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "executor/agent.h"

namespace gsd {

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

class Verification {
 public:
  virtual ~Verification() = default;
  // Begins with the first command; no command at all is ok. Logs go to `folder`, which must be there. What
  // cannot start is a failure that Poll() tells.
  virtual void Start(TaskIndex task, std::vector<std::string> commands, std::filesystem::path workdir,
                     std::filesystem::path folder) = 0;
  virtual void Poll(std::vector<VerifyResult>& ended) = 0;
  virtual std::optional<Millis> NextDeadline() const = 0;
  virtual void StopAll(StopHow how) = 0;
};

}  // namespace gsd
