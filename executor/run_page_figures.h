// What the page and the text of a run both count.
#pragma once

#include <string>
#include <vector>

#include "executor/run_chart.h"
#include "executor/run_page.h"

namespace gsd {

// An attempt on the time axis.
struct AttemptBar {
  const AttemptRow* row = nullptr;
  const ManifestTask* task = nullptr;  // null: not in the manifest
  TimeSpan span;
  size_t lane = 0;
  enum class End : uint8_t { kOk, kFailed, kRunning, kLost } end = End::kOk;
  Amount amount;  // as reported, or else at the manifest's prices
  std::string
      label;  // where the task's id has no room: "4", of several plans "02:4"; "" when that says too little
  std::string next;  // what came after a failure: "again with sonnet (escalated)"; "" when nothing did
};
std::string_view EndName(const AttemptBar& bar);  // ok, an Outcome's name, running, lost

struct RunFigures {
  const RunRow* run = nullptr;
  std::string condition;         // in words: "stopped: budget"
  bool simulated = false;        // no agent worked; times, tokens and dollars are as if one had
  std::vector<AttemptBar> bars;  // by their beginning
  size_t lanes = 0, done = 0, tasks = 0, failed = 0;
  Amount spent;
  Millis work{0};  // while at least one attempt was at work
  size_t without_tokens = 0;
  bool priced = false;    // some dollars are computed, not reported
  bool reported = false;  // some dollars are reported
};
// Points into `status`.
RunFigures CountRun(const ProjectStatus& status);

std::vector<TimeSpan> SpansOf(const RunFigures& figures);
// "2026-11-22 12:15:00"; "" for 0.
std::string FormatUtc(int64_t ms);
std::string FormatUsd(double usd);

}  // namespace gsd
