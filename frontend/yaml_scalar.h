// The scalars of YAML that need decoding. Internal to frontend/.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace gsd {

// The text of a quoted scalar, quotes included in `raw`. A view into `raw` when nothing needs decoding, else
// into `decoded`. `good` becomes false at an unknown escape, which stays as it is.
std::string_view DecodeQuoted(std::string_view raw, std::deque<std::string>& decoded, bool& good);

// A scalar after | or >.
struct BlockScalar {
  bool valid = true;
  bool folded = false;
  std::string text;
  size_t end = 0;        // behind its last byte
  size_t next_line = 0;  // where the next entry begins
};

// Reads the block scalar whose | or > stands at `at`; `indent` is the column of the entry that it belongs to.
BlockScalar ReadBlock(std::string_view text, size_t at, int indent);

}  // namespace gsd
