#include "analysis/verify_commands.h"

#include <algorithm>
#include <iterator>

namespace gsd {

namespace {

// Programs that begin a line which is plainly a command. What is not here can still stand in <automated>.
constexpr std::string_view kPrograms[] = {
    "[",      "[[",        "ansible", "awk",        "bash",    "biome",      "black",    "bun",
    "bundle", "cargo",     "cat",     "cd",         "clang",   "cmake",      "composer", "curl",
    "dart",   "deno",      "diff",    "docker",     "dotnet",  "eslint",     "find",     "flutter",
    "gh",     "git",       "go",      "gradle",     "grep",    "head",       "helm",     "jest",
    "jq",     "kubectl",   "ls",      "make",       "mix",     "mvn",        "mypy",     "next",
    "node",   "npm",       "npx",     "php",        "phpunit", "playwright", "pnpm",     "poetry",
    "prisma", "psql",      "pytest",  "python",     "python3", "rg",         "rspec",    "rtk",
    "ruby",   "ruff",      "rustc",   "sed",        "sh",      "shellcheck", "sqlite3",  "swift",
    "tail",   "terraform", "test",    "timeout",    "tsc",     "tsx",        "uv",       "uvicorn",
    "vite",   "vitest",    "wc",      "xcodebuild", "yarn",    "zsh"};

// Words that make a line a sentence, though it begins with a program's name.
constexpr std::string_view kSentenceWords[] = {
    "should", "must",  "shows", "show",     "passes",  "pass",     "succeeds", "succeed", "returns", "return",
    "exits",  "works", "fails", "confirms", "confirm", "compiles", "prints",   "reports", "exists",  "is",
    "are",    "has",   "have",  "contains", "without", "with",     "runs",     "lists",   "outputs", "output",
    "no",     "zero",  "clean", "the",      "→",       "—",        "–",        "->"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool IsProgram(std::string_view word) {
  return IsOneOf(word, kPrograms) || word.starts_with("./") || word == "!";
}

// A line that nobody would take for a sentence.
bool IsPlainCommand(std::string_view line) {
  if (line.find('`') != std::string_view::npos) return false;
  const ShellScript script = ParseShell(line);
  if (!script.complete || script.commands.empty()) return false;
  const ShellCommand& first = script.commands.front();
  if (!IsProgram(first.Word(0)) &&
      !(first.Word(0).find('=') != std::string_view::npos && IsProgram(first.Word(ProgramIndex(first)))))
    return false;
  if (line.ends_with('.') && line.size() > 2 && !IsSpace(line[line.size() - 2]) &&
      line[line.size() - 2] != '.')
    return false;
  for (const ShellCommand& command : script.commands) {
    for (const ShellWord& word : command.words) {
      if (!word.quoted && (IsOneOf(word.text, kSentenceWords) || word.text.ends_with(':') ||
                           word.text.ends_with(',') || word.text.starts_with('(')))
        return false;
    }
  }
  return true;
}

// Calls `use` with each line, its line break not counted.
template <typename F>
void ForEachLine(std::string_view text, F use) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    use(text.substr(at, end - at));
    at = end + 1;
  }
}

std::string_view Between(std::string_view text, std::string_view from, std::string_view until) {
  const auto begin = static_cast<size_t>(from.data() - text.data());
  return text.substr(begin, static_cast<size_t>(until.data() - text.data()) - begin);
}

class CommandFinder {
 public:
  explicit CommandFinder(const SourceFile& file) : file_(file) {}

  void Add(std::string_view text) {
    text = Trim(text);
    if (!text.empty()) found_.push_back({file_.SpanOf(text), ParseShell(text)});
  }

  void ReadAutomated(std::string_view body) {
    body = Trim(body);
    if (body.find("```") != std::string_view::npos) return ReadFences(body);
    if (body.size() > 1 && body.front() == '`' && body.back() == '`') body = body.substr(1, body.size() - 2);
    if (!IsMissingSentinel(body) && !IsProse(body)) Add(body);
  }

  void ReadVerify(std::string_view body) {
    if (body.find("```") != std::string_view::npos) return ReadFences(body);
    bool plain = true;
    bool any = false;
    ForEachLine(body, [&](std::string_view line) {
      line = Trim(line);
      if (line.starts_with("$ ")) Add(line.substr(2));
      if (line.empty() || line[0] == '#') return;
      any = true;
      plain = plain && IsPlainCommand(line);
    });
    if (any && plain) Add(body);
  }

  std::vector<VerifyCommand> Take() { return std::move(found_); }

 private:
  // "Manual check of …", "N/A": begins with a word in capitals that is no assignment and no path.
  static bool IsProse(std::string_view text) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    if (word.empty() || (!(word[0] >= 'A' && word[0] <= 'Z') && word[0] != '(' && word[0] != '-' &&
                         static_cast<unsigned char>(word[0]) < 0x80))
      return false;
    if (word[0] == '(') return text.size() > 1 && text[1] >= 'A' && text[1] <= 'Z';
    return word.find_first_of("=/\\.-$") == std::string_view::npos || word[0] == '-';
  }

  // Fences without a language, or with a shell's. One without must begin with a command.
  void ReadFences(std::string_view text) {
    std::string_view open;  // the fence's first line
    ForEachLine(text, [&](std::string_view line) {
      const std::string_view trimmed = Trim(line);
      if (!trimmed.starts_with("```")) return;
      if (open.data() == nullptr) {
        open = line;
        return;
      }
      const std::string_view language = Trim(Trim(open).substr(3));
      const bool shell = language == "bash" || language == "sh" || language == "shell" || language == "zsh" ||
                         language == "console";
      const std::string_view body = Between(text, open.substr(open.size()), line);
      if (shell || (language.empty() && BeginsWithCommand(body))) AddFence(body);
      open = {};
    });
  }

  static bool BeginsWithCommand(std::string_view body) {
    bool begins = false;
    bool seen = false;
    ForEachLine(body, [&](std::string_view line) {
      line = Trim(line);
      if (seen || line.empty() || line[0] == '#') return;
      seen = true;
      begins = line.starts_with("$ ") || IsProgram(line.substr(0, line.find_first_of(" \t")));
    });
    return begins;
  }

  // In a transcript the commands begin with `$ `, and the other lines are what they print.
  void AddFence(std::string_view body) {
    bool transcript = false;
    ForEachLine(body,
                [&](std::string_view line) { transcript = transcript || Trim(line).starts_with("$ "); });
    if (!transcript) return Add(body);
    ForEachLine(body, [&](std::string_view line) {
      if (Trim(line).starts_with("$ ")) Add(Trim(line).substr(2));
    });
  }

  const SourceFile& file_;
  std::vector<VerifyCommand> found_;
};

}  // namespace

bool IsMissingSentinel(std::string_view automated) {
  constexpr std::string_view kMissing = "MISSING";
  automated = Trim(automated);
  return automated.starts_with(kMissing) &&
         (automated.size() == kMissing.size() || !IsWordChar(automated[kMissing.size()])) &&
         !automated.substr(kMissing.size()).starts_with('=');
}

std::vector<VerifyCommand> VerifyCommands(const SourceFile& file, const Task& task) {
  CommandFinder finder(file);
  for (size_t i = 0; i < task.elements.size(); ++i) {
    const Element& element = task.elements[i];
    if (element.tag == Tag::kAutomated) finder.ReadAutomated(file.Slice(element.body));
    if (element.tag != Tag::kVerify) continue;
    // What stands in it comes right behind it.
    bool has_automated = false;
    for (size_t k = i + 1; k < task.elements.size() && element.body.Contains(task.elements[k].open.begin);
         ++k) {
      if (task.elements[k].tag == Tag::kVerify) break;
      has_automated = has_automated || task.elements[k].tag == Tag::kAutomated;
    }
    if (!has_automated) finder.ReadVerify(file.Slice(element.body));
  }
  return finder.Take();
}

}  // namespace gsd
