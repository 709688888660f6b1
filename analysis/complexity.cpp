// The scorer of part 4.1: a table of indicators, each with the texts it reads, the words that fire it, the
// words that keep it from firing, and its weight. Two ways of matching share the table: `substring` is the
// document's code; `words` takes whole words and their inflections outside code, so that `add` does not match
// `address`.
#include "analysis/complexity.h"

#include <algorithm>
#include <array>

namespace gsd {

namespace {

// The words that matter, anywhere. A phrase is matched blank by blank.
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

struct WordRow {
  std::string_view text;
  bool verb;  // inflected: -s, -es, -ed, -d, -ing
};
constexpr std::array<WordRow, kWordCount> kWords = {{
    {"read", true},
    {"understand", true},
    {"review", true},
    {"implement", true},
    {"add", true},
    {"complex", false},
    {"state management", false},
    {"architecture", false},
    {"design", true},
    {"pattern", true},
    {"large-scale", false},
    {"refactor", true},
    {"new service", true},
    {"new table", true},
    {"new layer", true},
    {"research", true},
    {"investigate", true},
    {"validate", true},
    {"security", false},
    {"performance optimization", false},
    {"fix", true},
    {"regex", false},
    {"algorithm", true},
}};

using Spans = std::array<std::vector<std::string_view>, kWordCount>;
constexpr size_t kMostWords = 8;  // per word and text: enough to show why

// Whole words are compared in lower case; "validating" is "validate" without its e.
bool Inflects(std::string_view word, std::string_view base, bool verb) {
  const auto equal = [](std::string_view a, std::string_view b) { return EqualsIgnoreCase(a, b); };
  if (equal(word, base)) return true;
  if (!verb || word.size() <= base.size() - 1) return false;
  const bool ends_in_e = base.back() == 'e';
  const std::string_view stem = ends_in_e ? base.substr(0, base.size() - 1) : base;
  if (word.size() <= stem.size() || !equal(word.substr(0, stem.size()), stem)) return false;
  const std::string_view ending = word.substr(stem.size());
  for (const std::string_view known : {"s", "es", "ed", "ing"}) {
    if (equal(ending, known)) return true;
  }
  return false;
}

// Row numbers by the first letter of their word, and which pairs of letters begin a word at all: those settle
// nearly every word of a text.
struct FirstLetters {
  std::array<std::array<uint8_t, 6>, 26> rows{};
  std::array<uint8_t, 26> count{};
  std::array<bool, 26 * 26> pairs{};
};
constexpr FirstLetters MakeFirstLetters() {
  FirstLetters table;
  for (uint8_t w = 0; w < kWordCount; ++w) {
    const auto letter = static_cast<size_t>(kWords[w].text[0] - 'a');
    table.rows[letter][table.count[letter]++] = w;
    table.pairs[letter * 26 + static_cast<size_t>(kWords[w].text[1] - 'a')] = true;
  }
  return table;
}
constexpr FirstLetters kFirstLetters = MakeFirstLetters();

// What a byte can be in a word.
enum CharClass : uint8_t { kOther, kLetter, kInWord, kDash };
constexpr std::array<CharClass, 256> MakeClasses() {
  std::array<CharClass, 256> classes{};
  for (int c = 0; c < 128; ++c) {
    const char at = static_cast<char>(c);
    if (IsAlpha(at)) {
      classes[static_cast<size_t>(c)] = kLetter;
    } else if (IsWordChar(at)) {
      classes[static_cast<size_t>(c)] = kInWord;
    }
  }
  classes['-'] = kDash;
  return classes;
}
constexpr std::array<CharClass, 256> kClasses = MakeClasses();

// Records every word of the table in `text`, outside fences and inline code.
class WordFinder {
 public:
  explicit WordFinder(std::string_view text) : text_(text) {}

  Spans Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (ClassAt(at_) == kLetter) {
        ReadWord();
      } else if (c == '`') {
        SkipCode();
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  CharClass ClassAt(size_t at) const { return kClasses[static_cast<unsigned char>(text_[at])]; }

  void ReadWord() {
    const size_t begin = at_;
    size_t dash = 0;
    for (++at_; at_ < text_.size(); ++at_) {
      const CharClass what = ClassAt(at_);
      if (what == kOther) break;
      if (what != kDash) continue;
      if (at_ + 1 == text_.size() || ClassAt(at_ + 1) != kLetter) break;
      if (dash == 0) dash = at_;
    }
    if (at_ - begin < 2 || !BeginsAWord(begin)) return;
    Match(begin, at_);
    // "large-scale" is one word, "read-only" begins with one.
    if (dash != 0 && found_[kLargeScale].empty()) Match(begin, dash);
  }

  bool BeginsAWord(size_t at) const {
    if (ClassAt(at + 1) != kLetter) return false;
    const auto first = static_cast<size_t>(ToLower(text_[at]) - 'a');
    return kFirstLetters.pairs[first * 26 + static_cast<size_t>(ToLower(text_[at + 1]) - 'a')];
  }

  void SkipCode() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] == '`') ++at_;
    const size_t length = at_ - begin;
    // A fence runs to its closing fence, inline code to the end of its line at most.
    if (length >= 3) {
      const size_t close = text_.find("```", at_);
      if (close != std::string_view::npos) at_ = close + 3;
      return;
    }
    if (line_end_ < at_) line_end_ = std::min(text_.find('\n', at_), text_.size());
    const size_t close = text_.substr(0, line_end_).find(text_.substr(begin, length), at_);
    if (close != std::string_view::npos) at_ = close + length;
  }

  void Match(size_t begin, size_t end) {
    const auto letter = static_cast<size_t>(ToLower(text_[begin]) - 'a');
    for (size_t i = 0; i < kFirstLetters.count[letter]; ++i) {
      const uint8_t w = kFirstLetters.rows[letter][i];
      // The second letter settles most words.
      if (end - begin < 2 || ToLower(text_[begin + 1]) != kWords[w].text[1]) continue;
      const size_t match = MatchRow(kWords[w], begin, end);
      if (match != 0 && found_[w].size() < kMostWords)
        found_[w].push_back(text_.substr(begin, match - begin));
    }
  }

  // Where the match ends, or 0.
  size_t MatchRow(const WordRow& row, size_t begin, size_t end) const {
    const size_t blank = row.text.find(' ');
    if (blank == std::string_view::npos) {
      return Inflects(text_.substr(begin, end - begin), row.text, row.verb) ? end : 0;
    }
    if (!EqualsIgnoreCase(text_.substr(begin, end - begin), row.text.substr(0, blank))) return 0;
    size_t next = end;
    while (next < text_.size() && IsSpace(text_[next])) ++next;
    size_t stop = next;
    while (stop < text_.size() && IsAlpha(text_[stop])) ++stop;
    const bool matches =
        next > end && Inflects(text_.substr(next, stop - next), row.text.substr(blank + 1), row.verb);
    return matches ? stop : 0;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_end_ = 0;  // of the line of the last inline code
  Spans found_;
};

Spans FindSubstrings(std::string_view text, const std::string& lower) {
  Spans found;
  for (size_t w = 0; w < kWordCount; ++w) {
    const size_t at = lower.find(kWords[w].text);
    if (at != std::string::npos) found[w].push_back(text.substr(at, kWords[w].text.size()));
  }
  return found;
}

Spans Find(std::string_view text, Matching matching) {
  return matching == Matching::kWords ? WordFinder(text).Run() : FindSubstrings(text, ToLower(text));
}

}  // namespace

std::vector<ComplexitySignal> ScoreSignals(const ScoredText& text, Matching matching,
                                           const SourceFile* file) {
  const Spans action = Find(text.action, matching);
  const Spans name = Find(text.name, matching);
  const Spans done = Find(text.done, matching);

  std::vector<ComplexitySignal> signals;
  const auto fire = [&](std::string_view signal, int weight, const Spans& spans,
                        std::initializer_list<Word> words) {
    ComplexitySignal fired{signal, weight, {}};
    for (const Word word : words) {
      for (const std::string_view match : spans[word]) {
        fired.words.push_back({match, file == nullptr ? Span{} : file->SpanOf(match)});
      }
    }
    if (!fired.words.empty()) signals.push_back(std::move(fired));
  };

  if (action[kImplement].empty()) fire("file-read", -2, action, {kRead, kUnderstand, kReview});
  if (text.file_count == 1 && done[kRegex].empty() && done[kAlgorithm].empty())
    fire("simple-fix", -2, name, {kFix});
  if (action[kComplex].empty() && action[kStateManagement].empty())
    fire("straightforward", -1, action, {kAdd});
  if (action[kLargeScale].empty()) {
    fire("architecture", 3, action, {kArchitecture, kDesign, kPattern, kNewService, kNewTable, kNewLayer});
  } else {
    fire("architecture", 3, action,
         {kArchitecture, kDesign, kPattern, kRefactor, kNewService, kNewTable, kNewLayer});
  }
  if (text.file_count > 2) fire("complex-refactoring", 2, name, {kRefactor});
  fire("novel-problem", 2, action, {kResearch, kInvestigate, kValidate, kSecurity, kPerformanceOptimization});
  return signals;
}

int ScoreOf(const std::vector<ComplexitySignal>& signals) {
  int score = 5;
  for (const ComplexitySignal& signal : signals) score += signal.weight;
  return std::clamp(score, 1, 10);
}

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

std::string_view RawBody(const SourceFile& file, const Task& task, Tag tag) {
  const Element* element = FindElement(task, tag);
  return element == nullptr ? std::string_view() : file.Slice(element->body);
}

}  // namespace

Complexity EvaluateComplexity(const SourceFile& file, const Task& task, Matching matching) {
  Complexity complexity;
  // A name in an attribute may have been decoded and then points elsewhere: take the bytes of the file.
  const std::string_view name = file.Slice(task.name.span);
  // The document counts commas; lists of one file a line have none.
  const std::string_view files = RawBody(file, task, Tag::kFiles);
  const size_t commas = static_cast<size_t>(std::count(files.begin(), files.end(), ','));
  const size_t file_count =
      matching == Matching::kSubstring ? commas + 1 : std::max<size_t>(1, task.files.size());
  complexity.signals =
      ScoreSignals({name, RawBody(file, task, Tag::kAction), RawBody(file, task, Tag::kDone), file_count},
                   matching, &file);
  complexity.computed = ScoreOf(complexity.signals);
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
