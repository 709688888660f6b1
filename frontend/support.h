// The few things that every room needs: results, checked invariants, typed ids, plain-ASCII text helpers.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gsd {

// Ends the program when an invariant of ours does not hold. Never used for what a user or a file can cause.
#define GSD_CHECK(condition)                                                                           \
  ((condition) ? static_cast<void>(0)                                                                  \
               : (std::fprintf(stderr, "%s:%d: internal error: %s\n", __FILE__, __LINE__, #condition), \
                  std::abort()))

// Why something in the world (a file, a process, a disk) did not work, in words for the user.
struct Error {
  std::string message;
};

// A value, or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: implicit on purpose
  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  T& operator*() { return std::get<T>(state_); }
  const T& operator*() const { return std::get<T>(state_); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  const std::string& error() const { return std::get<Error>(state_).message; }

 private:
  std::variant<T, Error> state_;
};

// Success, or the reason why not.
using Status = Result<std::monostate>;
inline Status Ok() { return std::monostate{}; }

// An index that cannot be mixed up with an index of another kind. Tag is an empty struct.
template <typename Tag>
struct Id {
  uint32_t value = 0;
  auto operator<=>(const Id&) const = default;
};

// A vector that is indexed by one kind of id only.
template <typename IdType, typename T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(size_t count, T value = T()) : items_(count, std::move(value)) {}
  T& operator[](IdType id) { return items_[id.value]; }
  const T& operator[](IdType id) const { return items_[id.value]; }
  IdType Add(T value) {
    items_.push_back(std::move(value));
    return IdType{static_cast<uint32_t>(items_.size() - 1)};
  }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  T& back() { return items_.back(); }
  void reserve(size_t n) { items_.reserve(n); }

 private:
  std::vector<T> items_;
};

// ASCII only, whatever the locale; bytes above 127 are never blank, never letters.
constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }
constexpr bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsWordChar(char c) { return IsAlpha(c) || IsDigit(c) || c == '_'; }
constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A few characters to look for. One table look-up per character, where std::string_view::find_first_of
// searches its whole argument.
class CharSet {
 public:
  constexpr explicit CharSet(std::string_view members) {
    for (const char c : members) has_[static_cast<unsigned char>(c)] = true;
  }
  constexpr bool Has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  // Where the first of them stands at or behind `from`; npos when there is none.
  constexpr size_t FindIn(std::string_view text, size_t from = 0) const {
    for (size_t i = from; i < text.size(); ++i) {
      if (Has(text[i])) return i;
    }
    return std::string_view::npos;
  }
  constexpr bool IsIn(std::string_view text) const { return FindIn(text) != std::string_view::npos; }

 private:
  std::array<bool, 256> has_{};
};

// Like text.find(word, from), but quick also where the first letter of `word` is frequent in a long text.
size_t FindWord(std::string_view text, std::string_view word, size_t from = 0);
std::string_view Trim(std::string_view text);
std::string ToLower(std::string_view text);
// "1,234,567"
std::string Grouped(int64_t number);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
// Pieces of `text` between `separator`s, untrimmed; one empty piece for an empty text.
std::vector<std::string_view> Split(std::string_view text, char separator);
// The whole of `text` as a number, or nothing.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
// The one of `candidates` that a person most likely meant by `word` (edit distance at most a third of it), or
// "".
std::string_view ClosestMatch(std::string_view word, const std::vector<std::string_view>& candidates);
// Lower-case hexadecimal SHA-256.
std::string Sha256Hex(std::string_view bytes);
// `text` with control characters (ESC, BEL, C1 …) made visible as \xNN, for a terminal; \t and \n stay.
std::string EscapeControls(std::string_view text);

}  // namespace gsd
