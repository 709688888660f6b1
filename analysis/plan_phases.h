// The plans of one folder with what lies beside them: their summaries, and what the roadmap says of them.
#pragma once

#include <string>
#include <vector>

#include "analysis/plan_graph.h"

namespace gsd {

// A plan that the roadmap lists, as it is written there.
struct RoadmapEntry {
  std::string plan;
  uint32_t line = 0;
};

// Where the roadmap's list of a phase and the phase's folder differ.
struct RoadmapComparison {
  std::string path;                   // of the roadmap; "" when it lists no plans for this phase
  uint32_t line = 0;                  // of the list's first entry
  std::vector<RoadmapEntry> missing;  // listed, but neither plan nor summary is in the folder
  std::vector<PlanIndex> unlisted;    // in the folder, but not listed
};

// Plans in one folder are one phase.
struct Phase {
  std::string folder;                         // relative to the project root, "" for the root itself
  std::vector<PlanIndex> plans;               // those that are compiled, in order
  bool complete = true;                       // … and they are all that the folder has
  int first_wave = 1;                         // 0 when a plan says so: then waves count from there
  std::vector<std::string> orphan_summaries;  // summaries without their plan: paths
  RoadmapComparison roadmap;
};

}  // namespace gsd
