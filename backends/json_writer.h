// Writes JSON straight into a string: no tree, so that a manifest of 100,000 tasks costs no memory beside its
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gsd {

// Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD; controls, U+2028 and U+2029
// are escaped.
void AppendJsonString(std::string& out, std::string_view text);

// A cursor into a growing JSON text. The caller opens and closes; commas, colons and line breaks are ours.
// Containers deeper than `pretty_depth` are written on one line.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out, int pretty_depth = 2) : out_(out), pretty_depth_(pretty_depth) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view name);

  void String(std::string_view value);
  void Int(int64_t value);
  void Double(double value);  // shortest form that reads back the same; not finite → null
  void Bool(bool value);
  void Null();
  void Raw(std::string_view json);  // a value that is JSON text already

  // Key and value in one call.
  void Member(std::string_view name, std::string_view value) { Key(name), String(value); }
  void Member(std::string_view name, const char* value) { Key(name), String(value); }
  void Member(std::string_view name, int64_t value) { Key(name), Int(value); }
  void Member(std::string_view name, int value) { Key(name), Int(value); }
  void Member(std::string_view name, double value) { Key(name), Double(value); }
  void Member(std::string_view name, bool value) { Key(name), Bool(value); }
  template <typename Strings>
  void StringArray(std::string_view name, const Strings& values) {
    Key(name);
    BeginArray();
    for (const auto& value : values) String(value);
    EndArray();
  }

 private:
  void Open(char bracket);
  void Close(char bracket);
  void BeforeValue();
  void NewLine();

  std::string& out_;
  int pretty_depth_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace gsd
