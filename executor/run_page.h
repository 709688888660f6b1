// What gsd-run report shows: a page for one run, a page for all of them, and a run as text. Pure functions of
// what was read; nothing in a text of a plan or of an agent is markup or acts on a terminal. Times are UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/ledger.h"
#include "executor/status_report.h"

namespace gsd {

// Something of a run that has a time but no duration: a retry, a checkpoint, a pause of the provider.
struct RunMoment {
  std::string time;  // as events.jsonl has it: 2026-11-22T12:15:00.250Z
  std::string what, task, detail;
};
// Those of events.jsonl (schemas/events.schema.json), at most kMostMoments. Lines that are no event, such as
// a last one that is only half written, are passed over.
inline constexpr size_t kMostMoments = 1000;
std::vector<RunMoment> ReadMoments(std::string_view events);

struct RunToReport {
  ProjectStatus status;  // of the chosen run
  Ceilings ceilings;
  std::vector<RunMoment> moments;
};

// A Gantt chart of the attempts, spending over time, tokens by model, estimates against what was needed,
// failures. Of more than 2,000 attempts the first are drawn; the tables have all.
std::string RunPage(const RunToReport& run);

struct RunTextOptions {
  size_t columns = 100;  // no line is wider
  bool utf8 = true;      // else only ASCII
  bool color = false;
};
// The Gantt chart as characters, a line per slot, and a line per attempt.
std::string RunText(const RunToReport& run, const RunTextOptions& options);

// One run among all.
struct RunTrend {
  RunRow run;
  std::string condition;  // RunCondition()
  size_t done = 0, tasks = 0, attempts = 0, failed_attempts = 0;
  std::optional<Millis> time;  // at work; nothing: not known
  double tokens = 0, usd = 0;
  std::string page;  // relative to the index; "": there is none
};
RunTrend TrendOf(const ProjectStatus& status);
// `runs`: newest first. The charts show the newest 60, the table all.
std::string RunIndexPage(const std::vector<RunTrend>& runs);

}  // namespace gsd
