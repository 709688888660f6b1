// gsdc init: what a project needs to have its plans checked.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gsd {

// Writes .gsdc.yaml and .pre-commit-config.yaml into the folder that is named (default: here). What is there
// already is left alone; what to add to it is said. Returns the exit code.
int InitMain(const std::vector<std::string>& args, std::FILE* out, std::FILE* err);

}  // namespace gsd
