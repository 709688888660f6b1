// What a checkpoint asks a person, taken out of its elements.
#pragma once

#include "backends/manifest.h"
#include "frontend/ast.h"

namespace gsd {

// Options come from <option> elements, else from the list lines of <options>.
ManifestCheckpoint CheckpointOf(const SourceFile& file, const Task& task);

}  // namespace gsd
