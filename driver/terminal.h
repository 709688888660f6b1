// What both programs do alike at a terminal.
#pragma once

#include <cstdio>

namespace gsd {

enum class ColorMode { kAuto, kAlways, kNever };

// Auto: NO_COLOR says no, CLICOLOR_FORCE says yes, else a terminal gets colour and a pipe does not.
bool UseColor(ColorMode mode, std::FILE* stream);

}  // namespace gsd
