#include "frontend/yaml_scalar.h"

#include <algorithm>
#include <vector>

#include "frontend/support.h"

namespace gsd {

namespace {

void AppendCodePoint(std::string& out, uint32_t code) {
  const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6)), byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | ((code >> 18) & 7)), byte(0x80 | ((code >> 12) & 0x3F)), byte(0x80 | ((code >> 6) & 0x3F)),
        byte(0x80 | (code & 0x3F));
  }
}

std::optional<uint32_t> ParseHex(std::string_view digits) {
  uint32_t value = 0;
  for (const char c : digits) {
    const char lower = ToLower(c);
    if (IsDigit(c)) {
      value = value * 16 + static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<uint32_t>(lower - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// A line break inside quotes is folded: one becomes a blank, n + 1 become n line breaks.
size_t FoldBreak(std::string_view body, size_t at, std::string& out) {
  while (!out.empty() && IsBlank(out.back())) out.pop_back();
  size_t breaks = 0;
  while (at < body.size() && IsSpace(body[at])) {
    if (body[at] == '\n') ++breaks;
    ++at;
  }
  if (breaks <= 1) {
    out += ' ';
  } else {
    out.append(breaks - 1, '\n');
  }
  return at;
}

// Decodes the escape whose backslash stands at `at`; returns the offset behind it.
size_t DecodeEscape(std::string_view body, size_t at, std::string& out, bool& good) {
  const char c = at + 1 < body.size() ? body[at + 1] : '\0';
  switch (c) {
    case '0':
      out += '\0';
      return at + 2;
    case 'a':
      out += '\a';
      return at + 2;
    case 'b':
      out += '\b';
      return at + 2;
    case 't':
    case '\t':
      out += '\t';
      return at + 2;
    case 'n':
      out += '\n';
      return at + 2;
    case 'v':
      out += '\v';
      return at + 2;
    case 'f':
      out += '\f';
      return at + 2;
    case 'r':
      out += '\r';
      return at + 2;
    case 'e':
      out += '\x1b';
      return at + 2;
    case ' ':
    case '"':
    case '/':
    case '\\':
    case '\'':
      out += c;
      return at + 2;
    case 'N':
      AppendCodePoint(out, 0x85);
      return at + 2;
    case '_':
      AppendCodePoint(out, 0xA0);
      return at + 2;
    case 'L':
      AppendCodePoint(out, 0x2028);
      return at + 2;
    case 'P':
      AppendCodePoint(out, 0x2029);
      return at + 2;
    case '\n':
    case '\r': {  // an escaped line break vanishes with the blanks around it
      size_t next = at + 1;
      while (next < body.size() && IsSpace(body[next])) ++next;
      return next;
    }
    case 'x':
    case 'u':
    case 'U': {
      const size_t length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      if (at + 2 + length <= body.size()) {
        const auto code = ParseHex(body.substr(at + 2, length));
        if (code && *code <= 0x10FFFF && (*code < 0xD800 || *code > 0xDFFF)) {
          AppendCodePoint(out, *code);
          return at + 2 + length;
        }
      }
      break;
    }
    default:
      break;
  }
  good = false;
  out += '\\';
  return at + 1;
}

}  // namespace

std::string_view DecodeQuoted(std::string_view raw, std::deque<std::string>& decoded, bool& good) {
  const char quote = raw.front();
  const std::string_view body = raw.substr(1, raw.size() - 2);
  constexpr CharSet kSpecialInDouble("\\\n");
  constexpr CharSet kSpecialInSingle("'\n");
  if (!(quote == '"' ? kSpecialInDouble : kSpecialInSingle).IsIn(body)) return body;
  std::string out;
  out.reserve(body.size());
  for (size_t i = 0; i < body.size();) {
    if (body[i] == '\n' || (body[i] == '\r' && i + 1 < body.size() && body[i + 1] == '\n')) {
      i = FoldBreak(body, i, out);
    } else if (quote == '"' && body[i] == '\\') {
      i = DecodeEscape(body, i, out, good);
    } else {
      if (quote == '\'' && body[i] == '\'') ++i;  // '' is a quote
      out += body[i++];
    }
  }
  return decoded.emplace_back(std::move(out));
}

BlockScalar ReadBlock(std::string_view text, size_t at, int indent) {
  BlockScalar scalar;
  scalar.folded = text[at] == '>';
  char chomping = 0;
  int explicit_indent = 0;
  size_t i = at + 1;
  for (; i < text.size() && (text[i] == '+' || text[i] == '-' || IsDigit(text[i])); ++i) {
    if (IsDigit(text[i])) {
      explicit_indent = text[i] - '0';
    } else {
      chomping = text[i];
    }
  }
  const size_t header_end = std::min(text.find('\n', i), text.size());
  const std::string_view rest = Trim(text.substr(i, header_end - i));
  scalar.valid = rest.empty() || rest.starts_with('#');
  scalar.end = i;
  scalar.next_line = std::min(header_end + 1, text.size());

  // The content is what is indented deeper than the entry; its first line that is not empty sets the column.
  int column = explicit_indent > 0 ? std::max(indent, 0) + explicit_indent : -1;
  std::vector<std::string_view> lines;
  size_t line = scalar.next_line;
  size_t content_end = 0;  // lines up to the last one that is not empty
  while (line < text.size()) {
    const size_t newline = std::min(text.find('\n', line), text.size());
    std::string_view bytes = text.substr(line, newline - line);
    if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    size_t blanks = 0;
    while (blanks < bytes.size() && bytes[blanks] == ' ') ++blanks;
    const bool empty = blanks == bytes.size();
    if (!empty) {
      if (static_cast<int>(blanks) <= indent) break;
      if (column < 0) column = static_cast<int>(blanks);
      if (static_cast<int>(blanks) < column) break;
      lines.push_back(bytes.substr(static_cast<size_t>(column)));
      content_end = lines.size();
      scalar.end = line + bytes.size();
      scalar.next_line = std::min(newline + 1, text.size());
    } else {
      lines.push_back(column >= 0 && bytes.size() > static_cast<size_t>(column)
                          ? bytes.substr(static_cast<size_t>(column))
                          : std::string_view());
    }
    line = newline + 1;
  }
  const size_t trailing = lines.size() - content_end;
  lines.resize(content_end);
  for (size_t n = 0; n < lines.size(); ++n) {
    const std::string_view current = lines[n];
    scalar.text += current;
    if (n + 1 == lines.size()) break;
    const std::string_view next = lines[n + 1];
    const bool foldable =
        scalar.folded && !current.empty() && !IsBlank(current[0]) && !(!next.empty() && IsBlank(next[0]));
    if (!foldable) {
      scalar.text += '\n';
    } else if (!next.empty()) {
      scalar.text += ' ';
    }
  }
  if (!lines.empty() && chomping != '-') scalar.text += '\n';
  if (chomping == '+') scalar.text.append(trailing, '\n');
  return scalar;
}

}  // namespace gsd
