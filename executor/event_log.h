// The run's events as JSON, one object per line (docs/running.md), for whoever watches a run or reads it
// later.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "executor/runner.h"

namespace gsd {

class EventLog {
 public:
  EventLog(const Manifest& manifest, std::string run, std::string agent);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Adds a file that the events go to; what it held is lost.
  Status AddFile(const std::filesystem::path& path);
  // Writes the event and flushes, so that a reader who follows the file is never behind.
  void On(const RunEvent& event);
  // Why something could not be written, or "".
  const std::string& trouble() const { return trouble_; }

 private:
  struct File {
    std::filesystem::path path;
    std::FILE* stream;
  };
  const Manifest& manifest_;
  std::string run_, agent_;
  std::vector<File> files_;
  std::vector<size_t> ended_;  // tasks per Outcome, for run_finished
  size_t skipped_ = 0, waiting_ = 0, approved_ = 0;
  std::string trouble_;
};

}  // namespace gsd
