// Which files a verify command needs to find. Internal to analysis/.
#pragma once

#include <string>
#include <vector>

#include "analysis/verify_commands.h"

namespace gsd {

// A file that a command runs as a test or script, or searches.
struct VerifyFile {
  Span span;                        // of the path
  std::string path;                 // as written, without `::test_name` and the like
  std::vector<std::string> places;  // where it may be, relative to the root; the first is the likeliest
};

// Only what surely must be there: no globs, no variables, no outputs, nothing in other machines or packages.
std::vector<VerifyFile> FilesOf(const VerifyCommand& command);

// In a folder such as `dist` or `node_modules`, which no task writes by hand.
bool IsBuildOutput(std::string_view path);

}  // namespace gsd
