// Which plans the words of depends_on mean. Internal to analysis/.
#pragma once

#include <vector>

#include "analysis/plan_set.h"

namespace gsd {

// Resolves every depends_on of the units; looks at the workspace for plans that are not being compiled.
PlanGraph BuildPlanGraph(const std::vector<PlanUnit>& units, const Workspace& workspace);

// The folder of a plan file, "" for the root: plans in one folder are one phase.
std::string_view FolderOf(std::string_view root_path);

}  // namespace gsd
