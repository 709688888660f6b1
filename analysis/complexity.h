// How hard a task is, 1..10, by the six indicators of part 4.1 of the design document.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

// Words: whole words and their inflections, outside code (`add` does not match `address`).
// Substring: the document's code to the letter, tested against the oracle.
enum class Matching : uint8_t { kWords, kSubstring };

// An indicator that fired, and what fired it.
struct ComplexitySignal {
  std::string_view
      name;  // file-read, simple-fix, straightforward, architecture, complex-refactoring, novel-problem
  int weight = 0;
  std::vector<Located<std::string_view>> words;
};

struct Complexity {
  int computed = 5;                        // 5 + weights, clamped to 1..10
  std::optional<int> declared;             // estimated-complexity, when it is a number in 1..10 or a band
  const Attribute* declared_by = nullptr;  // estimated-complexity=, whatever its value
  std::vector<ComplexitySignal> signals;
  int score() const { return declared.value_or(computed); }
};

// What the document's scorer looks at.
struct ScoredText {
  std::string_view name, action, done;
  size_t file_count = 1;  // in <files>
};
// The pure scorer. `file` is what the views point into, for spans; without it spans are empty.
std::vector<ComplexitySignal> ScoreSignals(const ScoredText& text, Matching matching, const SourceFile* file);
int ScoreOf(const std::vector<ComplexitySignal>& signals);

Complexity EvaluateComplexity(const SourceFile& file, const Task& task, Matching matching);

}  // namespace gsd
