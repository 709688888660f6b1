// The profiles that score tasks; which one is asked for, complexity.cpp knows. Internal to analysis/.
#pragma once

#include "analysis/complexity.h"

namespace gsd {

// The body of the first element with that tag, to the byte; "" when there is none.
std::string_view RawBody(const SourceFile& file, const Task& task, Tag tag);

inline constexpr double kDocumentStart = 5;
std::vector<ComplexitySignal> DocumentSignals(const SourceFile& file, const Task& task, Matching matching);

std::vector<ComplexitySignal> CalibratedSignals(const SourceFile& file, const Task& task);

}  // namespace gsd
