// What keeps two plans of a phase from running at the same time, whether or not one depends on the other.
#pragma once

#include <string>
#include <vector>

#include "analysis/plan_graph.h"

namespace gsd {

enum class CouplingKind : uint8_t {
  kSameFile,      // both write `path`
  kReadsFile,     // `first` writes `path`, and `second` is told to read it: an @ reference, <read_first>
  kMentionsFile,  // `first` writes `path`, and an <action> of `second` names it, for whatever reason
};

struct PlanCoupling {
  PlanIndex first, second;  // of kSameFile the one that comes first in the phase
  CouplingKind kind = CouplingKind::kSameFile;
  std::string path;
  bool is_new = true;            // of kReadsFile: not on disk, and no plan of another phase writes it
  Span first_span, second_span;  // where each names it
};

}  // namespace gsd
