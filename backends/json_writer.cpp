#include "backends/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "frontend/utf8.h"

namespace gsd {

namespace {

// Bytes that stand for themselves in a JSON string.
constexpr std::array<bool, 256> MakePlain() {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = MakePlain();

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  size_t plain = 0;  // start of the run that is copied as it is
  size_t i = 0;
  while (true) {
    while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t length = c < 0x80 ? 1 : Utf8SequenceLength(text.substr(i));
    const std::string_view sequence = text.substr(i, length == 0 ? 1 : length);
    const bool line_separator = sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
    if (length > 1 && !line_separator) {
      i += length;
      continue;
    }
    out.append(text, plain, i - plain);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (line_separator) {
      out += sequence.back() == '\xA8' ? "\\u2028" : "\\u2029";
    } else {
      switch (c) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      }
    }
    i += sequence.size();
    plain = i;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void JsonWriter::NewLine() {
  out_ += '\n';
  out_.append(static_cast<size_t>(2 * depth_), ' ');
}

void JsonWriter::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) out_ += depth_ <= pretty_depth_ ? "," : ", ";
  if (depth_ <= pretty_depth_) NewLine();
  first_ = false;
}

// Half of what a manifest consists of is keys and their indentation: they are put together here and appended
// in one piece.
void JsonWriter::Key(std::string_view name) {
  constexpr size_t kLongestPlainKey = 64, kDeepest = 32;
  const bool plain =
      name.size() <= kLongestPlainKey && depth_ <= static_cast<int>(kDeepest) &&
      std::all_of(name.begin(), name.end(), [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
  if (!plain) {
    BeforeValue();
    AppendJsonString(out_, name);
    out_ += ": ";
  } else {
    char text[2 + 2 * kDeepest + kLongestPlainKey + 4];
    char* at = text;
    const bool pretty = depth_ <= pretty_depth_;
    if (!first_) *at++ = ',';
    if (pretty) {
      *at++ = '\n';
      at = std::fill_n(at, 2 * depth_, ' ');
    } else if (!first_) {
      *at++ = ' ';
    }
    *at++ = '"';
    at = std::copy(name.begin(), name.end(), at);
    *at++ = '"', *at++ = ':', *at++ = ' ';
    out_.append(text, static_cast<size_t>(at - text));
    first_ = false;
  }
  after_key_ = true;
}

void JsonWriter::Open(char bracket) {
  BeforeValue();
  out_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::Close(char bracket) {
  --depth_;
  if (!first_ && depth_ < pretty_depth_) NewLine();
  out_ += bracket;
  first_ = false;
}

void JsonWriter::String(std::string_view value) { BeforeValue(), AppendJsonString(out_, value); }
void JsonWriter::Int(int64_t value) {
  BeforeValue();
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
}
void JsonWriter::Double(double value) {
  BeforeValue();
  if (!std::isfinite(value)) {
    out_ += "null";
  } else {
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
}
void JsonWriter::Bool(bool value) { BeforeValue(), out_ += value ? "true" : "false"; }
void JsonWriter::Null() { BeforeValue(), out_ += "null"; }
void JsonWriter::Raw(std::string_view json) { BeforeValue(), out_ += json; }

}  // namespace gsd
