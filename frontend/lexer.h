// The tags of a plan, in order: which `<…>` are the format's, and not code, comments or prose. Internal to
// frontend/.
#pragma once

#include <cstdint>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

// One tag of the vocabulary that is neither in a code fence, nor in inline code, nor in a closed HTML
// comment.
struct TagToken {
  Tag tag = Tag::kUnknown;
  bool is_close = false;
  bool at_line_start = false;  // only blanks before it on its line
  bool self_closing = false;
  bool other_case = false;      // <Task>
  uint32_t begin = 0, end = 0;  // from '<' to behind '>'
};

struct TokenStream {
  std::vector<TagToken> tokens;
  std::vector<SyntaxFact> facts;  // fences and comments that hide, or would hide, tasks
};

// Reads the bytes from `begin` to the end of the file.
TokenStream LexTags(const SourceFile& file, uint32_t begin);

// The attributes of an open tag that begins at `begin` ('<') and whose name ends at `name_end`. Appends to
// `attributes` (decoded values go to `decoded`) and returns the offset behind the closing '>'. A value whose
// quote never closes is cut at the end of its line and reported.
uint32_t LexAttributes(const SourceFile& file, uint32_t name_end, std::vector<Attribute>* attributes,
                       std::deque<std::string>* decoded, std::vector<SyntaxFact>* facts);

}  // namespace gsd
