// The attributes of one open tag. Written for what people write: any order, either quote or none, over
// several lines, a quote that is never closed.
#include <algorithm>

#include "frontend/lexer.h"
#include "frontend/xml.h"

namespace gsd {

namespace {

// Where the quoted value that begins behind `open` ends: the closing quote, or npos when the next thing is a
// new line-start tag or an empty line, which no value runs over.
size_t FindClosingQuote(std::string_view text, size_t open, char quote) {
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == quote) return at;
    if (text[at] != '\n') continue;
    size_t next = at + 1;
    while (next < text.size() && (IsBlank(text[next]) || text[next] == '\r')) ++next;
    if (next >= text.size() || text[next] == '<' || text[next] == '\n') break;
  }
  return std::string_view::npos;
}

bool EndsName(char c) {
  return IsSpace(c) || c == '=' || c == '>' || c == '/' || c == '"' || c == '\'' || c == '<';
}

class AttributeLexer {
 public:
  AttributeLexer(const SourceFile& file, size_t at, std::vector<Attribute>* attributes,
                 std::deque<std::string>* decoded, std::vector<SyntaxFact>* facts)
      : file_(file), text_(file.text()), at_(at), attributes_(attributes), decoded_(decoded), facts_(facts) {}

  uint32_t Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '>') return static_cast<uint32_t>(at_ + 1);
      if (c == '<') return static_cast<uint32_t>(at_);  // the tag was never closed; another begins
      if (IsSpace(c) || c == '/' || c == '=' || c == '"' || c == '\'') {
        ++at_;
        continue;
      }
      if (!ReadAttribute()) return static_cast<uint32_t>(at_);
    }
    return static_cast<uint32_t>(text_.size());
  }

 private:
  // False when a quote was never closed; then at_ is where the tag is taken to end.
  bool ReadAttribute() {
    const size_t name = at_;
    while (at_ < text_.size() && !EndsName(text_[at_])) ++at_;
    Attribute attribute;
    attribute.name = text_.substr(name, at_ - name);
    attribute.name_span = file_.SpanFrom(name, at_);
    attribute.value_span = file_.SpanFrom(at_, at_);
    attribute.span = attribute.name_span;
    size_t equals = at_;
    while (equals < text_.size() && IsSpace(text_[equals])) ++equals;
    bool closed = true;
    if (equals < text_.size() && text_[equals] == '=') {
      at_ = equals + 1;
      while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
      closed = ReadValue(attribute);
    }
    if (attributes_ != nullptr) attributes_->push_back(attribute);
    return closed;
  }

  bool ReadValue(Attribute& attribute) {
    attribute.has_value = true;
    bool closed = true;
    size_t begin = at_;
    size_t end = at_;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      attribute.quote = text_[at_];
      begin = at_ + 1;
      end = FindClosingQuote(text_, begin, attribute.quote);
      closed = end != std::string_view::npos;
      if (!closed) {
        end = std::min(text_.find_first_of(">\n", begin), text_.size());
        if (facts_ != nullptr) {
          facts_->push_back({SyntaxFactKind::kUnclosedAttribute, file_.SpanFrom(at_, end), {}, {}});
        }
      }
      at_ = std::min(end + 1, text_.size());
    } else {
      while (end < text_.size() && !IsSpace(text_[end]) && text_[end] != '>' && text_[end] != '<') ++end;
      at_ = end;
    }
    const std::string_view raw = text_.substr(begin, end - begin);
    attribute.value_span = file_.SpanFrom(begin, end);
    attribute.span = file_.SpanFrom(attribute.name_span.begin, at_);
    attribute.value = raw;
    if (decoded_ != nullptr && raw.find('&') != std::string_view::npos) {
      attribute.value = decoded_->emplace_back(DecodeEntities(raw));
    }
    return closed;
  }

  const SourceFile& file_;
  std::string_view text_;
  size_t at_;
  std::vector<Attribute>* attributes_;
  std::deque<std::string>* decoded_;
  std::vector<SyntaxFact>* facts_;
};

}  // namespace

uint32_t LexAttributes(const SourceFile& file, uint32_t name_end, std::vector<Attribute>* attributes,
                       std::deque<std::string>* decoded, std::vector<SyntaxFact>* facts) {
  return AttributeLexer(file, name_end, attributes, decoded, facts).Run();
}

}  // namespace gsd
