// Which text of a task is run to verify it.
#pragma once

#include <vector>

#include "analysis/shell.h"
#include "frontend/ast.h"

namespace gsd {

// One command line, or the lines of one fence.
struct VerifyCommand {
  Span span;
  ShellScript script;

  Span Of(uint32_t begin, uint32_t end) const { return {span.file, span.begin + begin, span.begin + end}; }
  Span Of(const ShellWord& word) const { return Of(word.begin, word.end); }
  Span Of(const ShellCommand& command) const { return Of(command.begin, command.end); }
};

// The <automated> elements; in a <verify> without any, its shell fences, its lines that begin with `$ `, and
// the whole of it when every line is plainly a command. Prose is never taken for one.
std::vector<VerifyCommand> VerifyCommands(const SourceFile& file, const Task& task);

// `<automated>MISSING — …</automated>`: there is no command yet.
bool IsMissingSentinel(std::string_view automated);

}  // namespace gsd
