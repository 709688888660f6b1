#include "analysis/independence.h"

#include <algorithm>
#include <array>
#include <optional>

#include "frontend/support.h"

namespace gsd {

namespace {

constexpr size_t kMostContext = 256;  // bytes of a sentence that are read before and behind a list of tasks
constexpr size_t kMostLead = 512;     // bytes before a list of tasks that may say whose tasks these are
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

// What may stand between the start of a clause and "tasks 2 and 3 …". Anything else may be the subject, of
// which the tasks are only a part ("the tests in tasks 2 and 3"), make it a question ("can tasks 2 and 3 …")
// or a report of what somebody else says.
bool MayPrecede(std::string_view word) {
  static constexpr std::array<std::string_view, 21> kMayPrecede = {
      "run",  "execute", "start", "spawn", "launch", "do",   "work", "on",  "both",      "all",  "the",
      "then", "so",      "thus",  "hence", "also",   "note", "that", "and", "therefore", "build"};
  return IsOneOf(word, kMayPrecede);
}

// "is this …", "can it …"
bool HasOrderOfQuestion(std::span<const std::string> words) {
  static constexpr std::array<std::string_view, 5> kVerbs = {"is", "are", "can", "may", "could"};
  static constexpr std::array<std::string_view, 8> kSubjects = {"this", "it",    "they", "these",
                                                                "task", "tasks", "both", "all"};
  return words.size() > 1 && IsOneOf(words[0], kVerbs) && IsOneOf(words[1], kSubjects);
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
  if (c == '`') return text.substr(0, at).ends_with("``");  // a fence
  return c == '\n' && IsBreak(text, at);
}

// Is a word of marks only, as a bullet, a dash or the comma, the start of a new clause?
bool IsClauseMark(std::string_view word) {
  static constexpr std::array<std::string_view, 3> kMarks = {"—", "–", "•"};
  return IsOneOf(word, kMarks) || word.find_first_not_of(",:().-+#") == std::string_view::npos;
}

// Is the last clause of what stands before a list of tasks about nothing but these?
bool AreSubject(std::span<const std::string> before) {
  for (size_t i = before.size(); i-- > 0 && !IsClauseMark(before[i]);) {
    if (!MayPrecede(before[i])) return false;
  }
  return true;
}

// "02-04", "02-04-auth-plan" → "2-4"; "" for other words.
std::string PlanNumberIn(std::string_view word) {
  size_t dash = 0;
  while (dash < word.size() && IsDigit(word[dash])) ++dash;
  if (dash == 0 || dash >= word.size() || word[dash] != '-') return "";
  size_t end = dash + 1;
  while (end < word.size() && IsDigit(word[end])) ++end;
  return end == dash + 1 ? "" : NormalizePlanName(word.substr(0, end));
}

// Do the words speak of a plan or phase that is not this one, or may they?
bool NameAnotherPlan(const Words& words, const PlanId& own) {
  const auto is_own = [&](std::string_view number, std::string_view own_number) {
    while (number.starts_with('#')) number.remove_prefix(1);
    return !own_number.empty() && NormalizePlanName(number) == NormalizePlanName(own_number);
  };
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view before = i > 0 ? std::string_view(words[i - 1]) : "";
    const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1]) : "";
    if (before != "tasks") {
      const std::string number = PlanNumberIn(word);
      if (!number.empty() && number != NormalizePlanName(own.id)) return true;
    }
    const bool is_plan = word.starts_with("plan") && (word.size() == 4 || word == "plans" || word[4] == '-');
    const bool is_phase =
        word.starts_with("phase") && (word.size() == 5 || word == "phases" || word[5] == '-');
    if (word.find("-plan") != std::string_view::npos && PlanNumberIn(word).empty()) return true;
    if (!is_plan && !is_phase) continue;
    const std::string_view name = is_plan ? "plan" : "phase";
    if (word.size() > name.size()) {
      if (word == "plans" || word == "phases") return true;
      if (!is_own(word.substr(name.size() + 1), is_plan ? own.plan : own.phase_number)) return true;
    } else if (!next.empty() && (IsDigit(next[0]) || next[0] == '#')) {
      if (PlanNumberIn(next).empty() && !is_own(next, is_plan ? own.plan : own.phase_number)) return true;
    } else if (before != "this") {
      return true;
    }
  }
  return false;
}

// Which places of a text stand in code or are quoted from somewhere. Asked from the front to the back.
class Quotes {
 public:
  explicit Quotes(std::string_view text) : text_(text) { BeginLine(); }

  bool Holds(size_t at) {
    while (at_ < at) Step();
    return fence_ != 0 || whole_line_ || code_ || quote_ != 0;
  }

 private:
  void BeginLine() {
    const std::string_view line =
        Trim(text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_));
    whole_line_ = line.starts_with('>');
    if (line.empty()) code_ = false, quote_ = 0;
    if (!line.starts_with("```") && !line.starts_with("~~~")) return;
    whole_line_ = true;
    if (fence_ == 0) {
      fence_ = line[0];
    } else if (fence_ == line[0]) {
      fence_ = 0;
    }
  }

  void Step() {
    const char c = text_[at_++];
    if (c == '\n') return BeginLine();
    if (fence_ != 0 || whole_line_) return;
    if (c == '`' && (at_ >= text_.size() || text_[at_] != '`')) code_ = !code_;
    if (code_) return;
    const std::string_view rest = text_.substr(at_ - 1);
    const bool behind_blank = at_ < 2 || IsSpace(text_[at_ - 2]) || text_[at_ - 2] == '(';
    const bool before_word = rest.size() > 1 && IsWordChar(rest[1]);
    if (quote_ != 0) {
      const std::string_view close = quote_ == 'c' ? "”" : quote_ == 'a' ? "»" : quote_ == '"' ? "\"" : "'";
      if (rest.starts_with(close) && (quote_ != '\'' || !before_word)) quote_ = 0;
    } else if (c == '"') {
      quote_ = '"';
    } else if (c == '\'' && behind_blank && before_word) {
      quote_ = '\'';
    } else if (rest.starts_with("“")) {
      quote_ = 'c';
    } else if (rest.starts_with("«")) {
      quote_ = 'a';
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool whole_line_ = false;  // a block quote, or the line of a fence
  bool code_ = false;
  char fence_ = 0;  // '`', '~'; 0: in none
  char quote_ = 0;  // '"', '\'', 'c' “curly”, 'a' «angled»; 0: in none
};

struct TaskList {
  std::vector<int> numbers;
  size_t begin, end;   // in the text
  size_t first, last;  // its mentions
  bool quoted = false;
};

class Reader {
 public:
  Reader(std::string_view text, const PlanId& own, std::span<Mention> mentions)
      : text_(text), own_(own), mentions_(mentions), quotes_(text) {
    FindLists();
  }

  std::vector<IndependenceStatement> Run() {
    for (size_t i = 0; i < lists_.size(); ++i) {
      const TaskList& list = lists_[i];
      auto statement = ReadEachOther(list);
      if (!statement) statement = ReadOf(i);
      if (!statement || IsQuoted(i) || !IsPlain(list)) continue;
      Mark(list);
      statements_.push_back(std::move(*statement));
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

  // Few lists are asked for; the text is read no further than to the last of them.
  bool IsQuoted(size_t i) {
    for (; quotes_known_ <= i; ++quotes_known_)
      lists_[quotes_known_].quoted = quotes_.Holds(lists_[quotes_known_].begin);
    return lists_[i].quoted;
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

  // A whole sentence, no question, of this plan.
  bool IsPlain(const TaskList& list) const {
    const size_t begin = SentenceBegin(list.begin), end = SentenceEnd(list.end);
    if (list.begin - begin >= kMostContext || end - list.end >= kMostContext) return false;
    for (size_t at = end; at < text_.size() && std::string_view(".!?)").find(text_[at]) < 4; ++at) {
      if (text_[at] == '?') return false;
    }
    const size_t lead = LeadBegin(begin);
    return !NameAnotherPlan(WordsOf(text_.substr(lead, list.begin - lead)), own_) &&
           !NameAnotherPlan(WordsOf(text_.substr(list.end, end - list.end)), own_);
  }

  // Where what introduces a sentence begins: "Plan 04:" before it or before its list.
  size_t LeadBegin(size_t at) const {
    const size_t least = at > kMostLead ? at - kMostLead : 0;
    size_t begin = at;
    for (; begin > least; --begin) {
      const char c = text_[begin - 1];
      const bool line_end = begin < text_.size() && (text_[begin] == '\n' || text_[begin] == '\r');
      if (c == '<' || c == '>' || (c == '\n' && line_end)) break;
      if (c != '\n' && c != ':' && !line_end && EndsSentence(text_, begin - 1)) break;
    }
    return begin;
  }

  static bool HasCondition(std::span<const std::string> words) {
    return std::any_of(words.begin(), words.end(), IsCondition);
  }

  static bool AreNeutral(std::span<const std::string> words) {
    return std::all_of(words.begin(), words.end(), IsNeutral);
  }

  std::string_view Slice(size_t begin, size_t end) const { return Trim(text_.substr(begin, end - begin)); }

  // "Tasks 2 and 3 can run in parallel"
  std::optional<IndependenceStatement> ReadEachOther(const TaskList& list) const {
    if (list.numbers.size() < 2) return std::nullopt;
    const size_t begin = SentenceBegin(list.begin), end = SentenceEnd(list.end);
    const Words before = WordsOf(text_.substr(begin, list.begin - begin));
    if (HasCondition(before) || !AreSubject(before)) return std::nullopt;
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
      return std::nullopt;
    }
    const std::span rest = std::span(words).subspan(at);
    if (!rest.empty() && (rest[0] == "with" || rest[0] == "to" || rest[0] == "of" || rest[0] == "from"))
      return std::nullopt;
    if (HasCondition(rest)) return std::nullopt;
    return IndependenceStatement{list.numbers, list.numbers, false, Slice(list.begin, end)};
  }

  // "independent of Task 2", "Task 3 does not depend on Task 2"
  std::optional<IndependenceStatement> ReadOf(size_t i) {
    const TaskList& list = lists_[i];
    const TaskList* previous = i == 0 ? nullptr : &lists_[i - 1];
    const size_t begin = SentenceBegin(list.begin), end = SentenceEnd(list.end);
    const Words before = WordsOf(text_.substr(begin, list.begin - begin));
    const size_t phrase = PhraseLength(before);
    if (phrase == 0) return std::nullopt;
    const Words behind = WordsOf(text_.substr(list.end, end - list.end));
    static constexpr std::array<std::string_view, 10> kMayFollow = {",", ":", "(",  ")",       "—",
                                                                    "–", "-", "so", "because", "and"};
    if (HasCondition(behind) || (!behind.empty() && !IsOneOf(behind[0], kMayFollow))) return std::nullopt;
    const std::span subject = std::span(before).first(before.size() - phrase);
    if (AreNeutral(subject)) {
      if (HasOrderOfQuestion(subject) || HasQuotes(begin, list.begin)) return std::nullopt;
      return IndependenceStatement{{}, list.numbers, true, Slice(begin, list.end)};
    }
    if (previous == nullptr || previous->begin < begin || previous->end > list.begin) return std::nullopt;
    const Words between = WordsOf(text_.substr(previous->end, list.begin - previous->end));
    if (between.size() < phrase || !AreNeutral(std::span(between).first(between.size() - phrase)))
      return std::nullopt;
    const Words lead = WordsOf(text_.substr(begin, previous->begin - begin));
    if (HasCondition(lead) || !AreSubject(lead)) return std::nullopt;
    if (IsQuoted(i - 1) || HasQuotes(previous->begin, list.begin)) return std::nullopt;
    return IndependenceStatement{previous->numbers, list.numbers, false, Slice(previous->begin, list.end)};
  }

  bool HasQuotes(size_t begin, size_t end) const {
    return CharSet("`\"").IsIn(text_.substr(begin, end - begin));
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
  const PlanId& own_;
  std::span<Mention> mentions_;
  std::vector<TaskList> lists_;
  Quotes quotes_;
  size_t quotes_known_ = 0;  // of how many lists it is known whether they are quoted
  std::vector<IndependenceStatement> statements_;
};

}  // namespace

std::vector<IndependenceStatement> ReadIndependence(std::string_view text, const PlanId& own,
                                                    std::span<Mention> mentions) {
  const auto is_task = [](const Mention& mention) { return mention.task >= 0; };
  if (std::none_of(mentions.begin(), mentions.end(), is_task)) return {};
  return Reader(text, own, mentions).Run();
}

}  // namespace gsd
