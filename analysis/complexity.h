// How hard a task is, 1..10: what its plan declares, and what its text looks like.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

// kDocument: the six indicators of part 4.1 of the design document.
// kCalibrated: signals with weights fitted to tasks that were labelled by reading (docs/complexity.md).
enum class ScoringProfile : uint8_t { kDocument, kCalibrated };
inline constexpr ScoringProfile kDefaultProfile = ScoringProfile::kCalibrated;
inline constexpr std::string_view kProfileNames[] = {"document", "calibrated"};  // by ScoringProfile

// How the profile kDocument looks for words. The other one always takes whole words.
// Words: whole words and their inflections, outside code (`add` does not match `address`).
// Substring: the document's code to the letter, tested against the oracle.
enum class Matching : uint8_t { kWords, kSubstring };

// A signal that fired, and what fired it: words, paths, the opening line of a code block.
struct ComplexitySignal {
  std::string_view name;  // such as architecture, parsing, code-given
  double weight = 0;      // points
  std::vector<Located<std::string_view>> words;
};

struct Complexity {
  double start = 5;                        // points before any signal
  int computed = 5;                        // start + weights, rounded half up, clamped to 1..10
  std::optional<int> declared;             // estimated-complexity, when it is a number in 1..10 or a band
  const Attribute* declared_by = nullptr;  // estimated-complexity=, whatever its value
  std::vector<ComplexitySignal> signals;
  int score() const { return declared.value_or(computed); }
  double total() const;  // before rounding and clamping
};

Complexity EvaluateComplexity(const SourceFile& file, const Task& task, ScoringProfile profile,
                              Matching matching);

// The calibrated profile, for people: every signal, its points and when it fires.
struct CalibratedSignal {
  std::string_view name;
  double points = 0;
  std::string_view when;
};
std::span<const CalibratedSignal> CalibratedTable();
extern const double kCalibratedStart;

}  // namespace gsd
