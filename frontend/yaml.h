// Front matter: the YAML that plans use, read without loss. Scalars keep their raw text (`01` stays "01",
// `22.10` stays "22.10"), every key and value has its span, comments are skipped, aliases are never expanded.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/source_file.h"

namespace gsd {

enum class YamlKind : uint8_t { kNull, kScalar, kSequence, kMapping };
enum class YamlStyle : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded, kFlow, kBlock };

// One node of the tree; children are a linked list of indices into YamlDocument::nodes.
struct YamlNode {
  YamlKind kind = YamlKind::kNull;
  YamlStyle style = YamlStyle::kPlain;
  Span key_span;                       // in a mapping; empty elsewhere
  std::string_view key;                // decoded
  Span span;                           // of the value, quotes and brackets included
  std::string_view text;               // a scalar's decoded text; a null's raw spelling ("", "~", "null")
  uint32_t first_child = 0, next = 0;  // 0: none (node 0 is the root and nobody's child)
};

// A line that is not YAML as we or yaml-cpp read it. Reading goes on after it.
struct YamlProblem {
  Span span;
  std::string message;
};

struct YamlDocument {
  std::vector<YamlNode> nodes;  // nodes[0] is the root mapping
  std::vector<YamlProblem> problems;
  std::deque<std::string> decoded;  // what the views of decoded scalars point to

  const YamlNode& root() const { return nodes[0]; }
  // The value of `key` in `mapping`, or nullptr. With duplicate keys the last one counts.
  const YamlNode* Find(const YamlNode& mapping, std::string_view key) const;
  std::vector<const YamlNode*> Children(const YamlNode& node) const;
};

// Reads `region` of the file, which must be the lines between the `---`. Never throws, never recurses.
YamlDocument ParseYaml(const SourceFile& file, Span region);

}  // namespace gsd
