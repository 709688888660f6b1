// Paths in running text. Internal to analysis/.
#pragma once

#include <array>
#include <string_view>

#include "frontend/support.h"

namespace gsd {

// Characters of a path or a word in running text.
inline bool IsPathChar(char c) {
  static constexpr std::array<bool, 256> kTable = [] {
    std::array<bool, 256> table{};
    for (size_t i = 0; i < table.size(); ++i) {
      const auto sign = static_cast<char>(i);
      table[i] = IsWordChar(sign) || std::string_view("./-@[]()+~$").find(sign) != std::string_view::npos;
    }
    return table;
  }();
  return kTable[static_cast<unsigned char>(c)];
}

// The word that the character at `at` is part of; it begins at `from` or later.
inline std::string_view PathWordAround(std::string_view text, size_t at, size_t from) {
  size_t begin = at;
  while (begin > from && IsPathChar(text[begin - 1])) --begin;
  while (at < text.size() && IsPathChar(text[at])) ++at;
  return text.substr(begin, at - begin);
}

// "src/a.ts." → "src/a.ts"; "(src/a.ts)" → "src/a.ts"; "app/(group)/a.ts" stays.
std::string_view StripPunctuation(std::string_view word);

// Calls `visit` with each word that may be a path: one with a slash or a dot in it, without its punctuation.
template <typename Visit>
void ForEachPathWord(std::string_view text, Visit visit) {
  constexpr CharSet kMarks("/.");
  for (size_t end = 0, at = 0; (at = kMarks.FindIn(text, end)) != std::string_view::npos;) {
    const std::string_view word = PathWordAround(text, at, end);
    end = static_cast<size_t>(word.data() - text.data()) + word.size();
    visit(StripPunctuation(word));
  }
}

}  // namespace gsd
