// What an agent is told about its task.
#pragma once

#include <string>
#include <vector>

#include "backends/manifest.h"

namespace gsd {

// The seed's subagent prompt (part 5.2) with the plan's objective and the files to read first. The action and
// the verification stand in it byte for byte as in the plan. The runner commits, so the agent is told not to.
// `decisions` are what checkpoints before it have decided, one line each.
std::string BuildPrompt(const ManifestPlan& plan, const ManifestTask& task,
                        const std::vector<std::string>& decisions = {});

}  // namespace gsd
