// SUMMARY.md: what became of a plan. What was measured stands in it, and what is an estimate says so.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/commit_changes.h"
#include "executor/run_folder.h"
#include "executor/runner.h"

namespace gsd {

struct SummaryContext {
  const Manifest& manifest;
  const RunRecord& record;
  std::filesystem::path root;
  RunFolder run;
  std::string agent;                        // simulate, command
  std::string generator;                    // "gsd-run 0.1.0"
  std::vector<CommitChanges> commits = {};  // of the run; none without git
};

// "a/08-02-PLAN.md" → "a/08-02-SUMMARY.md"; "PLAN.md" → "SUMMARY.md"; "x.md" → "x-SUMMARY.md".
std::string SummaryPath(const std::string& plan_path);

struct PlanSummary {
  const ManifestPlan* plan;  // in the context's manifest
  std::string path;          // beside the plan, relative to the root
  std::string text;
};

// Those of all plans of which something was started.
std::vector<PlanSummary> BuildSummaries(const SummaryContext& context);

struct WrittenSummary {
  std::filesystem::path path;
  std::string note;   // why it is not beside the plan, or ""
  std::string error;  // why it could not be written, or ""
};
// Writes each beside its plan; into the run's folder when a summary stands there that is not gsd-run's own,
// or a real one would give way to a simulated one.
std::vector<WrittenSummary> WriteSummaries(const SummaryContext& context,
                                           const std::vector<PlanSummary>& summaries);

}  // namespace gsd
