#include "frontend/support.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace gsd {

size_t FindWord(std::string_view text, std::string_view word, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const void* found = memmem(text.data() + from, text.size() - from, word.data(), word.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t sign = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > sign + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return ToLower(x) == ToLower(y); });
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

namespace {

// Edit distance without regard to case, where swapping two neighbours counts as one edit (optimal string
// alignment). Both are short names; longer ones are left out by the caller.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  const auto same = [&](size_t i, size_t j) { return ToLower(a[i - 1]) == ToLower(b[j - 1]); };
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i, j) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view ClosestMatch(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

namespace {

// Marks, embeddings, overrides and isolates of bidirectional text: they make a line read as what it is not.
std::string_view ReorderingAt(std::string_view text) {
  if (text.starts_with("\xD8\x9C")) return "\\u061c";
  if (!text.starts_with("\xE2") || text.size() < 3) return {};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kControls = {
      {{"\xE2\x80\x8E", "\\u200e"},
       {"\xE2\x80\x8F", "\\u200f"},
       {"\xE2\x80\xAA", "\\u202a"},
       {"\xE2\x80\xAB", "\\u202b"},
       {"\xE2\x80\xAC", "\\u202c"},
       {"\xE2\x80\xAD", "\\u202d"},
       {"\xE2\x80\xAE", "\\u202e"},
       {"\xE2\x81\xA6", "\\u2066"},
       {"\xE2\x81\xA7", "\\u2067"},
       {"\xE2\x81\xA8", "\\u2068"},
       {"\xE2\x81\xA9", "\\u2069"}}};
  for (const auto& [bytes, shown] : kControls) {
    if (text.starts_with(bytes)) return shown;
  }
  return {};
}

}  // namespace

std::string EscapeControls(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F || c1) {
      const unsigned char shown = c1 ? static_cast<unsigned char>(text[++i]) : c;
      out += {'\\', 'x', kHex[shown >> 4], kHex[shown & 15]};
    } else if (const auto reordering = ReorderingAt(text.substr(i)); !reordering.empty()) {
      out += reordering;
      i += c == 0xD8 ? 1 : 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace gsd
