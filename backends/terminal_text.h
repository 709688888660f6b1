// Text from a plan on a terminal: how wide it is there, and what may not reach it as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gsd {

// One character of a source as a terminal shows it.
struct ShownChar {
  size_t bytes = 1;       // how many bytes of the source it is
  int width = 1;          // columns: 0 combining, 2 wide
  std::string_view text;  // what is written; points into the source, to static text or into `buffer`
  char buffer[4] = {};    // "\xNN"
};

// Columns of a code point: 0 for combining marks and joiners, 2 for East Asian wide forms and emoji, else 1.
int CodePointWidth(char32_t code_point);

// The character that `rest` (not empty) begins with. Tabs are kTabWidth columns wherever they stand; controls
// become \xNN; invalid UTF-8 and characters that reorder text become U+FFFD.
inline constexpr int kTabWidth = 4;
void ReadShownChar(std::string_view rest, ShownChar& shown);

// Appends `text` on one line: line breaks and tabs become one blank, everything else as ReadShownChar.
void AppendShown(std::string& out, std::string_view text);

}  // namespace gsd
