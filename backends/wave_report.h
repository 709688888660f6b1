// For people: which plans of each phase may run at the same time, and why not the others.
#pragma once

#include <string>

#include "analysis/plan_set.h"

namespace gsd {

// One block of lines for each phase, in order.
std::string ExplainWaves(const PlanSet& plans);

}  // namespace gsd
