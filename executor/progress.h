// Shows a run to a person while it goes on: plain lines in a pipe; on a terminal the same lines, and below
// them what runs now.
#pragma once

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/live_table.h"
#include "executor/runner.h"

namespace gsd {

struct ProgressOptions {
  bool color = false;
  bool live = false;   // `out` is a terminal that understands cursor movements
  bool quiet = false;  // nothing but interruptions
  bool asks = false;   // somebody types answers there: nothing is drawn over an open question
  Ceilings ceilings = {};
  size_t slots = 1;  // tasks at once
};

class Progress {
 public:
  // Both outlive it.
  Progress(const Manifest& manifest, const Scheduler& scheduler, std::FILE* out, ProgressOptions options);
  void On(const RunEvent& event);

 private:
  // A line that stays.
  void Line(const std::string& text);
  void Erase();
  void Draw(const RunEvent& event);
  std::string Paint(const char* code, const std::string& text) const;
  std::string Counter() const;

  const Manifest& manifest_;
  const Scheduler& scheduler_;
  std::FILE* out_;
  ProgressOptions options_;
  struct Running {
    Millis since{0};
    int attempt = 1;
    std::string model;
    bool verifying = false;
  };
  struct Forecast {
    Millis at;
    std::chrono::system_clock::time_point today;
    std::vector<TaskIndex> next;
    std::optional<Millis> remaining;
  };
  std::map<TaskIndex, Running> running_;
  std::set<TaskIndex> waiting_;
  std::map<TaskIndex, int64_t> tokens_before_;  // of a task's earlier attempts
  Pace pace_;
  std::optional<Forecast> forecast_;
  size_t done_ = 0, failed_ = 0, questions_ = 0;
  std::vector<size_t> drawn_;  // the columns of each line of the table
};

}  // namespace gsd
