// Shows a run to a person while it goes on: plain lines in a pipe; on a terminal the same lines, and below
// them what runs now.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "executor/runner.h"

namespace gsd {

struct ProgressOptions {
  bool color = false;
  bool live = false;   // `out` is a terminal that understands cursor movements
  bool quiet = false;  // nothing but interruptions
  bool asks = false;   // somebody types answers there: nothing is drawn over an open question
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
  void Draw(Millis now);
  std::string Paint(const char* code, const std::string& text) const;
  std::string Counter() const;

  const Manifest& manifest_;
  const Scheduler& scheduler_;
  std::FILE* out_;
  ProgressOptions options_;
  std::map<TaskIndex, Millis> running_;  // since when
  size_t done_ = 0, failed_ = 0, questions_ = 0;
  size_t drawn_lines_ = 0;
};

}  // namespace gsd
