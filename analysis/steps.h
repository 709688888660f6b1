// The steps of Analyze, in the order in which they run. Each reads what earlier ones wrote. Internal to
// analysis/.
#pragma once

#include "analysis/plan_set.h"

namespace gsd {

// By folder: which plans are finished, which summaries have no plan, what the roadmap says.
void ComparePhases(PlanSet& set, const Workspace& workspace);
// Files that plans of one phase share.
void FindCouplings(PlanSet& set, const Workspace& workspace);
// Per plan: complexity, estimates, declared and derived attributes, write sets, batches.
void ComputeTaskFacts(PlanSet& set, const TokenStats& user_stats, const Workspace& workspace);
// The union of the plans' graphs, with plan edges; write conflicts; the execution graph; batches, levels,
// critical path.
void BuildUnion(PlanSet& set);
// Models, in batch order, and what everything costs.
void RouteTasks(PlanSet& set);
// What is read from disk: references and context sizes.
void MeasureContext(PlanSet& set, const Workspace& workspace);
// Files of verify commands, sentinels and artifacts that nobody writes.
void FindMissingFiles(PlanSet& set, const Workspace& workspace);

}  // namespace gsd
