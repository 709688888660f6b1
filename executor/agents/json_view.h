// Looks into JSON that nobody vouches for: what is missing or of another kind reads as nothing. A wrapper:
// simdjson's types stay in here. It parses without recursion and refuses more than 1024 levels.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace gsd {

// A JSON value, or nothing.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(simdjson::dom::element element) : element_(element) {}

  bool exists() const { return element_.has_value(); }
  bool is_object() const { return element_ && element_->is_object(); }
  JsonView operator[](std::string_view member) const;
  std::optional<std::string_view> String() const;
  std::string_view Text() const { return String().value_or(""); }  // "" when it is no string
  std::optional<bool> Bool() const;
  int64_t Count() const;              // 0 when it is no number a counter can have
  std::optional<double> Usd() const;  // nothing when it is no sum that can be true
  // Calls each(JsonView) for the elements of an array.
  template <typename Each>
  void Elements(Each each) const;
  // Calls each(std::string_view, JsonView) for the members of an object.
  template <typename Each>
  void Members(Each each) const;

 private:
  std::optional<simdjson::dom::element> element_;
};

// Reads one document after the other; a view is good until the next.
class JsonSource {
 public:
  JsonSource() : parser_(kLargest) {}
  // Nothing when it is not JSON, or larger than any agent's answer can be.
  JsonView Parse(std::string_view text);

 private:
  static constexpr size_t kLargest = size_t{64} << 20;
  simdjson::dom::parser parser_;
};

template <typename Each>
void JsonView::Elements(Each each) const {
  simdjson::dom::array array;
  if (!element_ || element_->get(array) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element element : array) each(JsonView(element));
}

template <typename Each>
void JsonView::Members(Each each) const {
  simdjson::dom::object object;
  if (!element_ || element_->get(object) != simdjson::SUCCESS) return;
  for (const auto& [name, value] : object) each(name, JsonView(value));
}

}  // namespace gsd
