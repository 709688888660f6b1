// The wrapper of cmark-gfm: the only file that includes it.
#include "frontend/markdown.h"

#include <cmark-gfm.h>

#include <memory>

namespace gsd {

namespace {

// The text and code inside a node.
std::string PlainText(cmark_node* node) {
  std::string text;
  const std::unique_ptr<cmark_iter, void (*)(cmark_iter*)> iterator(cmark_iter_new(node), cmark_iter_free);
  for (cmark_event_type event; (event = cmark_iter_next(iterator.get())) != CMARK_EVENT_DONE;) {
    cmark_node* at = cmark_iter_get_node(iterator.get());
    const cmark_node_type type = cmark_node_get_type(at);
    if (event != CMARK_EVENT_ENTER || (type != CMARK_NODE_TEXT && type != CMARK_NODE_CODE)) continue;
    if (const char* literal = cmark_node_get_literal(at)) text += literal;
  }
  return text;
}

}  // namespace

std::vector<Heading> ParseHeadings(const SourceFile& file, uint32_t begin, size_t limit) {
  // cmark is not linear on every input; a plan that is larger than this has no headings worth reading.
  constexpr size_t kLargest = size_t{1} << 20;
  std::vector<Heading> headings;
  const std::string_view text = file.text().substr(begin);
  if (text.size() > kLargest) return headings;
  const std::unique_ptr<cmark_node, void (*)(cmark_node*)> document(
      cmark_parse_document(text.data(), text.size(), CMARK_OPT_DEFAULT), cmark_node_free);
  const uint32_t first_line = file.PositionOf(begin).line;
  for (cmark_node* node = cmark_node_first_child(document.get()); node != nullptr && headings.size() < limit;
       node = cmark_node_next(node)) {
    if (cmark_node_get_type(node) != CMARK_NODE_HEADING) continue;
    const uint32_t line = first_line + static_cast<uint32_t>(cmark_node_get_start_line(node)) - 1;
    if (line > file.LineCount()) break;
    headings.push_back(
        {cmark_node_get_heading_level(node), PlainText(node), file.SpanOf(Trim(file.Line(line)))});
  }
  return headings;
}

}  // namespace gsd
