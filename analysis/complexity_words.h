// Finds the words of a table in running text, in one pass. Internal to analysis/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/support.h"

namespace gsd {

inline constexpr size_t kWordGroups = 24;  // at most, of one table
inline constexpr size_t kMostWords = 8;    // kept per group: enough to show why

// A word of three letters or more, or two of them with a blank between; in lower case.
struct WordRow {
  std::string_view text;
  bool inflected;     // -s, -es, -ed, -d and -ing count, too: "validating" is "validate" without its e
  uint8_t group = 0;  // what a match is recorded as, below kWordGroups
};

inline constexpr size_t kMostRows = 255;

// Of each byte the number of the letter that it is, in either case; kNoLetter for all others.
inline constexpr uint8_t kLetters = 26, kNoLetter = 32;
constexpr std::array<uint8_t, 256> MakeLetterNumbers() {
  std::array<uint8_t, 256> numbers{};
  for (size_t c = 0; c < 256; ++c) {
    const char at = static_cast<char>(c);
    numbers[c] = c < 128 && IsAlpha(at) ? static_cast<uint8_t>(ToLower(at) - 'a') : kNoLetter;
  }
  return numbers;
}
inline constexpr std::array<uint8_t, 256> kLetterNumbers = MakeLetterNumbers();

// Rows, and what settles nearly every word of a text: the three letters that it begins with.
class WordTable {
 public:
  explicit constexpr WordTable(std::span<const WordRow> rows) : rows_(rows) {
    size_t next = 0;
    for (size_t letter = 0; letter < kLetters; ++letter) {
      begins_[letter] = next;
      for (size_t row = 0; row < rows.size(); ++row) {
        if (NumberOf(rows[row].text[0]) == letter) order_[next++] = static_cast<uint8_t>(row);
      }
    }
    begins_[kLetters] = next;
    for (size_t row = 0; row < rows.size(); ++row)
      first_words_[row] = static_cast<uint8_t>(std::min(rows[row].text.find(' '), rows[row].text.size()));
    for (const WordRow& row : rows) {
      const size_t begin = Beginning(NumberOf(row.text[0]), NumberOf(row.text[1]), NumberOf(row.text[2]));
      known_[begin / 64] |= uint64_t{1} << begin % 64;
    }
  }
  // The places of the rows that begin with that letter, in their order.
  std::span<const uint8_t> Places(char letter) const {
    const size_t number = NumberOf(letter);
    return std::span(order_).subspan(begins_[number], begins_[number + 1] - begins_[number]);
  }
  const WordRow& At(uint8_t place) const { return rows_[place]; }
  // Of its text, as long as its first word.
  size_t FirstWordSize(uint8_t place) const { return first_words_[place]; }
  // May one begin with these three bytes?
  bool MayBegin(const char* bytes) const {
    const size_t a = NumberOf(bytes[0]), b = NumberOf(bytes[1]), c = NumberOf(bytes[2]);
    if ((a | b | c) >= kNoLetter) return false;
    const size_t begin = Beginning(a, b, c);
    return (known_[begin / 64] >> begin % 64 & 1) != 0;
  }

 private:
  static constexpr size_t NumberOf(char c) { return kLetterNumbers[static_cast<unsigned char>(c)]; }
  static constexpr size_t Beginning(size_t a, size_t b, size_t c) {
    return (a * kLetters + b) * kLetters + c;
  }

  std::span<const WordRow> rows_;
  std::array<uint8_t, kMostRows> order_{};  // places of rows, by their first letters
  std::array<uint8_t, kMostRows> first_words_{};
  std::array<size_t, kLetters + 1> begins_{};  // where those of a letter begin in it
  std::array<uint64_t, kLetters * kLetters * kLetters / 64 + 1> known_{};
};

struct FoundWords {
  std::array<std::vector<std::string_view>, kWordGroups> groups;
  std::string_view first_fence;         // the opening line of the first code block
  std::vector<std::string_view> steps;  // the numbers of numbered lines: "3", all of them
};

// Adds what `text` has outside code blocks and inline code.
void FindWords(std::string_view text, const WordTable& table, FoundWords& found);

}  // namespace gsd
