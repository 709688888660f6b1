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

// "src/a.ts." → "src/a.ts"; "(src/a.ts)" → "src/a.ts"; "app/(group)/a.ts" stays.
std::string_view StripPunctuation(std::string_view word);

// Calls `visit` with each word that may be a path: one with a slash or a dot in it, without its punctuation.
template <typename Visit>
void ForEachPathWord(std::string_view text, Visit visit) {
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && !IsPathChar(text[at])) ++at;
    const size_t begin = at;
    bool path_like = false;
    for (; at < text.size() && IsPathChar(text[at]); ++at) path_like |= text[at] == '/' || text[at] == '.';
    if (path_like) visit(StripPunctuation(text.substr(begin, at - begin)));
  }
}

}  // namespace gsd
