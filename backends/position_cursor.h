// Line and column for many places, asked mostly in order: what the formats of diagnostics share.
#pragma once

#include <cstdint>

#include "analysis/plan_set.h"

namespace gsd {

// Answers as SourceFile::PositionOf, but starts counting at the last answer when that is on the same line:
// with all of a file on one long line, thousands of findings would otherwise each count the line from its
// start.
class PositionCursor {
 public:
  Position At(const SourceFile& file, uint32_t offset);

 private:
  const SourceFile* file_ = nullptr;
  uint32_t offset_ = 0, line_begin_ = 0, line_end_ = 0;
  Position position_;
};

}  // namespace gsd
