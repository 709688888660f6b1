#include "analysis/complexity.h"

#include <algorithm>
#include <cmath>

#include "analysis/complexity_profiles.h"

namespace gsd {

namespace {

// Words that plans use in place of a number, as the middle of the band that they name.
std::optional<int> BandScore(std::string_view word) {
  struct Band {
    std::string_view word;
    int score;
  };
  static constexpr Band kBands[] = {{"trivial", 2}, {"simple", 3},    {"low", 3},    {"easy", 3},
                                    {"small", 3},   {"standard", 5},  {"medium", 5}, {"moderate", 5},
                                    {"normal", 5},  {"complex", 8},   {"high", 8},   {"hard", 8},
                                    {"large", 8},   {"critical", 10}, {"novel", 10}};
  for (const Band& band : kBands) {
    if (EqualsIgnoreCase(word, band.word)) return band.score;
  }
  return std::nullopt;
}

}  // namespace

std::string_view RawBody(const SourceFile& file, const Task& task, Tag tag) {
  const Element* element = FindElement(task, tag);
  return element == nullptr ? std::string_view() : file.Slice(element->body);
}

double Complexity::total() const {
  double total = start;
  for (const ComplexitySignal& signal : signals) total += signal.weight;
  return total;
}

Complexity EvaluateComplexity(const SourceFile& file, const Task& task, ScoringProfile profile,
                              Matching matching) {
  Complexity complexity;
  if (profile == ScoringProfile::kDocument) {
    complexity.start = kDocumentStart;
    complexity.signals = DocumentSignals(file, task, matching);
  } else {
    complexity.start = kCalibratedStart;
    complexity.signals = CalibratedSignals(file, task);
  }
  complexity.computed = std::clamp(static_cast<int>(std::floor(complexity.total() + 0.5)), 1, 10);
  if (const Attribute* attribute = FindAttribute(task, "estimated-complexity")) {
    const std::string_view value = Trim(attribute->value);
    complexity.declared_by = attribute;
    const auto number = ParseInt(value);
    if (number && *number >= 1 && *number <= 10) complexity.declared = static_cast<int>(*number);
    if (!number) complexity.declared = BandScore(value);
  }
  return complexity;
}

}  // namespace gsd
