// What the members of a manifest must mean together: unique ids, references that resolve, no cycle, tame
// paths.
#pragma once

#include "backends/manifest.h"

namespace gsd {

// Linear in the manifest, no recursion. The error names the member first: `tasks[3].depends_on[0]: …`.
Status ValidateManifest(const Manifest& manifest);

}  // namespace gsd
