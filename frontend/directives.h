// Comments that speak to gsdc. Internal to frontend/.
#pragma once

#include <vector>

#include "frontend/ast.h"

namespace gsd {

// The directives of the file: HTML comments, and `#` comments inside `front_matter`.
std::vector<Directive> FindDirectives(const SourceFile& file, Span front_matter);

}  // namespace gsd
