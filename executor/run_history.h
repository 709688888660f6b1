// What the earlier parts of a run did, as its journal and its branch tell it. Empty for a new run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "executor/journal.h"
#include "executor/ledger.h"
#include "executor/retry.h"

namespace gsd {

// One attempt, as it ended. A resumed run has those of its earlier parts, too.
struct AttemptRecord {
  TaskIndex task = 0;
  int attempt = 1;
  std::string model;
  Outcome outcome = Outcome::kOk;
  std::string message;
  std::optional<TokenCounts> tokens;
  std::optional<double> usd;
  std::chrono::system_clock::time_point started, ended;            // of the agent
  std::optional<std::chrono::system_clock::time_point> verifying;  // since when; not of earlier parts
  std::chrono::system_clock::time_point decided;                   // when it was accepted, or not
  bool accepted = false;                                           // verified and integrated
  std::string kept;           // the branch with its work that was not accepted, or ""
  bool main_session = false;  // it went on with its plan's main session, instead of starting fresh
};

// The name of the work tree in which the tasks of a plan's main session work, one after the other.
std::string MainPlaceName(const ManifestTask& task);

struct TaskHistory {
  int attempts = 0;  // begun
  TaskTroubles troubles;
  std::string model;    // of the next attempt; "": the manifest's
  std::string failure;  // why the last one was not accepted
  std::string commit, text;
  std::vector<std::string> files;  // changed by it
  int64_t answer = 0;              // the last answer that was acted on
  std::optional<AttemptRow>
      to_verify;  // its agent has finished, but the runner died before it was integrated
};

struct RunHistory {
  std::vector<TaskHistory> tasks;  // as in the manifest
  std::vector<TaskIndex> done;
  std::vector<std::string> decisions;
  std::vector<AttemptRecord> attempts;
  Amount spent;
};

// A task that was integrated when its agent failed twice and then succeeded is done; one that had failed for
// good, or had not ended, begins anew, with all its retries. What an attempt used whose end nobody saw is
// taken to be its pessimistic estimate. `integrated`: task ids and commits, from the run's branch, which
// knows better than the journal when the runner died in between.
Result<RunHistory> ReadHistory(const Manifest& manifest, Journal& journal, const std::string& run,
                               const std::vector<std::pair<std::string, std::string>>& integrated);

}  // namespace gsd
