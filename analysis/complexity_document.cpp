// The scorer of part 4.1: indicators, each with the texts it reads, the words that fire it, the words that
// keep it from firing, and its weight. Two ways of matching share the table: `substring` is the document's
// code; `words` takes whole words and their inflections outside code, so that `add` does not match `address`.
#include <algorithm>
#include <array>

#include "analysis/complexity_profiles.h"
#include "analysis/complexity_words.h"

namespace gsd {

namespace {

// The words that matter, anywhere.
enum Word : uint8_t {
  kRead,
  kUnderstand,
  kReview,
  kImplement,
  kAdd,
  kComplex,
  kStateManagement,
  kArchitecture,
  kDesign,
  kPattern,
  kLargeScale,
  kRefactor,
  kNewService,
  kNewTable,
  kNewLayer,
  kResearch,
  kInvestigate,
  kValidate,
  kSecurity,
  kPerformanceOptimization,
  kFix,
  kRegex,
  kAlgorithm,
  kWordCount
};

constexpr std::array<WordRow, kWordCount> kRows = {{
    {"read", true, kRead},
    {"understand", true, kUnderstand},
    {"review", true, kReview},
    {"implement", true, kImplement},
    {"add", true, kAdd},
    {"complex", false, kComplex},
    {"state management", false, kStateManagement},
    {"architecture", false, kArchitecture},
    {"design", true, kDesign},
    {"pattern", true, kPattern},
    {"large-scale", false, kLargeScale},
    {"refactor", true, kRefactor},
    {"new service", true, kNewService},
    {"new table", true, kNewTable},
    {"new layer", true, kNewLayer},
    {"research", true, kResearch},
    {"investigate", true, kInvestigate},
    {"validate", true, kValidate},
    {"security", false, kSecurity},
    {"performance optimization", false, kPerformanceOptimization},
    {"fix", true, kFix},
    {"regex", false, kRegex},
    {"algorithm", true, kAlgorithm},
}};
constexpr WordTable kTable(kRows);

FoundWords FindSubstrings(std::string_view text) {
  FoundWords found;
  const std::string lower = ToLower(text);
  for (const WordRow& row : kRows) {
    const size_t at = lower.find(row.text);
    if (at != std::string::npos) found.groups[row.group].push_back(text.substr(at, row.text.size()));
  }
  return found;
}

FoundWords Find(std::string_view text, Matching matching) {
  if (matching == Matching::kSubstring) return FindSubstrings(text);
  FoundWords found;
  FindWords(text, kTable, found);
  return found;
}

}  // namespace

std::vector<ComplexitySignal> DocumentSignals(const SourceFile& file, const Task& task, Matching matching) {
  // A name in an attribute may have been decoded and then points elsewhere: take the bytes of the file.
  const auto name = Find(file.Slice(task.name.span), matching).groups;
  const auto action = Find(RawBody(file, task, Tag::kAction), matching).groups;
  const auto done = Find(RawBody(file, task, Tag::kDone), matching).groups;
  // The document counts commas; lists of one file a line have none.
  const std::string_view files = RawBody(file, task, Tag::kFiles);
  const auto commas = static_cast<size_t>(std::count(files.begin(), files.end(), ','));
  const size_t file_count =
      matching == Matching::kSubstring ? commas + 1 : std::max<size_t>(1, task.files.size());

  std::vector<ComplexitySignal> signals;
  const auto fire = [&](std::string_view signal, double weight, const auto& spans,
                        std::initializer_list<Word> words) {
    ComplexitySignal fired{signal, weight, {}};
    for (const Word word : words) {
      for (const std::string_view match : spans[word]) fired.words.push_back({match, file.SpanOf(match)});
    }
    if (!fired.words.empty()) signals.push_back(std::move(fired));
  };

  if (action[kImplement].empty()) fire("file-read", -2, action, {kRead, kUnderstand, kReview});
  if (file_count == 1 && done[kRegex].empty() && done[kAlgorithm].empty())
    fire("simple-fix", -2, name, {kFix});
  if (action[kComplex].empty() && action[kStateManagement].empty())
    fire("straightforward", -1, action, {kAdd});
  if (action[kLargeScale].empty()) {
    fire("architecture", 3, action, {kArchitecture, kDesign, kPattern, kNewService, kNewTable, kNewLayer});
  } else {
    fire("architecture", 3, action,
         {kArchitecture, kDesign, kPattern, kRefactor, kNewService, kNewTable, kNewLayer});
  }
  if (file_count > 2) fire("complex-refactoring", 2, name, {kRefactor});
  fire("novel-problem", 2, action, {kResearch, kInvestigate, kValidate, kSecurity, kPerformanceOptimization});
  return signals;
}

}  // namespace gsd
