// Width follows the tables that wcwidth implementations use, cut to the blocks that plans are written in:
// asking the C library would need a locale, and the answer would change with it.
#include "backends/terminal_text.h"

#include <algorithm>
#include <array>

#include "frontend/utf8.h"

namespace gsd {
namespace {

struct CodePointRange {
  char32_t first, last;
};

constexpr std::array kZeroWidth = std::to_array<CodePointRange>({
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF},   {0x05C1, 0x05C2},
    {0x05C4, 0x05C5}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670},   {0x06D6, 0x06DC},
    {0x06DF, 0x06E4}, {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948},   {0x094D, 0x094D},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},
    {0x200B, 0x200D}, {0x2060, 0x2060}, {0x20D0, 0x20F0}, {0x302A, 0x302D},   {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF},
});

constexpr std::array kWide = std::to_array<CodePointRange>({
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},   {0x23F3, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},
    {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},
    {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},
    {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3},
    {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC},
    {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596},
    {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2},
    {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB},
    {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
});

template <size_t N>
bool Contains(const std::array<CodePointRange, N>& ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t x, const CodePointRange& r) { return x < r.first; });
  return after != ranges.begin() && c <= (after - 1)->last;
}

// Left-to-right and right-to-left marks, embeddings, overrides and isolates: they make a line read as what it
// is not.
bool Reorders(char32_t c) {
  return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

int CodePointWidth(char32_t code_point) {
  if (code_point < 0x300) return 1;
  if (Contains(kZeroWidth, code_point)) return 0;
  return Contains(kWide, code_point) ? 2 : 1;
}

void ReadShownChar(std::string_view rest, ShownChar& shown) {
  const auto first = static_cast<unsigned char>(rest[0]);
  shown.bytes = first < 0x80 ? 1 : Utf8SequenceLength(rest.substr(0, 4));
  shown.width = 1;
  if (shown.bytes == 0) {
    shown.bytes = 1;
    shown.text = kReplacement;
    return;
  }
  shown.text = rest.substr(0, shown.bytes);
  if (first >= 0x20 && first < 0x7F) return;
  const char32_t code_point = DecodeUtf8(shown.text);
  if (code_point == '\t') {
    shown.text = "    ";
    shown.width = kTabWidth;
  } else if (code_point < 0xA0) {
    static constexpr char kHex[] = "0123456789abcdef";
    shown.buffer[0] = '\\';
    shown.buffer[1] = 'x';
    shown.buffer[2] = kHex[code_point >> 4];
    shown.buffer[3] = kHex[code_point & 15];
    shown.text = {shown.buffer, 4};
    shown.width = 4;
  } else if (Reorders(code_point) || code_point == 0x2028 || code_point == 0x2029) {
    shown.text = kReplacement;
  } else {
    shown.width = CodePointWidth(code_point);
  }
}

void AppendShown(std::string& out, std::string_view text) {
  ShownChar shown;
  while (!text.empty()) {
    const size_t line_break = text.starts_with("\r\n") ? 2 : text[0] == '\n' || text[0] == '\t' ? 1 : 0;
    if (line_break != 0) {
      out += ' ';
      text.remove_prefix(line_break);
      continue;
    }
    ReadShownChar(text, shown);
    out += shown.text;
    text.remove_prefix(shown.bytes);
  }
}

}  // namespace gsd
