// Reading and writing whole files, so that a reader never sees half of one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "frontend/support.h"

namespace gsd {

// The bytes of a regular file of at most `limit` bytes. Never blocks on a pipe or a device.
Result<std::string> ReadWholeFile(const std::filesystem::path& path, size_t limit = size_t{1} << 32);

// Writes a temporary file beside `path`, brings it to the disk and renames it.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gsd
