// "## Task 1: …", "### T3 …": what people write in place of <task>.
#pragma once

#include <vector>

#include "frontend/ast.h"
#include "frontend/markdown.h"

namespace gsd {

// The headings behind the front matter that are probably meant as tasks; at most 200 headings are read.
std::vector<Heading> FindTaskHeadings(const SourceFile& file, const Plan& plan);

}  // namespace gsd
