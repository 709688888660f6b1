#include "backends/escaped_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "frontend/support.h"
#include "frontend/utf8.h"

namespace gsd {
namespace {

struct CodePointRange {
  char32_t first, last;
};

// Format characters, variation selectors but the one of emoji, fillers, tags: what carries text that nobody
// sees, or shows it in another order.
constexpr std::array kHidden = std::to_array<CodePointRange>({
    {0x00AD, 0x00AD},
    {0x034F, 0x034F},
    {0x061C, 0x061C},
    {0x115F, 0x1160},
    {0x17B4, 0x17B5},
    {0x180B, 0x180F},
    {0x200B, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x206F},
    {0x3164, 0x3164},
    {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0E},
    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},
    {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
});

bool IsHidden(char32_t c) {
  const auto after = std::ranges::upper_bound(kHidden, c, {}, &CodePointRange::first);
  return after != kHidden.begin() && c <= std::prev(after)->last;
}

// Appends the character that `rest` (not empty) begins with; returns its bytes.
size_t AppendEscaped(std::string& out, std::string_view rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  const size_t length = Utf8SequenceLength(rest.substr(0, 4));
  const auto to = std::back_inserter(out);
  if (length == 0) {
    out += "\xEF\xBF\xBD";
    return 1;
  }
  const char32_t c = DecodeUtf8(rest.substr(0, length));
  if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
    fmt::format_to(to, "\\x{:02x}", static_cast<uint32_t>(c));
  } else if (first >= 0x80 && IsHidden(c)) {
    fmt::format_to(to, "\\u{{{:x}}}", static_cast<uint32_t>(c));
  } else {
    out += rest.substr(0, length);
  }
  return length;
}

// Would the byte at `at` be markup? `_` is none within a word; `#`, `+`, `-` and `=` are only where a line
// begins, `.` and `)` only after the number of a list's item that begins one.
bool IsMarkdown(std::string_view line, size_t at) {
  const auto in_word = [&](size_t i) { return i < line.size() && (IsAlpha(line[i]) || IsDigit(line[i])); };
  switch (line[at]) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '|':
    case '~':
      return true;
    case '_':
      return at == 0 || !in_word(at - 1) || !in_word(at + 1);
    case '#':
    case '+':
    case '-':
    case '=':
      return at == 0;
    case '.':
    case ')':
      return at > 0 && std::ranges::all_of(line.substr(0, at), IsDigit);
    default:
      return false;
  }
}

}  // namespace

std::string EscapedLine(std::string_view text, size_t limit) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (out.size() >= limit) return out + "…";
    at += AppendEscaped(out, text.substr(at));
  }
  return out;
}

std::string QuotedLine(std::string_view text, size_t limit) {
  std::string out = "\"";
  size_t at = 0;
  while (at < text.size() && out.size() <= limit) {
    if (text[at] == '"' || text[at] == '\\') out += '\\';
    at += AppendEscaped(out, text.substr(at));
  }
  out += '"';
  if (at < text.size()) out += fmt::format("… ({} bytes more)", text.size() - at);
  return out;
}

std::string MarkdownLine(std::string_view text) {
  const std::string line = EscapedLine(Trim(text));
  std::string out;
  for (size_t at = 0; at < line.size(); ++at) {
    if (IsMarkdown(line, at)) out += '\\';
    if (line[at] == '"') {
      out += '"';  // ends nothing here
    } else {
      AppendEntity(line[at], out);
    }
  }
  return out;
}

std::string MarkdownCode(std::string_view text) {
  const std::string line = EscapedLine(text);
  size_t longest = 0, run = 0;
  for (const char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const char* space = longest == 0 ? "" : " ";  // which is not shown
  return fence + space + line + space + fence;
}

void AppendEntity(char c, std::string& out) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
  }
}

}  // namespace gsd
