// The run's events as JSON, one object per line (docs/running.md, schemas/events.schema.json), for whoever
// watches a run or reads it later.
#pragma once

#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "executor/runner.h"

namespace gsd {

// "task_started"; "" for kTick, which is not logged.
std::string_view EventName(RunEventKind kind);

class EventLog {
 public:
  EventLog(const Manifest& manifest, std::string run, std::string agent);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Adds a file that the events go to: behind what it holds, or in its place.
  enum class Mode : uint8_t { kReplace, kAppend };
  Status AddFile(const std::filesystem::path& path, Mode mode);
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
  std::set<TaskIndex> waiting_;
  size_t skipped_ = 0, approved_ = 0;
  std::string trouble_;
};

}  // namespace gsd
