// UTF-8, as far as a compiler needs it: is it valid, and how many characters stand before a byte.
#pragma once

#include <cstddef>
#include <string_view>

namespace gsd {

// Length (1..4) of the valid UTF-8 sequence that `text` begins with; 0 when it is not valid or empty.
size_t Utf8SequenceLength(std::string_view text);

// The code point of one valid sequence.
char32_t DecodeUtf8(std::string_view sequence);

// Offset of the first byte that is not valid UTF-8 or is NUL; npos when there is none.
size_t FindInvalidUtf8(std::string_view text);

// Number of code points; an invalid byte counts as one.
size_t CountCodePoints(std::string_view text);

}  // namespace gsd
