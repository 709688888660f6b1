#include "analysis/shell.h"

#include <algorithm>
#include <array>

#include "frontend/support.h"

namespace gsd {

namespace {

// Substitutions are read again, one level deeper each time; below this they are text.
constexpr int kDeepestSubstitution = 4;

template <size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Before a command: they say that more than one list is here, and a command may follow at once.
constexpr std::array<std::string_view, 10> kLeadingKeywords = {"if", "then", "elif",  "else", "while",
                                                               "do", "fi",   "until", "done", "esac"};
// With words of their own behind them.
constexpr std::array<std::string_view, 4> kOtherKeywords = {"for", "case", "select", "function"};

struct Character {
  char value = 0;
  uint32_t size = 0;  // bytes in the text; more than one for an entity
};

class ShellParser {
 public:
  ShellParser(std::string_view text, uint32_t begin, uint32_t end, int depth)
      : text_(text), at_(begin), end_(end), depth_(depth) {
    lists_.push_back(0);
  }

  ShellScript Run() {
    while (at_ < end_) Step();
    Finish();
    if (lists_.size() > 1) script_.complete = false;
    return std::move(script_);
  }

 private:
  Character Peek(uint32_t at) const {
    if (at >= end_) return {};
    const char c = text_[at];
    if (c == '&') {
      const std::string_view rest = text_.substr(at, std::min<size_t>(end_ - at, 6));
      if (rest.starts_with("&amp;")) return {'&', 5};
      if (rest.starts_with("&lt;")) return {'<', 4};
      if (rest.starts_with("&gt;")) return {'>', 4};
      if (rest.starts_with("&quot;")) return {'"', 6};
    }
    return {c, 1};
  }

  // One token, or white space.
  void Step() {
    const auto [c, size] = Peek(at_);
    if (in_test_ && c != '\n') return IsSpace(c) ? void(++at_) : ReadWord();
    if (c == '\n') {
      ++at_;
      Finish();
      return Join(ShellJoin::kNewline);
    }
    if (IsSpace(c)) return void(++at_);
    if (c == '#') return void(at_ = static_cast<uint32_t>(std::min<size_t>(text_.find('\n', at_), end_)));
    if (c == '\\' && at_ + 1 < end_ && (text_[at_ + 1] == '\n' || text_[at_ + 1] == '\r')) {
      at_ += 2;
      if (text_[at_ - 1] == '\r' && at_ < end_ && text_[at_] == '\n') ++at_;
      return;
    }
    if (c == '&' || c == '|' || c == ';') return ReadOperator(c, size);
    if (c == '(' && current_.words.empty()) return at_ += size, Open();
    if (c == ')') return at_ += size, Close();
    if (ReadRedirect()) return;
    ReadWord();
  }

  void ReadOperator(char c, uint32_t size) {
    const Character next = Peek(at_ + size);
    if (c == '&' && next.value == '>') return void(ReadRedirect());
    const bool twice = next.value == c;
    at_ += twice || (c == '|' && next.value == '&') ? size + next.size : size;
    Finish();
    if (c == '&' && !twice) MarkBackground();
    if (c == '&') return Join(twice ? ShellJoin::kAnd : ShellJoin::kBackground);
    if (c == '|') return Join(twice ? ShellJoin::kOr : ShellJoin::kPipe);
    Join(ShellJoin::kSemicolon);
  }

  // An operator ends the command before it. Behind an operator, line breaks mean nothing.
  void Join(ShellJoin join) {
    if (join != ShellJoin::kNewline || !joined_) join_ = join;
    joined_ = join == ShellJoin::kAnd || join == ShellJoin::kOr || join == ShellJoin::kPipe;
    if (!joined_) lists_.back() = script_.commands.size();
  }

  void MarkBackground() {
    for (size_t i = lists_.back(); i < script_.commands.size(); ++i) script_.commands[i].background = true;
  }

  void Open() {
    if (current_.opens == 0) current_.join = join_;
    ++current_.opens;
    lists_.push_back(script_.commands.size());
    joined_ = false;
    join_ = ShellJoin::kFirst;
  }

  void Close() {
    Finish();
    if (lists_.size() == 1) return;  // a pattern of `case`, or a slip
    lists_.pop_back();
    if (!script_.commands.empty()) ++script_.commands.back().closes;
    joined_ = false;
    join_ = ShellJoin::kSemicolon;  // until an operator says otherwise
  }

  void Touch(uint32_t begin) {
    if (current_.words.empty() && current_.redirects.empty()) current_.begin = begin;
    current_.end = at_;
  }

  // Puts the current command, if there is one, behind the others.
  void Finish() {
    in_test_ = false;
    if (current_.words.empty() && current_.redirects.empty()) return;
    if (current_.opens == 0) current_.join = join_;
    script_.commands.push_back(std::move(current_));
    current_ = {};
    joined_ = false;
    join_ = ShellJoin::kSemicolon;
  }

  // `2>/dev/null`, `> file`, `2>&1`, `&> file`, `<<< text`, `<<EOF`.
  bool ReadRedirect() {
    uint32_t at = at_;
    std::string op;
    while (at < end_ && IsDigit(text_[at])) op += text_[at++];
    if (const Character c = Peek(at); c.value == '&' && op.empty()) op += '&', at += c.size;
    Character c = Peek(at);
    if (c.value != '<' && c.value != '>') return false;
    const char first = c.value;
    if (Peek(at + c.size).value == '(') return false;  // a substitution, read with its word
    for (; c.value == first && op.size() < 6; c = Peek(at)) op += c.value, at += c.size;
    if (c.value == '&' || c.value == '|') op += c.value, at += c.size;
    const uint32_t begin = at_;
    at_ = at;
    while (at_ < end_ && IsBlank(text_[at_])) ++at_;
    ShellRedirect redirect{op, TakeWord()};
    Touch(begin);
    if (op.ends_with("<<")) SkipHereDocument(redirect.target.text);
    current_.redirects.push_back(std::move(redirect));
    return true;
  }

  // The lines up to the one that is `delimiter`; the rest of the command's own line goes with them.
  void SkipHereDocument(std::string_view delimiter) {
    script_.compound = true;
    while (at_ < end_) {
      const size_t line_end = std::min<size_t>(text_.find('\n', at_), end_);
      const std::string_view line = Trim(text_.substr(at_, line_end - at_));
      at_ = static_cast<uint32_t>(line_end);
      if (line == delimiter) return;
      if (at_ < end_) ++at_;
    }
  }

  void ReadWord() {
    const uint32_t begin = at_;
    ShellWord word = TakeWord();
    if (at_ == begin) return void(++at_);  // nothing that begins a word: passed over
    const bool first = current_.words.empty();
    if (first && !word.quoted) {
      if (word.text == "!") return void(current_.negated = !current_.negated);
      if (word.text == "{") return Open();
      if (word.text == "}") return Close();
      if (IsOneOf(word.text, kLeadingKeywords)) return void(script_.compound = true);
      if (IsOneOf(word.text, kOtherKeywords)) script_.compound = true;
      if (word.text == "[[") in_test_ = true;
    }
    if (in_test_ && word.text == "]]") in_test_ = false;
    Touch(begin);
    current_.words.push_back(std::move(word));
  }

  bool EndsWord(char c, int parentheses) const {
    if (IsSpace(c)) return true;
    if (in_test_) return false;
    return c == ';' || c == '|' || c == '&' || c == '<' || c == '>' || (c == ')' && parentheses == 0);
  }

  ShellWord TakeWord() {
    ShellWord word;
    word.begin = at_;
    int parentheses = 0;  // of a path such as app/(main)/page.tsx, which people forget to quote
    while (at_ < end_) {
      const auto [c, size] = Peek(at_);
      if ((c == '<' || c == '>') && Peek(at_ + size).value == '(' && word.text.empty()) {
        at_ += size;
        TakeSubstitution(word);
        continue;
      }
      if (EndsWord(c, parentheses)) break;
      if (c == '\'' || c == '"') {
        TakeQuoted(word, c, size);
      } else if (c == '$' || c == '`') {
        TakeExpansion(word);
      } else if (c == '\\' && at_ + 1 < end_) {
        if (text_[at_ + 1] != '\n') word.text += text_[at_ + 1];
        at_ += 2;
      } else {
        parentheses += c == '(' ? 1 : c == ')' ? -1 : 0;
        word.text += c;
        at_ += size;
      }
    }
    word.end = at_;
    return word;
  }

  void TakeQuoted(ShellWord& word, char quote, uint32_t quote_size) {
    word.quoted = true;
    at_ += quote_size;
    while (at_ < end_) {
      const auto [c, size] = Peek(at_);
      if (c == quote) return void(at_ += size);
      if (quote == '"' && c == '\\' && at_ + 1 < end_) {
        const char next = text_[at_ + 1];
        if (next != '"' && next != '\\' && next != '$' && next != '`') word.text += c;
        word.text += next;
        at_ += 2;
      } else if (quote == '"' && (c == '$' || c == '`')) {
        TakeExpansion(word);
      } else {
        word.text += c;
        at_ += size;
      }
    }
    script_.complete = false;
  }

  // `$name`, `${…}`, `$(…)`, `$((…))`, `` `…` ``: kept as written.
  void TakeExpansion(ShellWord& word) {
    word.expanded = true;
    const char c = text_[at_];
    if (c == '`') {
      size_t close = at_ + 1;
      while (close < end_ && text_[close] != '`') close += text_[close] == '\\' ? 2 : 1;
      return TakeBody(word, at_ + 1, std::min<size_t>(close, end_), 1);
    }
    word.text += c;
    ++at_;
    if (at_ < end_ && text_[at_] == '(') return TakeSubstitution(word);
    if (at_ < end_ && text_[at_] == '{') {
      const size_t close = std::min<size_t>(text_.find('}', at_), end_);
      word.text += text_.substr(at_, close - at_);
      at_ = static_cast<uint32_t>(close);
    }
  }

  // From the `(` to its `)`.
  void TakeSubstitution(ShellWord& word) {
    word.expanded = true;
    int open = 0;
    char quote = 0;
    uint32_t at = at_;
    for (; at < end_; ++at) {
      const char c = text_[at];
      if (c == '\\' && quote != '\'') {
        ++at;
      } else if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(') {
        ++open;
      } else if (c == ')' && --open == 0) {
        break;
      }
    }
    TakeBody(word, at_ + 1, std::min(at, end_), 1);
  }

  void TakeBody(ShellWord& word, size_t begin, size_t close, size_t close_size) {
    begin = std::min<size_t>(begin, close);
    if (close >= end_) script_.complete = false;
    const size_t next = std::min<size_t>(close + close_size, end_);
    word.text += text_.substr(at_, next - at_);
    at_ = static_cast<uint32_t>(next);
    const bool arithmetic = begin < close && text_[begin] == '(';
    if (depth_ >= kDeepestSubstitution || arithmetic) return;
    current_.substitutions.push_back(
        ShellParser(text_, static_cast<uint32_t>(begin), static_cast<uint32_t>(close), depth_ + 1).Run());
  }

  std::string_view text_;
  uint32_t at_, end_;
  int depth_;
  ShellScript script_;
  ShellCommand current_;
  ShellJoin join_ = ShellJoin::kFirst;
  bool joined_ = false;        // an operator stands before the next command
  bool in_test_ = false;       // between [[ and ]]
  std::vector<size_t> lists_;  // by open group: where its current list begins
};

// Is it `name=value`?
bool IsAssignment(const ShellWord& word) {
  const size_t equals = word.text.find('=');
  return equals != std::string::npos && equals > 0 && !IsDigit(word.text[0]) &&
         std::all_of(word.text.begin(), word.text.begin() + static_cast<std::ptrdiff_t>(equals), IsWordChar);
}

// `pnpm exec X`, `uv run X`; `pnpm vitest` and `yarn vitest` run the program of that name.
bool RunsNextWord(std::string_view word, std::string_view next) {
  static constexpr std::array<std::string_view, 7> kTools = {"eslint", "jest", "playwright", "tsc",
                                                             "tsx",    "vite", "vitest"};
  if (word == "uv" || word == "poetry" || word == "pipenv") return next == "run";
  if (word == "bundle") return next == "exec";
  if (word != "pnpm" && word != "yarn" && word != "npm" && word != "bun") return false;
  return next == "exec" || next == "dlx" || next == "x" || (word != "npm" && IsOneOf(next, kTools));
}

}  // namespace

ShellScript ParseShell(std::string_view text) {
  return ShellParser(text, 0, static_cast<uint32_t>(text.size()), 0).Run();
}

void ForEachCommand(const ShellScript& script, const std::function<void(const ShellCommand&)>& visit) {
  for (const ShellCommand& command : script.commands) {
    visit(command);
    for (const ShellScript& inner : command.substitutions) ForEachCommand(inner, visit);
  }
}

size_t ProgramIndex(const ShellCommand& command) {
  static constexpr std::array<std::string_view, 10> kStarters = {
      "env", "time", "sudo", "command", "nohup", "npx", "bunx", "rtk", "exec", "cross-env"};
  size_t i = 0;
  const auto skip_options = [&] {
    while (i < command.words.size() && command.Word(i).starts_with('-')) ++i;
  };
  while (i < command.words.size()) {
    const std::string_view word = command.Word(i);
    const std::string_view next = command.Word(i + 1);
    if (IsAssignment(command.words[i])) {
      ++i;
    } else if (IsOneOf(word, kStarters)) {
      ++i;
      skip_options();
    } else if (RunsNextWord(word, next)) {
      i += next == "exec" || next == "run" || next == "dlx" || next == "x" ? 2 : 1;
      skip_options();
    } else {
      break;
    }
  }
  return i;
}

}  // namespace gsd
