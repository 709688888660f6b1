// What the members of a manifest must mean together: unique ids, references that resolve, no cycle, tame
// paths.
#pragma once

#include <string>
#include <string_view>

#include "backends/manifest.h"

namespace gsd {

// Linear in the manifest, no recursion. The error names the member first: `tasks[3].depends_on[0]: …`.
Status ValidateManifest(const Manifest& manifest);

// Why a manifest cannot name a plan by that path ("is not UTF-8"); "" when it can. A manifest may come from
// anywhere, so a path in it may only lead downwards from the root.
std::string PlanPathMistake(std::string_view path);

}  // namespace gsd
