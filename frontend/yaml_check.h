// yaml-cpp as the judge of what is YAML. Internal to frontend/.
#pragma once

#include <vector>

#include "frontend/yaml.h"

namespace gsd {

// Replaces `problems` by what yaml-cpp says of the region: nothing when it reads, else one problem with its
// position.
void CheckWithYamlCpp(const SourceFile& file, Span region, std::vector<YamlProblem>& problems);

}  // namespace gsd
