// What a SUMMARY counts: the tasks, attempts and commits of one plan. Pure functions of what the run
// recorded.
#pragma once

#include <string>
#include <vector>

#include "executor/commit_changes.h"
#include "executor/runner.h"

namespace gsd {

// How the attempts at a task went, together.
struct TaskFigures {
  std::optional<TaskIndex> failed_before;      // why it was skipped: one that it depends on, directly or not
  std::vector<const AttemptRecord*> attempts;  // in their order
  std::vector<std::string> models;             // each once, in the order of their first use
  std::vector<std::string> commits;            // oldest first; several when a person rejected one
  std::vector<FileChange> changes;  // by its commits; a path once, with the last that was done to it
  Millis time{0};                   // agents and verification
  bool tokens_known = false, usd_reported = false;  // by any, by all of the attempts that used tokens
  TokenCounts tokens;
  double usd = 0;  // as reported, or else at the manifest's prices
};

struct PlanFigures {
  const ManifestPlan* plan = nullptr;
  std::vector<TaskIndex> tasks;  // of the plan, in manifest order
  std::vector<TaskFigures> of;   // of each
  size_t done = 0, attempts = 0;
  size_t parallel_batches = 0;  // in which two of the plan's tasks ran at the same time
  bool complete = true;         // all of it is done
  bool tokens_known = false, all_tokens_known = true;  // of any, of every attempt
  TokenCounts tokens;
  int64_t main_tokens = 0;  // of attempts in the main session
  // Of the tasks that inherit the main session, and of all: as the manifest expects.
  int64_t expected_main_tokens = 0, expected_tokens = 0;
  double usd = 0;
  Millis task_time{0};                                  // the sum over all attempts
  Millis wall{0};                                       // while at least one of them was at work
  std::vector<std::string> created, modified, deleted;  // paths, by the plan's commits together
  size_t commits = 0;
  // The share of the manifest's sequential baseline that falls to this plan by its expected tokens: an
  // estimate.
  double baseline_tokens = 0, baseline_usd = 0;
};

// Of every plan of the manifest. `commits`: those of the run; empty without git.
std::vector<PlanFigures> CountPlans(const Manifest& manifest, const RunRecord& record,
                                    const std::vector<CommitChanges>& commits);

}  // namespace gsd
