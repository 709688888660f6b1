// A reader for the YAML of front matter: block mappings and sequences, flow collections, every scalar style,
// comments. It exists beside yaml-cpp because it keeps raw scalars and spans and is an order of magnitude
// faster; yaml-cpp is the judge: whenever this reader meets something that it does not take for plain YAML,
// yaml-cpp reads the same bytes and decides whether they are an error (yaml_check.cpp). The whole corpus is
// read by both in a test.
#include "frontend/yaml.h"

#include <algorithm>

#include "frontend/yaml_check.h"
#include "frontend/yaml_scalar.h"

namespace gsd {

const YamlNode* YamlDocument::Find(const YamlNode& mapping, std::string_view key) const {
  const YamlNode* found = nullptr;
  for (uint32_t i = mapping.first_child; i != 0; i = nodes[i].next) {
    if (nodes[i].key == key) found = &nodes[i];
  }
  return found;
}

std::vector<const YamlNode*> YamlDocument::Children(const YamlNode& node) const {
  std::vector<const YamlNode*> children;
  for (uint32_t i = node.first_child; i != 0; i = nodes[i].next) children.push_back(&nodes[i]);
  return children;
}

namespace {

class YamlReader {
 public:
  YamlReader(const SourceFile& file, Span region)
      : file_(file), text_(file.text().substr(0, region.end)), at_(region.begin), region_(region) {
    YamlNode root;
    root.kind = YamlKind::kMapping;
    root.style = YamlStyle::kBlock;
    root.span = region;
    document_.nodes.push_back(root);
    open_.push_back({0, 0, 0, -1, YamlKind::kMapping});
  }

  YamlDocument Run() {
    while (at_ < text_.size()) ReadLine();
    if (doubtful_) {
      const std::vector<YamlProblem> ours = document_.problems;
      CheckWithYamlCpp(file_, region_, document_.problems);
      if (document_.problems.empty() && certain_) document_.problems = ours;
    }
    return std::move(document_);
  }

 private:
  // An open block collection. `pending` is its last child while that has no value yet.
  struct Open {
    uint32_t node, last_child, pending;
    int indent;  // column of its entries; -1: not known yet (the root before its first key)
    YamlKind kind;
  };

  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(text_[at_])) ++at_;
  }
  void SkipLine() {
    const size_t newline = text_.find('\n', at_);
    at_ = newline == std::string_view::npos ? text_.size() : newline + 1;
  }
  size_t LineEnd(size_t from) const {
    size_t end = std::min(text_.find('\n', from), text_.size());
    if (end > from && text_[end - 1] == '\r') --end;
    return end;
  }
  bool AtLineEnd() const { return AtEnd() || Peek() == '\n' || (Peek() == '\r' && Peek(1) == '\n'); }
  bool AtComment() const { return Peek() == '#' && (at_ == 0 || IsSpace(text_[at_ - 1])); }

  // A message says what is wrong; behind a semicolon, what to do about it.
  void Doubt(size_t begin, size_t end, std::string message) {
    doubtful_ = true;
    if (document_.problems.empty())
      document_.problems.push_back({file_.SpanFrom(begin, end), std::move(message)});
  }
  void DoubtBeginning(size_t begin, size_t end) {
    const char c = text_[begin];
    Doubt(begin, end,
          "a value may not begin with " + (c == '`' ? "a backtick" : std::string{'`', c, '`'}) +
              "; put the value in quotes");
  }

  // A mistake whatever yaml-cpp makes of it: it reads on over the end of the file, and stops at what it
  // cannot place.
  void Certain(size_t begin, size_t end, const char* message) {
    if (!certain_) document_.problems.clear();
    certain_ = true;
    Doubt(begin, end, message);
  }

  // ---- tree

  uint32_t AddChild(Open& parent, YamlNode node) {
    const auto index = static_cast<uint32_t>(document_.nodes.size());
    document_.nodes.push_back(std::move(node));
    if (parent.last_child == 0) {
      document_.nodes[parent.node].first_child = index;
    } else {
      document_.nodes[parent.last_child].next = index;
    }
    parent.last_child = index;
    return index;
  }

  YamlNode& Node(uint32_t index) { return document_.nodes[index]; }

  // Makes the top of the stack a collection of that kind whose entries stand at `indent`, opening one under
  // the pending entry if need be. False when the line does not fit there.
  bool Enter(YamlKind kind, int indent) {
    Open& top = open_.back();
    if (top.indent < 0) top.indent = indent;  // the root takes the column of its first key
    // "key:" followed by "- item" in the same column: the sequence belongs to the key.
    const bool item_under_key = kind == YamlKind::kSequence && top.kind == YamlKind::kMapping &&
                                top.indent == indent && top.pending != 0;
    if (top.indent == indent && top.kind == kind && !item_under_key) return true;
    if (top.pending != 0 && (indent > top.indent || item_under_key)) {
      const uint32_t node = top.pending;
      top.pending = 0;
      Node(node).kind = kind;
      Node(node).style = YamlStyle::kBlock;
      Node(node).span = file_.SpanFrom(at_, at_);
      open_.push_back({node, 0, 0, indent, kind});
      return true;
    }
    return false;
  }

  void CloseDownTo(int indent, bool item) {
    while (open_.size() > 1) {
      const Open& top = open_.back();
      const bool ends_list = top.kind == YamlKind::kSequence && top.indent == indent && !item;
      if (top.indent <= indent && !ends_list) break;
      Node(top.node).span.end = static_cast<uint32_t>(value_end_);
      open_.pop_back();
    }
    Node(open_.back().node).span.end = static_cast<uint32_t>(std::max<size_t>(value_end_, region_.begin));
  }

  // ---- lines

  void ReadLine() {
    const size_t line = at_;
    while (!AtEnd() && Peek() == ' ') ++at_;
    if (Peek() == '\t') {
      SkipBlanks();
      if (!AtLineEnd() && !AtComment()) Doubt(line, at_, "a tab indents this line; YAML wants spaces");
    }
    if (AtLineEnd() || Peek() == '#') return SkipLine();
    int indent = static_cast<int>(at_ - line);
    CloseDownTo(indent, IsItem());
    ReadEntries(line, indent);
  }

  bool IsItem() const { return Peek() == '-' && (IsSpace(Peek(1)) || at_ + 1 >= text_.size()); }

  // The entries that begin on one line: "- - key: value".
  void ReadEntries(size_t line, int indent) {
    while (true) {
      if (IsItem()) {
        if (!Enter(YamlKind::kSequence, indent)) return ReadMisfit();
        YamlNode item;
        item.span = file_.SpanFrom(at_, at_ + 1);
        open_.back().pending = AddChild(open_.back(), item);
        value_end_ = at_ + 1;
        ++at_;
        SkipBlanks();
        if (AtLineEnd() || AtComment()) return SkipLine();
        indent = static_cast<int>(at_ - line);
        continue;
      }
      const size_t colon = FindKeyEnd();
      if (colon == std::string_view::npos) return ReadScalarLine(line);
      if (!Enter(YamlKind::kMapping, indent)) return ReadMisfit();
      ReadKey(colon);
      SkipBlanks();
      if (AtLineEnd() || AtComment()) return SkipLine();
      return ReadValue(open_.back().pending, indent);
    }
  }

  // The ':' behind a key that begins here, or npos. A key is a quoted scalar or plain text on one line.
  size_t FindKeyEnd() const {
    size_t at = at_;
    const char first = Peek();
    if (first == '"' || first == '\'') {
      ++at;
      while (at < text_.size() && text_[at] != first && text_[at] != '\n')
        at += text_[at] == '\\' && first == '"' ? 2 : 1;
      if (at >= text_.size() || text_[at] != first) return std::string_view::npos;
      ++at;
      while (at < text_.size() && IsBlank(text_[at])) ++at;
      return at < text_.size() && text_[at] == ':' && (at + 1 >= text_.size() || IsSpace(text_[at + 1]))
                 ? at
                 : std::string_view::npos;
    }
    if (first == '[' || first == '{' || first == '|' || first == '>' || first == '`' || first == '@') {
      return std::string_view::npos;
    }
    for (; at < text_.size() && text_[at] != '\n'; ++at) {
      if (text_[at] == '#' && at > at_ && IsBlank(text_[at - 1])) return std::string_view::npos;
      if (text_[at] == ':' && (at + 1 >= text_.size() || IsSpace(text_[at + 1]))) return at;
    }
    return std::string_view::npos;
  }

  void ReadKey(size_t colon) {
    const std::string_view raw = Trim(text_.substr(at_, colon - at_));
    YamlNode node;
    node.key_span = file_.SpanOf(raw);
    node.key = raw;
    if (raw.size() >= 2 && (raw[0] == '"' || raw[0] == '\'')) {
      bool good = true;
      node.key = DecodeQuoted(raw, document_.decoded, good);
      if (!good) Doubt(at_, colon, "this key has an unknown escape");
    }
    node.span = file_.SpanFrom(colon + 1, colon + 1);
    Open& top = open_.back();
    top.pending = AddChild(top, node);
    at_ = colon + 1;
    value_end_ = at_;
  }

  // A line that is neither an item nor a key: the value of the pending entry, or more of a plain scalar.
  void ReadScalarLine(size_t line) {
    Open& top = open_.back();
    if (top.pending != 0 && static_cast<int>(at_ - line) > top.indent)
      return ReadValue(top.pending, top.indent);
    ReadMisfit();
  }

  // A line that fits nowhere.
  void ReadMisfit() {
    const size_t end = LineEnd(at_);
    if (open_.size() == 1 && IsItem()) {
      Certain(at_, end, "the front matter must be keys with values, not a list");
    } else {
      Doubt(at_, end, "this line is neither a key nor an item of the list above it");
    }
    SkipLine();
  }

  // ---- values

  void ReadValue(uint32_t node, int indent) {
    open_.back().pending = 0;
    while (Peek() == '!' || Peek() == '&') {  // a tag or an anchor means nothing here
      while (!AtEnd() && !IsSpace(Peek())) ++at_;
      SkipBlanks();
      if (AtLineEnd()) {
        open_.back().pending = node;
        return SkipLine();
      }
    }
    const size_t begin = at_;
    switch (Peek()) {
      case '"':
      case '\'':
        ReadQuoted(node);
        break;
      case '[':
      case '{':
        ReadFlow(node);
        break;
      case '|':
      case '>':
        return ReadBlockScalar(node, indent);
      case '`':
      case '@':
      case '%':
        DoubtBeginning(begin, PlainEnd(begin));
        return ReadPlain(node, indent);
      default:
        return ReadPlain(node, indent);
    }
    value_end_ = at_;
    SkipBlanks();
    if (!AtLineEnd() && !AtComment()) {
      const bool quoted = Node(node).kind == YamlKind::kScalar;
      Doubt(at_, PlainEnd(at_),
            quoted
                ? "text follows the closing quote; put the whole value in single quotes and double those in "
                  "it, or remove the text"
                : "text follows the closing bracket; put the whole value in quotes, or remove the text");
      // Most likely the quotes are part of a sentence: keep the whole line.
      if (quoted) {
        const size_t end = LineEnd(begin);
        const std::string_view whole = Trim(text_.substr(begin, end - begin));
        Node(node).text = whole;
        Node(node).style = YamlStyle::kPlain;
        Node(node).span = file_.SpanOf(whole);
        value_end_ = Node(node).span.end;
      }
    }
    SkipLine();
  }

  void ReadQuoted(uint32_t node) {
    const size_t begin = at_;
    const char quote = Peek();
    size_t end = begin + 1;
    while (end < text_.size()) {
      if (quote == '"' && text_[end] == '\\') {
        end += 2;
      } else if (text_[end] != quote) {
        ++end;
      } else if (quote == '\'' && end + 1 < text_.size() && text_[end + 1] == '\'') {
        end += 2;
      } else {
        break;
      }
    }
    if (end >= text_.size()) {
      Certain(begin, LineEnd(begin), "this quote is never closed");
      end = LineEnd(begin);
      SetScalar(node, begin, end, Trim(text_.substr(begin + 1, end > begin + 1 ? end - begin - 1 : 0)),
                YamlStyle::kPlain);
      at_ = end;
      return;
    }
    at_ = end + 1;
    bool good = true;
    const std::string_view decoded = DecodeQuoted(text_.substr(begin, at_ - begin), document_.decoded, good);
    if (!good)
      Doubt(begin, at_,
            "unknown escape in a double-quoted value; use single quotes, or double the backslash");
    SetScalar(node, begin, at_, decoded, quote == '"' ? YamlStyle::kDoubleQuoted : YamlStyle::kSingleQuoted);
  }

  void SetScalar(uint32_t index, size_t begin, size_t end, std::string_view text, YamlStyle style) {
    YamlNode& node = Node(index);
    const bool null = style == YamlStyle::kPlain && (text.empty() || text == "~" || text == "null");
    node.kind = null ? YamlKind::kNull : YamlKind::kScalar;
    node.style = style;
    node.span = file_.SpanFrom(begin, end);
    node.text = text;
  }

  // Where plain text that begins at `from` ends on its line: before a comment, without trailing blanks.
  size_t PlainEnd(size_t from) const {
    size_t end = LineEnd(from);
    for (size_t i = from + 1; i < end; ++i) {
      if (text_[i] == '#' && IsBlank(text_[i - 1])) {
        end = i;
        break;
      }
    }
    while (end > from && IsBlank(text_[end - 1])) --end;
    return end;
  }

  void ReadPlain(uint32_t node, int indent) {
    const size_t begin = at_;
    size_t end = PlainEnd(begin);
    const std::string_view first = text_.substr(begin, end - begin);
    if (first.find(": ") != std::string_view::npos || first.ends_with(':')) {
      Doubt(begin, end, "a colon in unquoted text; put the value in single quotes, and double those in it");
    }
    if (first.starts_with("*")) Doubt(begin, end, "an alias");
    at_ = end;
    const bool commented =
        LineEnd(begin) != end && Trim(text_.substr(end, LineEnd(begin) - end)).starts_with('#');
    SkipLine();
    std::string folded;
    if (!commented) ReadPlainContinuation(indent, first, folded, end);
    SetScalar(node, begin, end, folded.empty() ? first : document_.decoded.emplace_back(std::move(folded)),
              YamlStyle::kPlain);
    value_end_ = end;
  }

  // More lines of a plain scalar: deeper than the collection, folded into one.
  void ReadPlainContinuation(int indent, std::string_view first, std::string& folded, size_t& end) {
    size_t breaks = 0;
    while (!AtEnd()) {
      const size_t line = at_;
      size_t content = line;
      while (content < text_.size() && IsBlank(text_[content])) ++content;
      if (content >= text_.size() || text_[content] == '\n' || text_[content] == '\r') {
        const size_t before = at_;
        SkipLine();
        ++breaks;
        if (at_ == before) return;
        continue;
      }
      if (static_cast<int>(content - line) <= indent || text_[content] == '#') {
        at_ = line;
        return;
      }
      const size_t line_end = PlainEnd(content);
      const std::string_view piece = text_.substr(content, line_end - content);
      if (piece.find(": ") != std::string_view::npos || piece.ends_with(':')) {
        Doubt(content, line_end,
              "a colon in unquoted text; put the value in single quotes, and double those in it");
      }
      if (folded.empty()) folded = std::string(first);
      if (breaks == 0) {
        folded += ' ';
      } else {
        folded.append(breaks, '\n');
      }
      breaks = 0;
      folded += piece;
      end = line_end;
      at_ = line_end;
      SkipLine();
    }
  }

  void ReadBlockScalar(uint32_t node, int indent) {
    const size_t begin = at_;
    const BlockScalar scalar = ReadBlock(text_, at_, indent);
    if (!scalar.valid) Doubt(begin, LineEnd(begin), "unexpected text behind | or >");
    at_ = scalar.next_line;
    SetScalar(node, begin, scalar.end, document_.decoded.emplace_back(scalar.text),
              scalar.folded ? YamlStyle::kFolded : YamlStyle::kLiteral);
    value_end_ = scalar.end;
  }

  // ---- flow collections, on an explicit stack

  void ReadFlow(uint32_t node) {
    const size_t begin = at_;
    std::vector<Open> flow;
    const auto open = [&](uint32_t index) {
      const YamlKind kind = Peek() == '[' ? YamlKind::kSequence : YamlKind::kMapping;
      Node(index).kind = kind;
      Node(index).style = YamlStyle::kFlow;
      Node(index).span = file_.SpanFrom(at_, at_);
      flow.push_back({index, 0, 0, 0, kind});
      ++at_;
    };
    open(node);
    while (!flow.empty()) {
      while (!AtEnd() && (IsSpace(Peek()) || AtComment())) AtComment() ? SkipLine() : void(++at_);
      if (AtEnd()) {
        const size_t end = LineEnd(begin);
        Certain(begin, end, "this bracket is never closed");
        for (const Open& unclosed : flow) Node(unclosed.node).span.end = static_cast<uint32_t>(end);
        at_ = end;
        return;
      }
      const char c = Peek();
      if (c == ']' || c == '}') {
        if ((c == ']') != (flow.back().kind == YamlKind::kSequence))
          Doubt(at_, at_ + 1, "the wrong closing bracket");
        ++at_;
        Node(flow.back().node).span.end = static_cast<uint32_t>(at_);
        flow.pop_back();
        continue;
      }
      if (c == ',') {
        flow.back().pending = 0;
        ++at_;
        continue;
      }
      ReadFlowEntry(flow, open);
    }
  }

  template <typename OpenFlow>
  void ReadFlowEntry(std::vector<Open>& flow, const OpenFlow& open) {
    // A key of a mapping that still waits for its value takes what comes now.
    uint32_t target = flow.back().pending;
    flow.back().pending = 0;
    if (target == 0) {
      YamlNode entry;
      entry.span = file_.SpanFrom(at_, at_);
      target = AddChild(flow.back(), entry);
    }
    if (Peek() == '[' || Peek() == '{') return open(target);
    const size_t begin = at_;
    std::string_view text;
    YamlStyle style = YamlStyle::kPlain;
    if (Peek() == '"' || Peek() == '\'') {
      ReadQuoted(target);
      text = Node(target).text;
      style = Node(target).style;
    } else {
      size_t end = at_;
      while (end < text_.size() && text_[end] != ',' && text_[end] != ']' && text_[end] != '}' &&
             text_[end] != '\n' && text_[end] != '[' && text_[end] != '{' &&
             !(text_[end] == '#' && IsBlank(text_[end - 1])) &&
             !(text_[end] == ':' &&
               (end + 1 >= text_.size() || IsSpace(text_[end + 1]) || text_[end + 1] == ','))) {
        ++end;
      }
      if (end < text_.size() && (text_[end] == '[' || text_[end] == '{')) {
        Doubt(begin, end, "a bracket in unquoted text");
        ++end;
      }
      at_ = std::max(end, at_ + 1);
      text = Trim(text_.substr(begin, end - begin));
      if (text.starts_with('*') || text.starts_with('&') || text.starts_with('!') || text.starts_with('`') ||
          text.starts_with('@') || text.starts_with('%')) {
        DoubtBeginning(begin, end);
      }
      if (AtLineEnd()) Doubt(begin, end, "text over two lines in a list");  // legal; yaml-cpp decides
      if (text.find('?') != std::string_view::npos)
        Doubt(begin, end, "a question mark in unquoted text; put it in quotes");
      SetScalar(target, begin, begin + text.size(), text, style);
    }
    size_t colon = at_;
    while (colon < text_.size() && IsBlank(text_[colon])) ++colon;
    if (colon < text_.size() && text_[colon] == ':' && Node(target).key_span.size() == 0) {
      if (flow.back().kind != YamlKind::kMapping) target = WrapInMapping(target);  // `[a: b]` is `[{a: b}]`
      YamlNode& entry = Node(target);
      entry.key = text;
      entry.key_span = file_.SpanFrom(begin, at_);
      entry.kind = YamlKind::kNull;
      entry.text = {};
      entry.span = file_.SpanFrom(colon + 1, colon + 1);
      at_ = colon + 1;
      flow.back().pending = target;
    } else if (flow.back().kind == YamlKind::kMapping && Node(target).key_span.size() == 0) {
      // `{a, b}`: keys without values.
      Node(target).key = text;
      Node(target).key_span = file_.SpanFrom(begin, begin + text.size());
      Node(target).kind = YamlKind::kNull;
      Node(target).text = {};
    }
  }

  // Makes a mapping of the entry, with one child that takes its place; returns the child.
  uint32_t WrapInMapping(uint32_t entry) {
    const auto child = static_cast<uint32_t>(document_.nodes.size());
    document_.nodes.emplace_back();
    YamlNode& mapping = Node(entry);
    mapping.kind = YamlKind::kMapping;
    mapping.style = YamlStyle::kFlow;
    mapping.text = {};
    mapping.first_child = child;
    return child;
  }

  const SourceFile& file_;
  std::string_view text_;
  size_t at_;
  Span region_;
  YamlDocument document_;
  std::vector<Open> open_;
  size_t value_end_ = 0;
  bool doubtful_ = false, certain_ = false;
};

}  // namespace

YamlDocument ParseYaml(const SourceFile& file, Span region) { return YamlReader(file, region).Run(); }

}  // namespace gsd
