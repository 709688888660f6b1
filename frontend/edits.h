// Applying edits to a text: the bytes outside them stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/diagnostic.h"

namespace gsd {

// `text` with the edits done. They may come in any order and are sorted by position; insertions at the same
// place keep their order. An edit that overlaps an earlier one is dropped and counted in `dropped`, when
// given.
std::string ApplyEdits(std::string_view text, std::vector<Edit> edits, size_t* dropped = nullptr);

}  // namespace gsd
