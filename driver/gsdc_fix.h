// Applying the fixes of findings to plans.
#pragma once

#include <string>
#include <vector>

#include "driver/gsdc_compile.h"

namespace gsd {

// The texts after all fixes, in the order of the inputs, and how many were applied. Fixes that overlap are
// applied in rounds, each on a fresh compilation, until nothing is left to fix.
struct FixedPlans {
  std::vector<std::string> texts;
  size_t applied = 0;
};
FixedPlans FixPlans(const std::vector<PlanInput>& inputs, bool unsafe, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace);

// A unified diff of one file's text, "" when equal. Made by comparing lines; good enough to read and to
// `patch`.
std::string UnifiedDiff(const std::string& path, std::string_view before, std::string_view after);

}  // namespace gsd
