// What is said when a run is over, and what would be said of one that is only planned.
#pragma once

#include <string>

#include "executor/runner.h"

namespace gsd {

// A line of counts, then each failed task, then each waiting checkpoint with what it asks.
std::string RunReport(const Manifest& manifest, const RunRecord& record, std::string_view agent);

// What a checkpoint asks of a person, as RunReport shows it.
std::string CheckpointText(const ManifestTask& task);

// --dry-run: the batches, then the order in which tasks would start with their times, models and estimates.
// Checkpoints are taken as passed at once.
std::string DryRunReport(const Manifest& manifest, SchedulerOptions options);

}  // namespace gsd
