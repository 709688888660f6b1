// What gsd-run status shows of a project's journal: for people and as JSON. Pure functions of what was read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/manifest.h"
#include "executor/journal.h"
#include "executor/run_lock.h"

namespace gsd {

struct ProjectStatus {
  std::vector<RunRow> runs;          // newest first
  std::optional<LockHolder> holder;  // who works in the project now
  size_t chosen = 0;                 // the one of `runs` that the rest is about
  std::optional<Manifest> manifest;  // nothing when the run's copy cannot be read
  std::vector<TaskRow> tasks;
  std::vector<AttemptRow> attempts;
  std::vector<AnswerRow> answers;
  int64_t now = 0;  // milliseconds since 1970: how long what runs has been running
};

// A runner carries it out now.
bool IsAlive(const RunRow& run, const std::optional<LockHolder>& holder);
// Its state in a word; a run whose process ended without a word has "died".
std::string_view RunCondition(const RunRow& run, const std::optional<LockHolder>& holder);

// Tables of at most 100 columns, times as the machine's clock on the wall shows them, no escape sequences
// whatever plans and agents have written. There must be a run.
std::string StatusText(const ProjectStatus& status);
// {"version":1,"runner","runs":[…],"run":{…}}: every figure of the journal; times in UTC, null for what is
// not known.
std::string StatusJson(const ProjectStatus& status);

}  // namespace gsd
