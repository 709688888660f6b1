#include "frontend/edits.h"

#include <algorithm>

namespace gsd {

std::string ApplyEdits(std::string_view text, std::vector<Edit> edits, size_t* dropped) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  std::string out;
  out.reserve(text.size() + edits.size() * 32);
  size_t done = 0;
  size_t skipped = 0;
  for (const Edit& edit : edits) {
    if (edit.span.begin < done || edit.span.end > text.size()) {
      ++skipped;
      continue;
    }
    out.append(text, done, edit.span.begin - done);
    out += edit.text;
    done = edit.span.end;
  }
  out.append(text, done, std::string_view::npos);
  if (dropped != nullptr) *dropped = skipped;
  return out;
}

}  // namespace gsd
