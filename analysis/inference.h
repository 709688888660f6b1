// Dependencies of tasks that do not declare any: found in the text, each with its evidence. Internal to
// analysis/.
#pragma once

#include <vector>

#include "analysis/task_graph.h"

namespace gsd {

// Edges into every task for which `infer[task]` is true, given the edges (both ends known) of the others.
// Conservative: without evidence a task follows its predecessor. Edges that others imply are left out.
std::vector<TaskEdge> InferDependencies(const SourceFile& file, const Plan& plan,
                                        const std::vector<bool>& infer,
                                        const std::vector<TaskEdge>& declared);

}  // namespace gsd
