#include "analysis/independence.h"

#include <algorithm>
#include <array>

#include "frontend/support.h"

namespace gsd {

namespace {

constexpr size_t kMostContext = 96;  // bytes of a sentence that are read before and behind a list of tasks
using Words = std::vector<std::string>;

template <size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What may stand beside the statement without changing it.
bool IsNeutral(std::string_view word) {
  static constexpr std::array<std::string_view, 33> kNeutral = {
      "this", "task",    "tasks", "it",     "they", "these",    "is",    "are",     "can",
      "may",  "could",   "be",    "run",    "runs", "done",     "start", "started", "spawn",
      "go",   "proceed", "work",  "worked", "on",   "executed", "also",  "safely",  "fully",
      "all",  "both",    "built", "then",   "note", "and"};
  return IsOneOf(word, kNeutral);
}

// Words that make a statement conditional, or the opposite.
bool IsCondition(std::string_view word) {
  static constexpr std::array<std::string_view, 18> kConditions = {
      "if",   "unless", "until",   "except", "but", "not",  "never",  "cannot",  "only",
      "when", "once",   "whether", "no",     "nor", "else", "though", "neither", "before"};
  return IsOneOf(word, kConditions) || word.ends_with("n't") || word.ends_with("n’t");
}

// In lower case, without marks of emphasis; a comma, colon, bracket or dash is a word of its own.
Words WordsOf(std::string_view text) {
  Words words;
  bool open = false;
  for (const char c : text) {
    if (c == '*' || c == '_' || c == '`' || c == '"') continue;
    const bool mark = c == ',' || c == ':' || c == '(' || c == ')' || c == '.';
    if (IsSpace(c) || mark) {
      open = false;
      if (mark) words.emplace_back(1, c);
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    words.back() += ToLower(c);
  }
  return words;
}

// Does a new line, list item or paragraph begin at this line break?
bool IsBreak(std::string_view text, size_t newline) {
  size_t at = newline + 1;
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at >= text.size() || text[at] == '\n' || text[at] == '\r' || text[at] == '-' || text[at] == '*' ||
         text[at] == '#' || IsDigit(text[at]);
}

bool EndsSentence(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == ';' || c == '!' || c == '?' || c == '<' || c == '>') return true;
  if (c == '.') return at + 1 == text.size() || !(IsAlpha(text[at + 1]) || IsDigit(text[at + 1]));
  return c == '\n' && IsBreak(text, at);
}

struct TaskList {
  std::vector<int> numbers;
  size_t begin, end;   // in the text
  size_t first, last;  // its mentions
};

class Reader {
 public:
  Reader(std::string_view text, std::span<Mention> mentions) : text_(text), mentions_(mentions) {
    FindLists();
  }

  std::vector<IndependenceStatement> Run() {
    for (size_t i = 0; i < lists_.size(); ++i) {
      if (ReadEachOther(lists_[i])) continue;
      ReadOf(lists_[i], i == 0 ? nullptr : &lists_[i - 1]);
    }
    return std::move(statements_);
  }

 private:
  size_t Offset(const char* at) const { return static_cast<size_t>(at - text_.data()); }

  void FindLists() {
    for (size_t i = 0; i < mentions_.size(); ++i) {
      const Mention& mention = mentions_[i];
      if (mention.task < 0) continue;
      // The mentions of "tasks 2 and 3" all begin at the first word.
      const size_t begin = Offset(mention.text.data()), end = begin + mention.text.size();
      if (!lists_.empty() && (begin < lists_.back().end || AreJoined(lists_.back(), begin))) {
        lists_.back().numbers.push_back(mention.task);
        lists_.back().end = end;
        lists_.back().last = i;
      } else {
        lists_.push_back({{mention.task}, begin, end, i, i});
      }
    }
  }

  // "Task 2 and Task 3", "Task 2, Task 3"
  bool AreJoined(const TaskList& list, size_t begin) const {
    if (begin - list.end > 8) return false;
    const Words between = WordsOf(text_.substr(list.end, begin - list.end));
    return !between.empty() && std::all_of(between.begin(), between.end(), [](const std::string& word) {
      return word == "and" || word == "," || word == "&";
    });
  }

  size_t SentenceBegin(size_t at) const {
    const size_t least = at > kMostContext ? at - kMostContext : 0;
    size_t begin = at;
    while (begin > least && !EndsSentence(text_, begin - 1) &&
           !(text_[begin - 1] == ':' && IsSpace(text_[begin]))) {
      --begin;
    }
    return begin;
  }

  size_t SentenceEnd(size_t at) const {
    const size_t most = std::min(text_.size(), at + kMostContext);
    while (at < most && !EndsSentence(text_, at)) ++at;
    return at;
  }

  static bool HasCondition(std::span<const std::string> words) {
    return std::any_of(words.begin(), words.end(), IsCondition);
  }

  static bool AreNeutral(std::span<const std::string> words) {
    return std::all_of(words.begin(), words.end(), IsNeutral);
  }

  std::string_view Slice(size_t begin, size_t end) const { return Trim(text_.substr(begin, end - begin)); }

  // "Tasks 2 and 3 can run in parallel"
  bool ReadEachOther(const TaskList& list) {
    if (list.numbers.size() < 2) return false;
    const size_t begin = SentenceBegin(list.begin), end = SentenceEnd(list.end);
    if (HasCondition(WordsOf(text_.substr(begin, list.begin - begin)))) return false;
    const Words words = WordsOf(text_.substr(list.end, end - list.end));
    size_t at = 0;
    while (at < words.size() && IsNeutral(words[at])) ++at;
    const auto phrase = [&](std::initializer_list<std::string_view> wanted) {
      if (words.size() - at < wanted.size()) return false;
      if (!std::equal(wanted.begin(), wanted.end(), words.begin() + static_cast<ptrdiff_t>(at))) return false;
      at += wanted.size();
      return true;
    };
    if (!phrase({"in", "parallel"}) && !phrase({"in", "any", "order"}) && !phrase({"simultaneously"}) &&
        !phrase({"concurrently"}) && !phrase({"side", "by", "side"}) &&
        !phrase({"at", "the", "same", "time"}) && !phrase({"independent", "of", "each", "other"}) &&
        !phrase({"independent"})) {
      return false;
    }
    const std::span rest = std::span(words).subspan(at);
    if (!rest.empty() && (rest[0] == "with" || rest[0] == "to" || rest[0] == "of" || rest[0] == "from"))
      return false;
    if (HasCondition(rest)) return false;
    Mark(list);
    statements_.push_back({list.numbers, list.numbers, false, Slice(list.begin, end)});
    return true;
  }

  // "independent of Task 2", "Task 3 does not depend on Task 2"
  void ReadOf(const TaskList& list, const TaskList* previous) {
    const size_t begin = SentenceBegin(list.begin), end = SentenceEnd(list.end);
    const Words before = WordsOf(text_.substr(begin, list.begin - begin));
    const size_t phrase = PhraseLength(before);
    if (phrase == 0) return;
    const Words behind = WordsOf(text_.substr(list.end, end - list.end));
    static constexpr std::array<std::string_view, 10> kMayFollow = {",", ":", "(",  ")",       "—",
                                                                    "–", "-", "so", "because", "and"};
    if (HasCondition(behind) || (!behind.empty() && !IsOneOf(behind[0], kMayFollow))) return;
    const std::span subject = std::span(before).first(before.size() - phrase);
    if (AreNeutral(subject)) {
      Mark(list);
      statements_.push_back({{}, list.numbers, true, Slice(begin, list.end)});
      return;
    }
    if (previous == nullptr || previous->begin < begin || previous->end > list.begin) return;
    const Words between = WordsOf(text_.substr(previous->end, list.begin - previous->end));
    if (between.size() < phrase || !AreNeutral(std::span(between).first(between.size() - phrase))) return;
    if (HasCondition(WordsOf(text_.substr(begin, previous->begin - begin)))) return;
    Mark(list);
    statements_.push_back({previous->numbers, list.numbers, false, Slice(previous->begin, list.end)});
  }

  // How many words the statement has that `words` end with; 0: there is none.
  static size_t PhraseLength(std::span<const std::string> words) {
    static constexpr std::array<std::string_view, 17> kPhrases = {
        "independent of",     "independently of",   "independent from",    "independently from",
        "in parallel with",   "in parallel to",     "concurrently with",   "simultaneously with",
        "does not depend on", "do not depend on",   "doesn't depend on",   "don't depend on",
        "no dependency on",   "no dependencies on", "without waiting for", "does not wait for",
        "need not wait for"};
    for (const std::string_view phrase : kPhrases) {
      const auto wanted = Split(phrase, ' ');
      if (words.size() >= wanted.size() && std::equal(wanted.rbegin(), wanted.rend(), words.rbegin()))
        return wanted.size();
    }
    return 0;
  }

  void Mark(const TaskList& list) {
    for (size_t i = list.first; i <= list.last; ++i) mentions_[i].apart = true;
  }

  std::string_view text_;
  std::span<Mention> mentions_;
  std::vector<TaskList> lists_;
  std::vector<IndependenceStatement> statements_;
};

}  // namespace

std::vector<IndependenceStatement> ReadIndependence(std::string_view text, std::span<Mention> mentions) {
  const auto is_task = [](const Mention& mention) { return mention.task >= 0; };
  if (std::none_of(mentions.begin(), mentions.end(), is_task)) return {};
  return Reader(text, mentions).Run();
}

}  // namespace gsd
