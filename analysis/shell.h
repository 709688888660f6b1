// The shell commands in a plan, taken apart as far as a linter needs it: simple commands, their words and
// redirections, and how they are joined. Tolerant, linear, and nothing is ever executed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gsd {

// One word without its quotes. Offsets here and below are bytes in the text that was parsed.
struct ShellWord {
  std::string text;
  uint32_t begin = 0, end = 0;
  bool quoted = false;    // some of it stood in quotes
  bool expanded = false;  // has a $ or a `…` that the shell would replace; `text` has it as it is written
};

// `2>/dev/null`: op "2>", target "/dev/null".
struct ShellRedirect {
  std::string op;
  ShellWord target;
};

// What stands between a command and the one before it.
enum class ShellJoin : uint8_t { kFirst, kSemicolon, kNewline, kAnd, kOr, kPipe, kBackground };

struct ShellScript;

// A simple command. Groups, `( … )` and `{ …; }`, are counted: `opens` begin right before it, `closes` end
// right behind it. `join` belongs to the outermost group that opens here.
struct ShellCommand {
  ShellJoin join = ShellJoin::kFirst;
  bool negated = false;
  bool background = false;  // in a list that ends in `&`
  uint32_t opens = 0, closes = 0;
  uint32_t begin = 0, end = 0;
  std::vector<ShellWord> words;
  std::vector<ShellRedirect> redirects;
  std::vector<ShellScript> substitutions;  // of $(…), `…` and <(…) in its words, in order

  // The word at `index`, or "".
  std::string_view Word(size_t index) const {
    return index < words.size() ? std::string_view(words[index].text) : std::string_view();
  }
};

struct ShellScript {
  std::vector<ShellCommand> commands;
  bool compound = false;  // has if, for, while, case, a function or a here-document
  bool complete = true;   // every quote and group is closed
};

// `&amp;`, `&lt;` and `&gt;`, which one plan in twelve writes in commands, are read as what they stand for.
ShellScript ParseShell(std::string_view text);

// Calls `visit` for every simple command, those of substitutions behind the command that has them.
void ForEachCommand(const ShellScript& script, const std::function<void(const ShellCommand&)>& visit);

// Where the program's own name stands in `command.words`, behind assignments and behind programs that only
// start another: `env`, `time`, `npx`, `pnpm exec`, `uv run`. The size of `words` when there is none.
size_t ProgramIndex(const ShellCommand& command);

}  // namespace gsd
