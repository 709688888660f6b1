// Line and column for many places: what the formats of diagnostics share.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analysis/plan_set.h"

namespace gsd {

// Answers as SourceFile::PositionOf, and quickly in any order: with all of a file on one long line, thousands
// of findings, labels and fixes would otherwise each count the line from its start.
class PositionCursor {
 public:
  Position At(const SourceFile& file, uint32_t offset);

 private:
  // Where a character begins, and how many there are before it in the file.
  struct Mark {
    uint32_t offset, characters;
  };
  uint32_t CharactersBefore(const SourceFile& file, uint32_t offset);

  std::unordered_map<const SourceFile*, std::vector<Mark>> marks_;  // of files with long lines
};

}  // namespace gsd
