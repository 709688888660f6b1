#include "analysis/verify_files.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "analysis/paths.h"

namespace gsd {

namespace {

// Search or print the files that they are given; those of the second list take a pattern or program first.
constexpr std::string_view kPrinters[] = {"cat", "head", "tail", "wc"};
constexpr std::string_view kSearchers[] = {"grep", "egrep", "fgrep", "rg", "sed", "awk", "jq"};
// Run the tests or scripts that they are given.
constexpr std::string_view kRunners[] = {
    "ava",        "bash", "bun",     "deno", "flutter", "jest",   "mix",     "mocha", "node",
    "npm",        "php",  "phpunit", "pnpm", "pytest",  "python", "python3", "rspec", "ruby",
    "playwright", "sh",   "ts-node", "tsx",  "vitest",  "yarn",   "zsh"};
// Options that move a runner to another folder or package.
constexpr std::string_view kMovingOptions[] = {"--filter", "-F",          "--prefix", "-C",     "--cwd",
                                               "--dir",    "--workspace", "-w",       "--root", "--rootDir"};
constexpr std::string_view kSourceExtensions[] = {"bash", "cjs", "cts", "dart",  "ex",  "exs",
                                                  "js",   "jsx", "kt",  "mjs",   "mts", "php",
                                                  "py",   "rb",  "sh",  "swift", "ts",  "tsx"};
// What a build leaves, and what package managers bring.
constexpr std::string_view kMadeFolders[] = {"dist",         "build",  "out",   "target", "coverage",
                                             "node_modules", "tmp",    "bin",   "obj",    ".next",
                                             ".svelte-kit",  "_build", ".venv", "venv"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string_view Extension(std::string_view path) {
  const std::string_view name = FileNameOf(path);
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

// `tests/test_a.py::TestB` and `test/a_test.exs:12` name a file and a place in it.
std::string_view WithoutPlace(std::string_view path) {
  path = path.substr(0, path.find("::"));
  const size_t colon = path.rfind(':');
  const bool line = colon != std::string_view::npos && colon + 1 < path.size() &&
                    std::all_of(path.begin() + static_cast<std::ptrdiff_t>(colon) + 1, path.end(), IsDigit);
  return line ? path.substr(0, colon) : path;
}

bool IsRelativeFile(std::string_view path) {
  if (path.empty() || path[0] == '/' || path[0] == '~' || path[0] == '-' || path[0] == '@') return false;
  if (path.find('/') == std::string_view::npos || path.find("..") != std::string_view::npos) return false;
  if (path.find_first_of("*?{}<>|\"'`$:=,; \t\n\\^") != std::string_view::npos) return false;
  const std::string_view extension = Extension(path);
  if (extension.empty() || extension.size() > 10 ||
      !std::all_of(extension.begin(), extension.end(), IsWordChar))
    return false;
  return !IsBuildOutput(path);
}

class FileFinder {
 public:
  explicit FileFinder(const VerifyCommand& command) : command_(command) {}

  std::vector<VerifyFile> Run() {
    folders_.push_back({});
    for (const ShellCommand& command : command_.script.commands) {
      for (uint32_t i = 0; i < command.opens; ++i) folders_.push_back(folders_.back());
      for (const ShellRedirect& redirect : command.redirects) {
        if (redirect.op.find('>') != std::string::npos) made_.insert(redirect.target.text);
      }
      if (!lost_) Read(command);
      for (uint32_t i = 0; i < command.closes && folders_.size() > 1; ++i) folders_.pop_back();
    }
    return std::move(files_);
  }

 private:
  void Read(const ShellCommand& command) {
    const size_t at = ProgramIndex(command);
    const std::string_view program = command.Word(at);
    if (program == "cd" || program == "pushd") return ChangeFolder(command, at);
    if (command.negated || HidesErrors(command)) return;
    if (program.starts_with("./") && IsOneOf(Extension(program), kSourceExtensions)) Add(command.words[at]);
    if (IsOneOf(program, kPrinters)) return ReadOperands(command, at + 1, 0);
    if (IsOneOf(program, kSearchers)) return ReadOperands(command, at + 1, HasPatternOption(command) ? 0 : 1);
    if (IsOneOf(program, kRunners)) ReadRunner(command, at);
  }

  void ChangeFolder(const ShellCommand& command, size_t at) {
    if (at + 1 >= command.words.size() || command.words[at + 1].expanded || command.Word(at + 1) == "-") {
      lost_ = true;
      return;
    }
    const std::string_view to = command.Word(at + 1);
    const bool absolute =
        to.starts_with('/') || to.starts_with('~') || to.find(':') != std::string_view::npos;
    std::string& folder = folders_.back();
    folder = absolute || folder.empty() ? std::string(to) : folder + "/" + std::string(to);
  }

  // The author expects that the file may be missing.
  static bool HidesErrors(const ShellCommand& command) {
    return std::any_of(command.redirects.begin(), command.redirects.end(), [](const ShellRedirect& redirect) {
      return redirect.op == "2>" && redirect.target.text == "/dev/null";
    });
  }

  static bool HasPatternOption(const ShellCommand& command) {
    return std::any_of(command.words.begin(), command.words.end(), [](const ShellWord& word) {
      return word.text == "-e" || word.text == "-f" || word.text == "--files";
    });
  }

  // The operands but for the first `skip` ones. An option's own argument counts as an operand, which is why
  // nothing but paths with an extension is taken.
  void ReadOperands(const ShellCommand& command, size_t begin, size_t skip) {
    for (size_t i = begin; i < command.words.size(); ++i) {
      const std::string_view word = command.Word(i);
      if (word.starts_with('-') && word.size() > 1) {
        if (word == "-A" || word == "-B" || word == "-C" || word == "-m" || word == "-n" || word == "-e" ||
            word == "-f" || word == "-g" || word == "--arg")
          i += word == "-n" && i + 1 < command.words.size() && !AllDigits(command.Word(i + 1)) ? 0 : 1;
        continue;
      }
      if (skip > 0) {
        --skip;
        continue;
      }
      Add(command.words[i]);
    }
  }

  static bool AllDigits(std::string_view word) { return std::all_of(word.begin(), word.end(), IsDigit); }

  void ReadRunner(const ShellCommand& command, size_t at) {
    for (const ShellWord& word : command.words) {
      if (IsOneOf(std::string_view(word.text).substr(0, word.text.find('=')), kMovingOptions)) return;
    }
    for (size_t i = at + 1; i < command.words.size(); ++i) {
      const std::string_view word = command.Word(i);
      if (word == "-o" || word == "-e" || word == "-c" || word.starts_with("--out") || word == "--eval") {
        ++i;  // an output, or code
      } else if (IsOneOf(Extension(WithoutPlace(word)), kSourceExtensions)) {
        Add(command.words[i]);
      }
    }
  }

  void Add(const ShellWord& word) {
    std::string path(NormalizedView(WithoutPlace(word.text)));
    const bool planning = path.starts_with(".planning/");  // evidence and notes that agents leave
    if (word.expanded || planning || !IsRelativeFile(path) || made_.count(path) > 0) return;
    VerifyFile file{command_.Of(word), path, {}};
    const std::string& folder = folders_.back();
    if (!folder.empty()) AddPlacesIn(folder, path, file.places);
    file.places.push_back(NormalizePath(path));
    files_.push_back(std::move(file));
  }

  // A relative folder is below the root. Of an absolute one nobody knows where in it the root is: every
  // ending is tried.
  static void AddPlacesIn(std::string_view folder, const std::string& path,
                          std::vector<std::string>& places) {
    constexpr int kMostEndings = 8;
    if (!folder.starts_with('/') && !folder.starts_with('~') && folder.find(':') == std::string_view::npos) {
      std::string place = NormalizePath(std::string(folder) + "/" + path);
      if (!place.empty()) places.push_back(std::move(place));
      return;
    }
    size_t at = folder.size();
    for (int i = 0; i < kMostEndings && at != std::string_view::npos && at > 0; ++i) {
      at = folder.find_last_of("/\\", at - 1);
      if (at == std::string_view::npos) break;
      std::string place = NormalizePath(std::string(folder.substr(at + 1)) + "/" + path);
      if (!place.empty() && place[0] != '/') places.push_back(std::move(place));
    }
  }

  const VerifyCommand& command_;
  std::vector<std::string> folders_;         // by open group: the current folder, "" the root
  bool lost_ = false;                        // after a `cd` to nobody knows where
  std::set<std::string, std::less<>> made_;  // files that redirections write
  std::vector<VerifyFile> files_;
};

}  // namespace

bool IsBuildOutput(std::string_view path) {
  return std::ranges::any_of(Split(path, '/'),
                             [](std::string_view part) { return IsOneOf(part, kMadeFolders); });
}

std::vector<VerifyFile> FilesOf(const VerifyCommand& command) { return FileFinder(command).Run(); }

}  // namespace gsd
