#include "analysis/task_text.h"

#include <algorithm>

#include "analysis/path_words.h"

namespace gsd {

namespace {

constexpr CharSet kPathMarks("/.");

class Reader {
 public:
  explicit Reader(std::vector<Mention>& mentions) : mentions_(mentions) {}

  void ReadTask(std::string_view text, const Task& task) {
    uint32_t at = task.open.end;
    for (const Element& element : task.elements) {
      if (element.tag != Tag::kFiles && element.tag != Tag::kName) continue;
      if (element.open.begin < at) continue;
      ReadWords(text.substr(at, element.open.begin - at));
      at = element.close.end;
    }
    if (at < task.body.end) ReadWords(text.substr(at, task.body.end - at));
  }

  void ReadWords(std::string_view text) {
    // A path has one of the first two; "task" has a k, which is rare.
    constexpr CharSet kMarks("/.kK");
    size_t end = 0;  // of the last word
    for (size_t at = 0; (at = kMarks.FindIn(text, at)) != std::string_view::npos;) {
      const bool is_word = ToLower(text[at]) == 'k' ? at >= end + 3 && EndsInTas(text.substr(0, at))
                                                    : at == 0 || text[at - 1] != '<';  // "</name>"
      if (!is_word) {
        ++at;
        continue;
      }
      const std::string_view word = PathWordAround(text, at, end);
      const auto begin = static_cast<size_t>(word.data() - text.data());
      at = end = begin + word.size();
      if (kPathMarks.IsIn(word)) {
        // What is left of "done." is no path.
        if (const std::string_view path = PathOf(word); kPathMarks.IsIn(path))
          mentions_.push_back({path, -1});
      } else if (EqualsIgnoreCase(word, "task") || EqualsIgnoreCase(word, "tasks")) {
        at = end = ReadNumbers(text, begin, at);
      }
    }
  }

 private:
  static bool EndsInTas(std::string_view text) {
    const char* end = text.data() + text.size();
    return ToLower(end[-1]) == 's' && ToLower(end[-2]) == 'a' && ToLower(end[-3]) == 't';
  }

  // "./store" stays: without its dot it would be any word.
  static std::string_view PathOf(std::string_view word) {
    const std::string_view path = StripPunctuation(word);
    const bool is_import = word.starts_with("./") && !kPathMarks.IsIn(path);
    return is_import ? word.substr(0, path.size() + 2) : path;
  }

  // "Task 2", "tasks 1-3", "Tasks 1, 2 and 4". Returns where the numbers end.
  size_t ReadNumbers(std::string_view text, size_t begin, size_t at) {
    constexpr int kLongestRange = 100;
    std::optional<int> previous;
    bool range = false;
    size_t end = at;
    while (at < text.size()) {
      while (at < text.size() && (IsBlank(text[at]) || text[at] == '#')) ++at;
      size_t digits = at;
      while (digits < text.size() && IsDigit(text[digits])) ++digits;
      if (digits == at || digits - at > 6) break;
      if (digits < text.size() && (IsAlpha(text[digits]) || text[digits] == '_')) break;
      const bool dotted = digits + 1 < text.size() && text[digits] == '.' && IsDigit(text[digits + 1]);
      if (dotted) break;  // "Task 1.2" belongs to another plan
      const int number = static_cast<int>(*ParseInt(text.substr(at, digits - at)));
      const std::string_view words = text.substr(begin, digits - begin);
      if (range && previous && number > *previous && number - *previous < kLongestRange) {
        for (int between = *previous + 1; between < number; ++between) mentions_.push_back({words, between});
      }
      mentions_.push_back({words, number});
      previous = number;
      at = end = digits;
      range = false;
      while (at < text.size() && IsBlank(text[at])) ++at;
      const std::string_view rest = text.substr(at);
      size_t separator = 0;
      for (const std::string_view sign : {"-", "–", "to ", "through "}) {
        if (rest.starts_with(sign)) range = true, separator = sign.size();
      }
      for (const std::string_view sign : {",", "and ", "& ", "/", "+ ", "or "}) {
        if (separator == 0 && rest.starts_with(sign)) separator = sign.size();
      }
      if (separator == 0) break;
      at += separator;
      if (text.substr(at).starts_with(" and ")) at += 5;
    }
    return end;
  }

  std::vector<Mention>& mentions_;
};

}  // namespace

void FindMentions(const SourceFile& file, const Task& task, std::vector<Mention>& mentions) {
  mentions.clear();
  Reader(mentions).ReadTask(file.text(), task);
}

void AddMentions(std::string_view text, std::vector<Mention>& mentions) { Reader(mentions).ReadWords(text); }

std::string_view FirstWord(std::string_view name) {
  if (const size_t colon = name.find(": "); colon != std::string_view::npos && colon < 16)
    name = Trim(name.substr(colon + 1));
  size_t end = 0;
  while (end < name.size() && IsAlpha(name[end])) ++end;
  return name.substr(0, end);
}

bool EqualsAnyIgnoreCase(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view one) { return EqualsIgnoreCase(one, word); });
}

}  // namespace gsd
