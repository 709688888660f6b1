// The files of an attempt: its folder is the user's own, and what stands in it may have been put there by an
// agent.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/support.h"

namespace gsd {

// Writes a file that only the user can read (0600), in place of whatever had its name; follows no link.
Status WritePrivateFile(const std::filesystem::path& path, std::string_view bytes);

// The last lines of a text file, for a person or a model: at most `lines` and `bytes`, valid UTF-8 without
// control characters. "" when it cannot be read.
std::string ReadLastLines(const std::filesystem::path& path, size_t lines, size_t bytes);

// Removes a folder with its contents, also where an agent has taken its own permissions away; follows no
// link. What cannot be removed stays.
void RemoveFolder(const std::filesystem::path& folder);

// The environment of what works for a task: the user's with some variables set, without those by which a
// caller (a hook of git's) would lead git into another repository.
std::vector<std::string> TaskEnvironment(const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace gsd
