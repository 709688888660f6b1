// The <task_dependency_graph> section that gsdc writes into a plan: for people, and for its own next run.
#pragma once

#include <string>

#include "analysis/plan_set.h"

namespace gsd {

// The whole section with its tags, in the plan's line endings, without a line break at the end.
std::string DependencySection(const PlanUnit& unit);

}  // namespace gsd
