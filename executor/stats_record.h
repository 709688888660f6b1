// What an attempt teaches: from a task of the manifest and how the attempt ended to a record for the
// statistics. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "analysis/token_stats.h"
#include "backends/manifest.h"
#include "executor/run_history.h"

namespace gsd {

// By what the task is compared with others, on that model.
StatKey StatKeyOf(const ManifestTask& task, std::string_view model);

// Nothing for an attempt that says nothing about its task: it was cancelled, or the provider or the account
// was the trouble.
std::optional<TokenRecord> TokenRecordOf(const ManifestTask& task, const AttemptRecord& attempt);

}  // namespace gsd
