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

// EscapedLine as text of Markdown (GitHub's): nothing in it is HTML, markup, an entity or a table's column.
// What an ordinary name holds stays as it is: user_profile, a-b, "it's".
std::string MarkdownLine(std::string_view text);
// EscapedLine between backticks, more of them than the text has in a row. Not for tables: | stays.
std::string MarkdownCode(std::string_view text);

// The byte as XML and HTML have it in an element and between double quotes: & < > " as entities.
void AppendEntity(char c, std::string& out);

}  // namespace gsd
