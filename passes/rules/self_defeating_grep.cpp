// A check that some text is *not* in a file, on a task whose action says to write just that text into it.
// Most actions that name the text say to remove it, so two signs are asked for: the text stands in code that
// the action gives for this file, or in a comment that it dictates; and nothing nearby says that it must go.
#include <algorithm>
#include <iterator>
#include <set>

#include "analysis/verify_commands.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// `! grep -q LITERAL file`, or a count of it that must be 0.
struct Absence {
  std::string literal, file;
  Span span;  // of the literal
};

// With -F nothing is special; else only text without operators is a literal.
bool IsLiteral(std::string_view pattern, bool fixed) {
  if (pattern.size() < 3) return false;
  return fixed || pattern.find_first_of("\\.*[]^$+?(){}|") == std::string_view::npos;
}

std::optional<Absence> ReadGrep(const VerifyCommand& verify, const ShellCommand& command) {
  const std::string_view program = command.Word(0);
  const bool fgrep = program == "fgrep";
  if (program != "grep" && program != "egrep" && program != "rg" && !fgrep) return std::nullopt;
  bool fixed = fgrep;
  std::vector<const ShellWord*> operands;
  for (size_t i = 1; i < command.words.size(); ++i) {
    const ShellWord& word = command.words[i];
    if (word.text.starts_with("--")) return std::nullopt;
    if (word.text.starts_with('-') && word.text.size() > 1) {
      for (const char c : word.text.substr(1)) {
        if (c == 'F') fixed = true;
        if (std::string_view("FEGcqsniHhowxl").find(c) == std::string_view::npos) return std::nullopt;
      }
      continue;
    }
    operands.push_back(&word);
  }
  // One file: with several nobody knows which the text is written to.
  if (operands.size() != 2 || operands[0]->expanded || operands[1]->expanded) return std::nullopt;
  const std::string& file = operands[1]->text;
  if (!IsLiteral(operands[0]->text, fixed) || file.ends_with('/') ||
      file.find_first_of("*?{") != std::string::npos)
    return std::nullopt;
  return Absence{operands[0]->text, file, verify.Of(*operands[0])};
}

bool ComparesWithZero(const ShellCommand& command) {
  const auto& words = command.words;
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& op = words[i].text;
    if ((op == "-eq" || op == "=" || op == "==") && words[i + 1].text == "0" && words[i - 1].expanded)
      return true;
  }
  return false;
}

bool Counts(const ShellCommand& command) {
  return std::ranges::any_of(command.words, [](const ShellWord& word) {
    return word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' &&
           word.text.find('c') != std::string::npos;
  });
}

std::vector<Absence> Absences(const VerifyCommand& verify) {
  std::vector<Absence> found;
  const auto add = [&](const ShellCommand& command) {
    if (auto absence = ReadGrep(verify, command)) found.push_back(std::move(*absence));
  };
  const auto& commands = verify.script.commands;
  for (size_t i = 0; i < commands.size(); ++i) {
    const bool piped = i + 1 < commands.size() && commands[i + 1].join == ShellJoin::kPipe;
    if (commands[i].negated && !piped && commands[i].join != ShellJoin::kPipe) add(commands[i]);
    // grep -c x f | grep -q '^0$'
    if (piped && Counts(commands[i]) && commands[i + 1].Word(0) == "grep" &&
        (commands[i + 1].Word(2) == "^0$" ||
         (commands[i + 1].Word(1).find('x') != std::string_view::npos && commands[i + 1].Word(2) == "0")))
      add(commands[i]);
    const std::string_view program = commands[i].Word(0);
    if ((program != "test" && program != "[" && program != "[[") || commands[i].negated ||
        !ComparesWithZero(commands[i]))
      continue;
    for (const ShellScript& inner : commands[i].substitutions) {
      if (inner.commands.size() == 1 && Counts(inner.commands[0])) add(inner.commands[0]);
    }
  }
  return found;
}

// ---- what the action says

constexpr std::string_view kRemovals[] = {
    "remove",    "delete",  "drop",   "replace",   "rename",  "before",  "old",       "from",     "current",
    "existing",  "instead", "not",    "never",     "no",      "without", "avoid",     "don't",    "stop",
    "was",       "legacy",  "find",   "change",    "migrate", "wrong",   "bad",       "previous", "convert",
    "eliminate", "zero",    "absent", "forbidden", "must",    "gone",    "deprecated"};

bool SpeaksOfRemoval(std::string_view text) {
  if (text.find("→") != std::string_view::npos || text.find("->") != std::string_view::npos) return true;
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && !IsAlpha(text[at])) ++at;
    const size_t begin = at;
    while (at < text.size() && (IsAlpha(text[at]) || text[at] == '\'')) ++at;
    std::string word = ToLower(text.substr(begin, at - begin));
    for (const std::string_view removal : kRemovals) {
      // "removed", "removes", "replacing"
      if (word == removal || (removal.size() > 3 && word.starts_with(removal.substr(0, removal.size() - 1)) &&
                              word.size() <= removal.size() + 3))
        return true;
    }
  }
  return false;
}

// Fences with commands, their output or a difference: not what stands in the file afterwards.
constexpr std::string_view kOtherFences[] = {"bash", "console", "diff", "powershell",
                                             "sh",   "shell",   "text", "zsh"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

class Action {
 public:
  Action(const SourceFile& file, const Task& task) : task_(task) {
    if (const Element* action = FindElement(task, Tag::kAction)) text_ = file.Slice(action->body);
  }

  // Where it says to write `absence.literal` into the file; empty when it does not.
  std::string_view Writes(const Absence& absence) const {
    if (!IsOnlyFile(absence.file)) return {};
    bool fenced = false;
    bool counts = false;       // the fence holds code for the file
    std::string_view prose;    // the last line of prose that is not blank
    std::string_view earlier;  // and the one before it
    std::string_view written;
    for (size_t at = 0; at < text_.size();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const std::string_view line = text_.substr(at, end - at);
      at = end + 1;
      if (Trim(line).starts_with("```")) {
        fenced = !fenced;
        counts = !IsOneOf(Trim(Trim(line).substr(3)), kOtherFences) && !SpeaksOfRemoval(prose) &&
                 !SpeaksOfRemoval(earlier);
        continue;
      }
      const size_t found = line.find(absence.literal);
      if (found != std::string_view::npos) {
        const bool dictated = fenced ? counts : DictatesComment(line.substr(0, found));
        // Named once as what must go, it is what the check is for.
        if (!dictated && SpeaksOfRemoval(line)) return {};
        if (fenced && SpeaksOfRemoval(Comment(line))) return {};
        if (dictated && written.empty()) written = line.substr(found, absence.literal.size());
      }
      if (!fenced && !Trim(line).empty()) {
        earlier = prose;
        prose = line;
      }
    }
    return written;
  }

 private:
  // The task writes this file and no other: what its action gives is meant for it.
  bool IsOnlyFile(std::string_view file) const {
    return task_.files.size() == 1 &&
           (task_.files[0].path == file || file.ends_with("/" + std::string(task_.files[0].path)) ||
            task_.files[0].path.ends_with("/" + std::string(file)));
  }

  static std::string_view Comment(std::string_view line) {
    for (const std::string_view sign : {"//", "#", "/*", "<!--", "--"}) {
      if (const size_t at = line.find(sign); at != std::string_view::npos) return line.substr(at);
    }
    return {};
  }

  // "Add the comment `// replaces LITERAL`": an order to write a comment, and no "do not" before it.
  static bool DictatesComment(std::string_view before) {
    const size_t comment = before.rfind("comment");
    if (comment == std::string_view::npos) return false;
    const std::string_view order = before.substr(0, comment);
    const size_t sentence = order.find_last_of(".;");
    const std::string lower = ToLower(sentence == std::string_view::npos ? order : order.substr(sentence));
    const bool told = std::ranges::any_of(
        std::initializer_list<std::string_view>{"add ", "write ", "leave ", "put ", "include "},
        [&](std::string_view verb) { return lower.find(verb) != std::string::npos; });
    const std::string_view between = before.substr(comment);
    return told && !SpeaksOfRemoval(lower) && between.find('`') != std::string_view::npos &&
           between.find(". ") == std::string_view::npos;
  }

  const Task& task_;
  std::string_view text_;
};

// What `<!-- planner-discipline-allow: LIT -->` and `<!-- planner-region-allow: PAT -->` in the plan allow.
std::vector<std::string_view> Allowed(std::string_view text) {
  constexpr size_t kMostAllowed = 256;
  std::vector<std::string_view> allowed;
  for (const std::string_view name : {"planner-discipline-allow:", "planner-region-allow:"}) {
    for (size_t at = FindWord(text, name); at != std::string_view::npos && allowed.size() < kMostAllowed;
         at = FindWord(text, name, at + 1)) {
      std::string_view rest = text.substr(at + name.size());
      rest = Trim(rest.substr(0, rest.find("-->")));
      while (rest.size() > 1 && (rest.front() == '`' || rest.front() == '"' || rest.front() == '\''))
        rest = rest.substr(1, rest.size() - 2);
      if (!rest.empty()) allowed.push_back(rest);
    }
  }
  return allowed;
}

void CheckTask(const SourceFile& file, const Task& task, const std::vector<VerifyCommand>& commands,
               const std::vector<std::string_view>& allowed, Reporter& report) {
  constexpr size_t kMostChecks = 16;  // a task; each reads its action once
  const Action action(file, task);
  std::set<std::pair<std::string, std::string>> seen;
  for (const VerifyCommand& verify : commands) {
    for (const Absence& absence : Absences(verify)) {
      if (!seen.emplace(absence.literal, absence.file).second) continue;
      if (seen.size() > kMostChecks) return;
      const std::string_view written = action.Writes(absence);
      const bool meant = std::ranges::any_of(
          allowed, [&](std::string_view text) { return absence.literal.find(text) != std::string::npos; });
      if (written.empty() || meant) continue;
      report
          .At(absence.span, "the check asks that `{}` is not in `{}`, but the action says to write it there",
              absence.literal, absence.file)
          .Label(file.SpanOf(written), "the agent will write this")
          .Help(
              "let the check look for code that no comment repeats, or word the action differently; "
              "`<!-- planner-discipline-allow: {} -->` says that it is meant so",
              absence.literal);
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    std::optional<std::vector<std::string_view>> allowed;
    for (uint32_t t = 0; t < unit.tasks.size(); ++t) {
      const auto& commands = unit.tasks[TaskId{t}].verify;
      if (commands.empty()) continue;
      if (!allowed) allowed = Allowed(unit.source->text());
      CheckTask(*unit.source, unit.plan.tasks[TaskId{t}], commands, *allowed, report);
    }
  }
}

}  // namespace

extern constinit const Rule self_defeating_grep = {
    {.name = "self-defeating-grep",
     .category = "verification",
     .severity = Severity::kWarning,
     .summary = "A task must write a text into a file, and its verify command fails when the text is there.",
     .rationale = "An action that says \"add the comment `// formerly getUser`\" and a check `! grep -q "
                  "getUser src/api.ts` "
                  "cannot both be satisfied: the agent follows the action, fails the check, and starts to "
                  "bend one or the "
                  "other. Reported only where the action gives the text as code for the task's one file, or "
                  "dictates it as "
                  "a comment; an action that says to remove the text is what the check is for."},
    Check};

}  // namespace gsd::rules
