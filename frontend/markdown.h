// What CommonMark says of a plan's text: its headings. Only asked for plans that have no tasks.
#pragma once

#include <string>
#include <vector>

#include "frontend/source_file.h"

namespace gsd {

struct Heading {
  int level = 1;     // 1..6
  std::string text;  // without markup
  Span span;         // its first line
};

// The headings from byte `begin` on, in order; at most `limit` of them.
std::vector<Heading> ParseHeadings(const SourceFile& file, uint32_t begin, size_t limit);

}  // namespace gsd
