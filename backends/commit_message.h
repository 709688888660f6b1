// The commit that a finished task becomes: type(scope): subject.
#pragma once

#include <string_view>

#include "backends/manifest.h"
#include "frontend/ast.h"

namespace gsd {

// The type is the one the name says ("fix: …", "Fix …", "Document …"), else what the files are (only tests,
// only documentation, only CI), else feat. `plan_type` is the plan's `type:`.
ManifestCommit CommitOf(const Task& task, std::string_view plan_type, std::string_view scope);

}  // namespace gsd
