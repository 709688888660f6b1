// Text from a plan in a line that a program reads, or a person or an agent trusts: nothing in it can end the
// line, act on a terminal, hide, or reorder what is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gsd {

// Line breaks, tabs and controls become \n \r \t \xNN; characters that are invisible or reorder text, and
// noncharacters, become \u{N}; what is no UTF-8 becomes U+FFFD. What is left is text in every format, XML 1.0
// too. From `limit` bytes on, "…" stands for the rest.
std::string EscapedLine(std::string_view text, size_t limit = std::string_view::npos);

// The same between double quotes, with \" and \\, so that it can be read back; what is left out is counted.
std::string QuotedLine(std::string_view text, size_t limit);

// The byte as XML and HTML have it in an element and between double quotes: & < > " as entities.
void AppendEntity(char c, std::string& out);

}  // namespace gsd
