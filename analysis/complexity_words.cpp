#include "analysis/complexity_words.h"

#include <algorithm>

namespace gsd {

namespace {

bool Inflects(std::string_view word, std::string_view base, bool inflected) {
  if (word.size() < 3 || ToLower(word[2]) != base[2]) return false;  // settles most
  if (EqualsIgnoreCase(word, base)) return true;
  if (!inflected) return false;
  const std::string_view stem = base.back() == 'e' ? base.substr(0, base.size() - 1) : base;
  if (word.size() <= stem.size() || !EqualsIgnoreCase(word.substr(0, stem.size()), stem)) return false;
  const std::string_view ending = word.substr(stem.size());
  for (const std::string_view known : {"s", "es", "ed", "ing"}) {
    if (EqualsIgnoreCase(ending, known)) return true;
  }
  return false;
}

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

class WordFinder {
 public:
  WordFinder(std::string_view text, const WordTable& table, FoundWords& found)
      : text_(text), table_(table), found_(found) {}

  void Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (ClassAt(at_) == kLetter) {
        ReadWord();
      } else if (c == '`') {
        SkipCode();
      } else if (IsDigit(c)) {
        ReadNumber();
      } else {
        ++at_;
      }
    }
  }

 private:
  CharClass ClassAt(size_t at) const { return kClasses[static_cast<unsigned char>(text_[at])]; }

  void ReadWord() {
    const size_t begin = at_;
    // Nearly every word is passed over here.
    const bool may_match = text_.size() - begin >= 3 && table_.MayBegin(text_.data() + begin);
    size_t dash = 0;
    for (++at_; at_ < text_.size(); ++at_) {
      const CharClass what = ClassAt(at_);
      if (what == kOther) break;
      if (what != kDash) continue;
      if (at_ + 1 == text_.size() || ClassAt(at_ + 1) != kLetter) break;
      if (dash == 0) dash = at_;
    }
    if (!may_match) return;
    // "large-scale" is one word, "read-only" begins with one.
    if (!Match(begin, at_) && dash != 0) Match(begin, dash);
  }

  // "3.", "3)" or "3:" at the beginning of a line, behind blanks, asterisks or the word Step.
  void ReadNumber() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    if (at_ == text_.size() || !kStepEnds.Has(text_[at_])) return;
    size_t line = begin;
    while (line > 0 && kStepMarks.Has(text_[line - 1])) --line;
    if (line >= 4 && EqualsIgnoreCase(text_.substr(line - 4, 4), "step")) line -= 4;
    while (line > 0 && kStepMarks.Has(text_[line - 1])) --line;
    if (line == 0 || text_[line - 1] == '\n') found_.steps.push_back(text_.substr(begin, at_ - begin));
  }

  void SkipCode() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] == '`') ++at_;
    const size_t length = at_ - begin;
    // A block runs to its closing fence, inline code to the end of its line at most.
    if (length >= 3) {
      const size_t close = text_.find("```", at_);
      if (close == std::string_view::npos) return;
      if (found_.first_fence.empty())
        found_.first_fence = Trim(text_.substr(begin, text_.find('\n', begin) - begin));
      at_ = close + 3;
      return;
    }
    if (line_end_ < at_) line_end_ = std::min(text_.find('\n', at_), text_.size());
    const size_t close = text_.substr(0, line_end_).find(text_.substr(begin, length), at_);
    if (close != std::string_view::npos) at_ = close + length;
  }

  bool Match(size_t begin, size_t end) {
    bool matched = false;
    for (const uint8_t place : table_.Places(text_[begin])) {
      const WordRow& row = table_.At(place);
      const size_t match = MatchRow(row, table_.FirstWordSize(place), begin, end);
      if (match == 0) continue;
      matched = true;
      auto& group = found_.groups[row.group];
      if (group.size() < kMostWords) group.push_back(text_.substr(begin, match - begin));
    }
    return matched;
  }

  // Where the match ends, or 0. `first`: the size of the row's first word.
  size_t MatchRow(const WordRow& row, size_t first, size_t begin, size_t end) const {
    const std::string_view word = text_.substr(begin, end - begin);
    if (first == row.text.size()) return Inflects(word, row.text, row.inflected) ? end : 0;
    if (!EqualsIgnoreCase(word, row.text.substr(0, first))) return 0;
    size_t next = end;
    while (next < text_.size() && IsSpace(text_[next])) ++next;
    size_t stop = next;
    while (stop < text_.size() && IsAlpha(text_[stop])) ++stop;
    const bool matches =
        next > end && Inflects(text_.substr(next, stop - next), row.text.substr(first + 1), row.inflected);
    return matches ? stop : 0;
  }

  static constexpr CharSet kStepEnds{".):"};
  static constexpr CharSet kStepMarks{" \t*#"};

  std::string_view text_;
  const WordTable& table_;
  FoundWords& found_;
  size_t at_ = 0;
  size_t line_end_ = 0;  // of the line of the last inline code
};

}  // namespace

void FindWords(std::string_view text, const WordTable& table, FoundWords& found) {
  WordFinder(text, table, found).Run();
}

}  // namespace gsd
