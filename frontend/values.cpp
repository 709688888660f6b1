#include "frontend/values.h"

#include <algorithm>
#include <cmath>

namespace gsd {

// ---- dependency lists

namespace {

bool IsTaskWord(std::string_view word) {
  return EqualsIgnoreCase(word, "task") || EqualsIgnoreCase(word, "tasks");
}

bool MeansNothing(std::string_view word) {
  return word.empty() || word == "-" || word == "—" || EqualsIgnoreCase(word, "none") ||
         EqualsIgnoreCase(word, "n/a");
}

std::string_view StripQuotes(std::string_view word) {
  while (word.size() >= 2 && (word.front() == '"' || word.front() == '\'' || word.front() == '`') &&
         word.back() == word.front()) {
    word = word.substr(1, word.size() - 2);
  }
  return Trim(word);
}

// One piece between commas: "2", "Task 2", "34-02-T1 34-02-T2", "1 and 2".
void AddDependencies(const SourceFile& file, std::string_view piece, std::vector<DependencyRef>& out) {
  piece = StripQuotes(Trim(piece));
  size_t at = 0;
  while (at < piece.size()) {
    while (at < piece.size() && IsSpace(piece[at])) ++at;
    const size_t begin = at;
    while (at < piece.size() && !IsSpace(piece[at])) ++at;
    std::string_view word = piece.substr(begin, at - begin);
    if (IsTaskWord(word)) {  // "Task 2" is one word
      while (at < piece.size() && IsSpace(piece[at])) ++at;
      while (at < piece.size() && !IsSpace(piece[at])) ++at;
      word = piece.substr(begin, at - begin);
    }
    if (MeansNothing(word) || EqualsIgnoreCase(word, "and") || word == "&") continue;
    word = StripQuotes(word);
    out.push_back({word, file.SpanOf(word)});
  }
}

}  // namespace

std::vector<DependencyRef> ParseDependencyList(const SourceFile& file, std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::vector<DependencyRef> out;
  if (!text.empty()) out.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), ',')) + 1);
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ',' && text[i] != ';' && text[i] != '\n') continue;
    AddDependencies(file, text.substr(begin, i - begin), out);
    begin = i + 1;
  }
  return out;
}

// ---- numbers

namespace {

// A cursor over the text of a number or range.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}

  void Skip() {
    while (at_ < text_.size() && (IsSpace(text_[at_]) || text_[at_] == '~' || text_[at_] == '<' ||
                                  text_[at_] == '>' || text_[at_] == '=')) {
      ++at_;
    }
    if (text_.substr(at_).starts_with("≈") || text_.substr(at_).starts_with("≤")) at_ += 3, Skip();
  }

  // Digits with grouping commas or underscores, and decimals.
  std::optional<double> Number() {
    Skip();
    std::string digits;
    size_t i = at_;
    while (i < text_.size()) {
      const char c = text_[i];
      const bool grouping =
          (c == ',' || c == '_') && i > at_ && i + 3 < text_.size() + 0 && IsDigit(text_[i + 1]);
      if (IsDigit(c) || (c == '.' && i + 1 < text_.size() && IsDigit(text_[i + 1]))) {
        digits += c;
      } else if (!grouping) {
        break;
      }
      ++i;
    }
    if (digits.empty() || digits.size() > 18) return std::nullopt;
    at_ = i;
    return ParseDouble(digits);
  }

  std::string_view Letters() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    const size_t begin = at_;
    while (at_ < text_.size() && IsAlpha(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // "-", "–", "to", ".." between the ends of a range.
  bool RangeSign() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view sign : {"-", "–", "—", "..", "to "}) {
      if (rest.starts_with(sign)) {
        at_ += sign.size();
        return true;
      }
    }
    return false;
  }

  size_t at() const { return at_; }
  void Rewind(size_t at) { at_ = at; }
  bool done() const { return Trim(text_.substr(at_)).empty(); }
  std::string_view rest() const { return Trim(text_.substr(at_)); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

constexpr double kLargest = 1e15;

std::optional<int64_t> Rounded(double value) {
  if (!(value >= 0) || value > kLargest) return std::nullopt;
  return static_cast<int64_t>(std::llround(value));
}

// 0: no unit that tokens have.
double TokenFactor(std::string_view unit) {
  if (EqualsIgnoreCase(unit, "k")) return 1e3;
  if (EqualsIgnoreCase(unit, "m")) return 1e6;
  return 0;
}

double SecondsIn(std::string_view unit) {
  const std::string lower = ToLower(unit);
  for (const char* name : {"s", "sec", "secs", "second", "seconds"}) {
    if (lower == name) return 1;
  }
  for (const char* name : {"m", "min", "mins", "minute", "minutes"}) {
    if (lower == name) return 60;
  }
  for (const char* name : {"h", "hr", "hrs", "hour", "hours"}) {
    if (lower == name) return 3600;
  }
  for (const char* name : {"d", "day", "days"}) {
    if (lower == name) return 86400;
  }
  return 0;
}

// One amount with its unit; `unit` is 0 when none was written.
struct Amount {
  double value = 0, unit = 0;
};

std::optional<Amount> ReadTokens(NumberReader& reader) {
  const auto number = reader.Number();
  if (!number) return std::nullopt;
  const size_t behind = reader.at();
  const double factor = TokenFactor(reader.Letters());
  if (factor == 0) reader.Rewind(behind);
  return Amount{*number, factor};
}

std::optional<Amount> ReadDuration(NumberReader& reader) {
  auto number = reader.Number();
  if (!number) return std::nullopt;
  double unit = SecondsIn(reader.Letters());
  if (unit == 0) return Amount{*number, 0};
  // "1h30m"
  double seconds = *number * unit;
  for (int parts = 0; parts < 3; ++parts) {
    const size_t behind = reader.at();
    number = reader.Number();
    const double smaller = number ? SecondsIn(reader.Letters()) : 0;
    if (smaller == 0 || smaller >= unit) {
      reader.Rewind(behind);
      break;
    }
    seconds += *number * smaller;
    unit = smaller;
  }
  return Amount{seconds / unit, unit};
}

// Both ends of a range; a unit that only the second end has counts for both.
template <typename ReadAmount>
std::optional<Range> ReadRange(const SourceFile& file, std::string_view text, double default_unit,
                               ReadAmount read, bool (*may_follow)(std::string_view)) {
  text = Trim(text);
  NumberReader reader(text);
  auto low = read(reader);
  if (!low) return std::nullopt;
  auto high = low;
  if (reader.RangeSign()) {
    high = read(reader);
    if (!high) return std::nullopt;
  }
  if (!reader.done() && !may_follow(reader.rest())) return std::nullopt;
  if (high->unit == 0) high->unit = low->unit != 0 ? low->unit : default_unit;
  if (low->unit == 0) low->unit = high->unit;
  const auto from = Rounded(low->value * low->unit);
  const auto to = Rounded(high->value * high->unit);
  if (!from || !to) return std::nullopt;
  return Range{*from, *to, file.SpanOf(text)};
}

}  // namespace

std::optional<Range> ParseTokenRange(const SourceFile& file, std::string_view text) {
  return ReadRange(file, text, 1, ReadTokens, [](std::string_view rest) {
    return EqualsIgnoreCase(rest.substr(0, 6), "tokens") || rest.starts_with("(") ||
           EqualsIgnoreCase(rest, "tok");
  });
}

std::optional<Range> ParseDurationRange(const SourceFile& file, std::string_view text) {
  return ReadRange(file, text, 60, ReadDuration, [](std::string_view rest) { return rest.starts_with("("); });
}

}  // namespace gsd
