#include "backends/json_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace gsd {

namespace dom = simdjson::dom;

std::string JsonPath::ToString() const {
  std::vector<const JsonPath*> chain;
  for (const JsonPath* step = this; step != nullptr; step = step->parent) chain.push_back(step);
  std::string out;
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) {
    const JsonPath& at = **step;
    if (at.parent == nullptr) continue;  // the document itself has no name
    if (at.key.empty()) {
      out += fmt::format("[{}]", at.index);
    } else {
      if (!out.empty()) out += '.';
      out += at.key;
    }
  }
  return out.empty() ? "the document" : out;
}

void JsonMistakes::Add(const JsonPath& path, std::string_view message) {
  if (!any()) first_ = fmt::format("{}: {}", path.ToString(), message);
}

JsonObject::JsonObject(dom::element value, const JsonPath& path, JsonMistakes& mistakes)
    : path_(path), mistakes_(mistakes) {
  if (value.get(object_) != simdjson::SUCCESS) {
    mistakes_.Add(path_, "must be an object");
    return;
  }
  next_ = object_.begin();
  end_ = object_.end();
}

void JsonObject::Mistake(std::string_view name, std::string_view message) {
  const JsonPath path{&path_, name, 0};
  mistakes_.Add(path, message);
}

std::optional<dom::element> JsonObject::Find(std::string_view name) {
  if (mistakes_.any()) return std::nullopt;
  asked_.push_back(name);
  if (next_ != end_ && next_.key() == name) {
    const dom::element value = next_.value();
    ++next_;
    return value;
  }
  dom::element value;
  if (object_.at_key(name).get(value) == simdjson::SUCCESS) return value;
  mistakes_.Add(path_, fmt::format("the member \"{}\" is missing", name));
  return std::nullopt;
}

bool JsonObject::Has(std::string_view name) const {
  if (mistakes_.any()) return false;
  if (next_ != end_ && next_.key() == name) return true;
  dom::element value;
  return object_.at_key(name).get(value) == simdjson::SUCCESS;
}

std::string JsonObject::String(std::string_view name) {
  const auto value = Find(name);
  std::string_view text;
  if (value && value->get(text) != simdjson::SUCCESS) Mistake(name, "must be a string");
  return std::string(text);
}

std::string JsonObject::Enum(std::string_view name, std::initializer_list<std::string_view> allowed) {
  std::string value = String(name);
  if (!mistakes_.any() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    Mistake(name, fmt::format("\"{}\" is none of {}", value, fmt::join(allowed, ", ")));
  return value;
}

int64_t JsonObject::Int(std::string_view name, int64_t low, int64_t high) {
  const auto value = Find(name);
  if (!value) return low;
  int64_t number = low;
  if (value->get(number) != simdjson::SUCCESS) {
    Mistake(name, "must be a whole number");
  } else if (number < low || number > high) {
    Mistake(name, fmt::format("{} is not between {} and {}", number, low, high));
  }
  return number;
}

double JsonObject::Double(std::string_view name, double low, double high) {
  const auto value = Find(name);
  if (!value) return low;
  double number = low;
  if (value->get(number) != simdjson::SUCCESS) {
    Mistake(name, "must be a number");
  } else if (!(number >= low && number <= high)) {
    Mistake(name, fmt::format("{} is not between {} and {}", number, low, high));
  }
  return number;
}

bool JsonObject::Bool(std::string_view name) {
  const auto value = Find(name);
  bool flag = false;
  if (value && value->get(flag) != simdjson::SUCCESS) Mistake(name, "must be true or false");
  return flag;
}

std::optional<dom::array> JsonObject::Array(std::string_view name) {
  const auto value = Find(name);
  dom::array array;
  if (!value) return std::nullopt;
  if (value->get(array) == simdjson::SUCCESS) return array;
  Mistake(name, "must be an array");
  return std::nullopt;
}

std::vector<std::string> JsonObject::Strings(std::string_view name) {
  std::vector<std::string> values;
  Each(name, [&](dom::element element, const JsonPath& path) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) mistakes_.Add(path, "must be a string");
    values.emplace_back(text);
  });
  return values;
}

std::optional<dom::element> JsonObject::Nullable(std::string_view name) {
  const auto value = Find(name);
  if (!value || value->is_null()) return std::nullopt;
  return value;
}

void JsonObject::Finish() {
  if (mistakes_.any() || object_.size() == asked_.size()) return;
  std::vector<std::string_view> seen;
  for (const auto field : object_) {
    if (std::find(asked_.begin(), asked_.end(), field.key) == asked_.end()) {
      Mistake(field.key, "there is no such member in this version of the manifest");
    } else if (std::find(seen.begin(), seen.end(), field.key) != seen.end()) {
      Mistake(field.key, "stands there twice");
    }
    seen.push_back(field.key);
  }
}

}  // namespace gsd
