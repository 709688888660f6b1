// Finds the words of a table in running text, in one pass. Internal to analysis/.
#pragma once

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

// Rows, and what settles nearly every word of a text: the three letters that it begins with.
class WordTable {
 public:
  explicit constexpr WordTable(std::span<const WordRow> rows) : rows_(rows) {
    for (const WordRow& row : rows) {
      const size_t begin = Beginning(row.text);
      known_[begin / 64] |= uint64_t{1} << begin % 64;
    }
  }
  std::span<const WordRow> rows() const { return rows_; }
  // `letters` begins with three letters.
  bool MayBegin(std::string_view letters) const {
    const size_t begin = Beginning(letters);
    return (known_[begin / 64] >> begin % 64 & 1) != 0;
  }

 private:
  static constexpr size_t Beginning(std::string_view word) {
    size_t number = 0;
    for (size_t i = 0; i < 3; ++i) number = number * 26 + static_cast<size_t>(ToLower(word[i]) - 'a');
    return number;
  }

  std::span<const WordRow> rows_;
  std::array<uint64_t, 26 * 26 * 26 / 64 + 1> known_{};
};

struct FoundWords {
  std::array<std::vector<std::string_view>, kWordGroups> groups;
  std::string_view first_fence;         // the opening line of the first code block
  std::vector<std::string_view> steps;  // the numbers of numbered lines: "3", all of them
};

// Adds what `text` has outside code blocks and inline code.
void FindWords(std::string_view text, const WordTable& table, FoundWords& found);

}  // namespace gsd
