// Dependencies of tasks that do not declare any: found in the text, each with its evidence.
#pragma once

#include <vector>

#include "analysis/task_graph.h"

namespace gsd {

// Edges into every task for which `infer[task]` is true, given the edges (both ends known) of the others.
// Conservative: without evidence a task follows its predecessor. Edges that others imply are left out.
std::vector<TaskEdge> InferDependencies(const SourceFile& file, const Plan& plan,
                                        const std::vector<bool>& infer,
                                        const std::vector<TaskEdge>& declared);

// Every place where a task's text names an earlier task or a file that one writes, whatever its depends-on
// says: `to` is the task that names, `from` the one that is named; of several writers of a file, the last
// before it. Task by task, in the order of the text; of "tasks 1-3", one for each.
std::vector<TaskEdge> NamedTasks(const SourceFile& file, const Plan& plan);

}  // namespace gsd
