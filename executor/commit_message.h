// The message of the commit that a task becomes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/manifest.h"

namespace gsd {

// "feat(08-02): implement user profile API", a blank line, what was done by several tasks as a list, and the
// trailers by which a resumed run knows what is integrated already: Gsd-Task (one for each task) and Gsd-Run.
// What comes from a plan is put on one line, so that it cannot add trailers of its own.
std::string CommitMessage(const std::vector<const ManifestTask*>& tasks, std::string_view run,
                          std::string_view model);

}  // namespace gsd
