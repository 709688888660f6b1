// What a terminal shows below the lines of a run: a table of what runs now, the spending, what is next, and
// when it may be over. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "executor/ledger.h"
#include "executor/scheduler.h"
#include "executor/text.h"

namespace gsd {

struct Screen {
  size_t columns = 80, rows = 24;
};

struct LiveTask {
  TaskIndex task = 0;
  int attempt = 1;
  std::string model;
  Millis elapsed{0};
  bool verifying = false;
  int64_t tokens_before = 0;  // used by its earlier attempts, as far as this part of the run knows
};

struct LiveView {
  std::vector<LiveTask> running;
  size_t total = 0, done = 0, failed = 0, waiting = 0;  // tasks
  Amount spent;
  Ceilings ceilings;
  std::vector<TaskIndex> next;
  std::optional<Millis> remaining;  // nothing: unknown
  std::string finish;               // the time then: "14:05"
};

// Lines that no terminal of that size wraps, and fewer of them than it has rows. What does not fit is left
// out, the running tasks first, with a word of how many.
std::vector<std::string> LiveTable(const Manifest& manifest, const LiveView& view, Screen screen);

// The tasks that come next: those that are ready, then those that wait for others; of each the one with the
// longest remaining path first.
std::vector<TaskIndex> NextTasks(const Scheduler& scheduler, size_t most);

// What the finished tasks expected and took, together.
struct Pace {
  Millis expected{0}, actual{0};
};
// How long the agents' work that remains may take: the longer one of the critical path and of all work shared
// by the slots, at the pace of what has finished so far (as expected when nothing has). People's time and
// retries are not in it. `elapsed`: of the tasks that run, by task. Nothing when nothing can go on, or
// nothing is left.
std::optional<Millis> EstimateRemaining(const Manifest& manifest, const Scheduler& scheduler,
                                        const std::vector<LiveTask>& running, size_t slots, Pace pace);

// Columns that a terminal needs for a text without control characters. Where terminals differ, the larger
// number: a line that is too short is harmless, one that wraps is not.
size_t ColumnsOf(std::string_view text);
// The beginning of it that needs at most `columns`.
std::string Fit(std::string_view text, size_t columns);

}  // namespace gsd
