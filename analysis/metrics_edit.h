// The <metrics> element that states a task's estimate: what the annotator writes, and what a rule offers as a
// fix.
#pragma once

#include <optional>

#include "analysis/plan_set.h"
#include "frontend/diagnostic.h"

namespace gsd {

// Inserts it at the end of the task, as the plan is indented. Nothing for a task that states an estimate, for
// a checkpoint, and for a task without an end.
std::optional<Edit> InsertMetrics(const PlanUnit& unit, TaskId id);

}  // namespace gsd
