// From attributes and elements to the typed fields of a task, and of the plan around them. Internal to
// frontend/.
#pragma once

#include "frontend/ast.h"

namespace gsd {

// Fills type, number, label, name, files, read_first, depends_on and metrics. `ordinal` counts from 1.
void FinishTask(const SourceFile& file, Task& task, int ordinal);

// Fills references, the generated graph, and the facts that need the whole plan.
void FinishPlan(const SourceFile& file, Plan& plan);

}  // namespace gsd
