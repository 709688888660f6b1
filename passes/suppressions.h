// Findings that the plans' own comments take back.
#pragma once

#include <string_view>
#include <vector>

#include "analysis/plan_set.h"
#include "frontend/diagnostic.h"

namespace gsd {

// Which rules of which directives took a finding back.
struct SuppressionUse {
  std::vector<std::vector<std::vector<bool>>> used;  // by plan, directive, rule of the directive
  std::vector<std::string_view> rules_run;           // sorted; only of these can a directive be unused
};

// Marks what a directive of its plan takes back. Logarithmic in the directives for each finding.
void MarkSuppressed(const PlanSet& plans, std::vector<Diagnostic>& findings, SuppressionUse& use);

}  // namespace gsd
