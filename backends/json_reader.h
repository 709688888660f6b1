// Reads JSON members by name into plain values and remembers the first mistake with the path of its member.
// A wrapper: simdjson's types stay in here and in the one file that includes it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gsd {

// Where in the document a value stands: a chain on the stack, written out only when something is wrong there.
struct JsonPath {
  const JsonPath* parent = nullptr;
  std::string_view key;  // a member, or "" for an element of an array
  size_t index = 0;
  std::string ToString() const;
};

// The first mistake in a document. Once there is one, every read returns an empty value at once.
class JsonMistakes {
 public:
  bool any() const { return !first_.empty(); }
  const std::string& first() const { return first_; }
  void Add(const JsonPath& path, std::string_view message);

 private:
  std::string first_;
};

// The members of one object. Every member that is asked for is required; Finish() reports those never asked
// for.
class JsonObject {
 public:
  JsonObject(simdjson::dom::element value, const JsonPath& path, JsonMistakes& mistakes);

  // Of members that may be missing; the others are simply read.
  bool Has(std::string_view name) const;
  std::string String(std::string_view name);
  std::string Enum(std::string_view name, std::initializer_list<std::string_view> allowed);
  int64_t Int(std::string_view name, int64_t low, int64_t high);
  double Double(std::string_view name, double low, double high);
  bool Bool(std::string_view name);
  std::vector<std::string> Strings(std::string_view name);
  // A member that may be null (then nothing).
  std::optional<simdjson::dom::element> Nullable(std::string_view name);
  // Calls read(element, path) for each element of an array.
  template <typename Read>
  void Each(std::string_view name, Read read);
  // Calls read(element, path) for the value of a member, whatever it is.
  template <typename Read>
  void With(std::string_view name, Read read);
  void Finish();

  const JsonPath& path() const { return path_; }
  JsonMistakes& mistakes() { return mistakes_; }
  void Mistake(std::string_view name, std::string_view message);

 private:
  std::optional<simdjson::dom::element> Find(std::string_view name);
  std::optional<simdjson::dom::array> Array(std::string_view name);

  const JsonPath& path_;
  JsonMistakes& mistakes_;
  simdjson::dom::object object_;
  simdjson::dom::object::iterator next_, end_;  // the writer's order makes each lookup the next member
  std::vector<std::string_view> asked_;
};

template <typename Read>
void JsonObject::With(std::string_view name, Read read) {
  const auto value = Find(name);
  const JsonPath path{&path_, name, 0};
  if (value) read(*value, path);
}

template <typename Read>
void JsonObject::Each(std::string_view name, Read read) {
  const auto array = Array(name);
  if (!array) return;
  const JsonPath list{&path_, name, 0};
  JsonPath path{&list, {}, 0};
  for (const simdjson::dom::element element : *array) {
    if (mistakes_.any()) return;
    read(element, path);
    ++path.index;
  }
}

}  // namespace gsd
