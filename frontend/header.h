// The front matter of a plan, found and typed; also that of a summary.
#pragma once

#include "frontend/ast.h"

namespace gsd {

// Finds the front matter at the beginning of the file and reads it. `body_begin` is where the rest begins.
Header ParseHeader(const SourceFile& file, std::vector<SyntaxFact>& facts, uint32_t& body_begin);

}  // namespace gsd
