// bytes → Plan. Total: every input gives a Plan, in time and memory linear in its bytes.
#pragma once

#include "frontend/ast.h"

namespace gsd {

Plan ParsePlan(const SourceFile& file);

}  // namespace gsd
