// What a plan really took, for the front matter of its SUMMARY.md, where upstream's calibration reads it.
// Pure.
#pragma once

#include <string>

#include "executor/runner.h"

namespace gsd {

// "actuals:\n  tokens: 36500\n  tasks: 7\n  commits: 7\n": of the plan's tasks that are done, with the tokens
// of all attempts at them, failed ones too, as they were paid for. "" when no agent reported any tokens.
std::string ActualsFrontMatter(const Manifest& manifest, const RunRecord& record, const std::string& plan);

}  // namespace gsd
