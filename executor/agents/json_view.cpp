#include "executor/agents/json_view.h"

#include <string>

namespace gsd {
namespace {

namespace dom = simdjson::dom;

// The value of the four digits of \uXXXX at `at`, or nothing when there is no such escape.
std::optional<unsigned> Escaped(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned value = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// JavaScript writes half a surrogate pair when it has cut a string in the middle of an emoji; simdjson
// refuses the whole document then. A result must not be lost for that.
std::string WithoutLoneSurrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto value = Escaped(text, i);
    const bool high = value && *value >= 0xD800 && *value < 0xDC00;
    const bool low = value && *value >= 0xDC00 && *value < 0xE000;
    const auto next = high ? Escaped(text, i + 6) : std::nullopt;
    const bool pair = next && *next >= 0xDC00 && *next < 0xE000;
    if ((high && !pair) || low) {
      out += "\\ufffd";
      i += 6;
      continue;
    }
    const size_t length = pair ? 12 : value ? 6 : text[i] == '\\' ? 2 : 1;
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

}  // namespace

JsonView JsonView::operator[](std::string_view member) const {
  dom::object object;
  dom::element element;
  if (!element_ || element_->get(object) != simdjson::SUCCESS) return {};
  if (object.at_key(member).get(element) != simdjson::SUCCESS || element.is_null()) return {};
  return JsonView(element);
}

std::optional<std::string_view> JsonView::String() const {
  std::string_view value;
  if (!element_ || element_->get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<bool> JsonView::Bool() const {
  bool value = false;
  if (!element_ || element_->get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

int64_t JsonView::Count() const {
  constexpr int64_t kMost = 1'000'000'000'000;
  int64_t value = 0;
  if (!element_ || element_->get(value) != simdjson::SUCCESS || value < 0 || value > kMost) return 0;
  return value;
}

std::optional<double> JsonView::Usd() const {
  double value = 0;
  if (!element_ || element_->get(value) != simdjson::SUCCESS || !(value >= 0 && value < 1e12))
    return std::nullopt;
  return value;
}

JsonView JsonSource::Parse(std::string_view text) {
  dom::element element;
  if (text.empty() || text.size() > kLargest) return {};
  if (parser_.parse(text.data(), text.size()).get(element) == simdjson::SUCCESS) return JsonView(element);
  if (text.find("\\ud") == std::string_view::npos && text.find("\\uD") == std::string_view::npos) return {};
  const std::string repaired = WithoutLoneSurrogates(text);
  if (parser_.parse(repaired).get(element) != simdjson::SUCCESS) return {};
  return JsonView(element);
}

}  // namespace gsd
