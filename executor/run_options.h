// The command line that a run began with, as the journal keeps it: a resumed run has it again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gsd {

struct RunCommandLine {
  std::vector<std::string> arguments;  // the options; not the inputs
  std::vector<std::string> command;    // behind "--"
};

// {"arguments": […], "command": […]}
std::string WriteRunCommandLine(const RunCommandLine& line);
// What is not understood is left out.
RunCommandLine ReadRunCommandLine(std::string_view json);

}  // namespace gsd
