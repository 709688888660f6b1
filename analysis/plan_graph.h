// Plans that depend on each other: a phase, a project.
#pragma once

#include <string>
#include <vector>

#include "analysis/digraph.h"
#include "analysis/plan_id.h"
#include "analysis/workspace.h"
#include "frontend/ast.h"

namespace gsd {

struct PlanTag {};
using PlanIndex = Id<PlanTag>;  // index into PlanSet::units

// `to` depends on `from`, because of the word at `ref`.
struct PlanEdge {
  PlanIndex from, to;
  DependencyRef ref;
};

enum class PlanDependencyState : uint8_t {
  kUnknown,    // names nothing that exists
  kAmbiguous,  // names several plans
  kNearest,    // an edge, but only because the nearest of several plans of that name is taken
  kExternal,   // a plan or phase that exists on disk but is not compiled now
};

struct PlanDependency {
  PlanIndex plan;
  DependencyRef ref;
  PlanDependencyState state = PlanDependencyState::kUnknown;
  // The name that was probably meant, or ""; for kNearest the one that means only the nearest.
  std::string suggestion;
  std::vector<std::string> candidates;  // for kAmbiguous, and kNearest with the nearest first: paths
};

struct PlanGraph {
  std::vector<PlanEdge> edges;
  std::vector<PlanDependency> others;  // words that are no edge, or a doubtful one
  std::vector<PlanEdge> self_dependencies;
  Digraph digraph;  // over PlanIndex::value
  std::vector<std::vector<PlanIndex>> cycles;
  std::vector<int> waves;  // computed, by plan: 1 + the longest chain before it (0 when none is known)
};

}  // namespace gsd
