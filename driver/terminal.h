// What both programs do alike at a terminal.
#pragma once

#include <cstdio>
#include <string_view>

namespace gsd {

enum class ColorMode { kAuto, kAlways, kNever };

// Auto: NO_COLOR says no, CLICOLOR_FORCE says yes, else a terminal gets colour and a pipe does not.
bool UseColor(ColorMode mode, std::FILE* stream);

// Of the terminal that `stream` is; 0 when it is none, or does not say.
int TerminalColumns(std::FILE* stream);

// Writes and goes on whatever happens: a terminal that has gone away must not change what a program does.
// Whoever needs to know asks ferror.
void Print(std::FILE* stream, std::string_view text);

// Everything that was printed has arrived.
bool FlushOutput(std::FILE* stream);

}  // namespace gsd
