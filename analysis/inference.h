// Dependencies of tasks that do not declare any: found in the text, each with its evidence.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analysis/task_graph.h"

namespace gsd {

// The number that wave= gives; nothing for a value that means none.
std::optional<int> WaveNumber(std::string_view value);
// What parallel= says in its documented words: "can-parallelize" (also for "true"), "sequential" (also for
// "false"), or "" when it says neither.
std::string_view ParallelWord(std::string_view value);
std::string_view DeclaredParallel(const Task& task);

struct InferredDependencies {
  std::vector<TaskEdge> edges;       // by `to`; what others imply is left out
  std::vector<DroppedWait> dropped;  // by `task`
};

// What every task waits for for which `infer[task]` is true, given the edges (both ends known) of the others.
// Conservative: a task waits for all before it, directly or through others, but for those of which the plan
// says that it need not, and which it has no evidence to need. `followed` holds the tasks that waited for the
// one before them when the plan was annotated; their parallel= is then of that annotation.
InferredDependencies InferDependencies(const SourceFile& file, const Plan& plan, const PlanId& own,
                                       const std::vector<bool>& infer, const std::vector<TaskEdge>& declared,
                                       const std::vector<bool>& followed);

// Every place where a task's text names an earlier task or a file that one writes, whatever its depends-on
// says: `to` is the task that names, `from` the one that is named; of several writers of a file, the last
// before it. Task by task, in the order of the text; of "tasks 1-3", one for each.
std::vector<TaskEdge> NamedTasks(const SourceFile& file, const Plan& plan);

}  // namespace gsd
