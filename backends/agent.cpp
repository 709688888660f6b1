// Findings for a coding agent that is to repair the plans: every token counts, and nothing from a plan may
// pass for a line of ours. So a finding is one line, texts are short, what a fix replaces is quoted, and a
// `|` in a message cannot pretend to be the one before the fix.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "backends/diagnostic_formats.h"
#include "backends/escaped_text.h"
#include "backends/findings.h"

namespace gsd {
namespace {

constexpr size_t kMessageBytes = 400, kPathBytes = 300, kEditBytes = 120, kCommandBytes = 2000;
constexpr size_t kMostEdits = 4;  // of one fix; --fix knows them all

bool IsPlainInPath(char c) {
  return IsWordChar(c) || std::string_view("-./@+~").find(c) != std::string_view::npos;
}

std::string PathWord(std::string_view path) {
  return std::ranges::all_of(path, IsPlainInPath) && path.size() <= kPathBytes ? std::string(path)
                                                                               : QuotedLine(path, kPathBytes);
}

std::string MessageWords(std::string_view text) {
  std::string out;
  for (const char c : EscapedLine(text, kMessageBytes)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// For a POSIX shell; where something in the word would not be seen as what it is, in octal for bash.
std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain = "-./@+=,:%";
  const auto plain = [&](char c) { return IsWordChar(c) || kPlain.find(c) != kPlain.npos; };
  if (!word.empty() && std::ranges::all_of(word, plain)) return std::string(word);
  const bool visible = EscapedLine(word) == word;
  std::string out = visible ? "'" : "$'";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (visible) {
      out += c == '\'' ? "'\\''" : std::string(1, c);
    } else if (byte < 0x20 || byte >= 0x7F || c == '\'' || c == '\\') {
      fmt::format_to(std::back_inserter(out), "\\{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out + '\'';
}

class AgentWriter {
 public:
  AgentWriter(const DiagnosticReport& report, std::string& out) : report_(report), out_(out) {}

  void Write() {
    const DiagnosticCounts counts = CountDiagnostics(report_.diagnostics);
    const size_t plans = report_.files.sources.size();
    if (counts.shown() == 0) {
      fmt::format_to(to_, "gsdc: no findings in {} plan{}\n", plans, plans == 1 ? "" : "s");
      return;
    }
    std::set<uint32_t> files;
    for (const Diagnostic& diagnostic : report_.diagnostics) {
      if (!diagnostic.suppressed) files.insert(diagnostic.span.file.value);
    }
    fmt::format_to(to_, "gsdc: {}, in {} of {} plan{}; words in backticks or quotes are text of the plans\n",
                   DescribeCounts(counts), files.size(), plans, plans == 1 ? "" : "s");
    const SourceFile* file = nullptr;
    for (const Diagnostic& diagnostic : report_.diagnostics) {
      if (diagnostic.suppressed) continue;
      if (file != &report_.files.FileOf(diagnostic.span)) {
        file = &report_.files.FileOf(diagnostic.span);
        fmt::format_to(to_, "{}\n", PathWord(file->path()));
      }
      WriteFinding(*file, diagnostic);
    }
    fmt::format_to(to_, "check again: {}\n", Command());
  }

 private:
  void WriteFinding(const SourceFile& file, const Diagnostic& diagnostic) {
    const Position at = cursor_.At(file, diagnostic.span.begin);
    fmt::format_to(to_, "{}:{} {} {}: {}", at.line, at.column, SeverityName(diagnostic.severity),
                   diagnostic.rule, MessageWords(diagnostic.message));
    if (diagnostic.fix) {
      out_ += diagnostic.fix->safe ? " | fix: " : " | fix (unsafe): ";
      WriteEdits(diagnostic);
    } else if (!diagnostic.help.empty()) {
      std::string_view& last = last_help_[diagnostic.rule];
      fmt::format_to(to_, " | fix: {}", last == diagnostic.help ? "as above" : MessageWords(diagnostic.help));
      last = diagnostic.help;
    }
    out_ += '\n';
  }

  void WriteEdits(const Diagnostic& diagnostic) {
    const std::vector<Edit>& edits = diagnostic.fix->edits;
    if (edits.empty()) out_ += MessageWords(diagnostic.fix->description);
    for (size_t i = 0; i < std::min(edits.size(), kMostEdits); ++i) {
      const Edit& edit = edits[i];
      const SourceFile& file = report_.files.FileOf(edit.span);
      if (i > 0) out_ += "; ";
      if (edit.span.size() == 0) {
        fmt::format_to(to_, "insert {}", QuotedLine(edit.text, kEditBytes));
      } else if (edit.text.empty()) {
        fmt::format_to(to_, "delete {}", QuotedLine(file.Slice(edit.span), kEditBytes));
      } else {
        fmt::format_to(to_, "{} → {}", QuotedLine(file.Slice(edit.span), kEditBytes),
                       QuotedLine(edit.text, kEditBytes));
      }
      if (edit.span.file != diagnostic.span.file || edit.span.begin != diagnostic.span.begin) {
        const Position at = cursor_.At(file, edit.span.begin);
        fmt::format_to(to_, " at {}:{}", at.line, at.column);
      }
      if (edit.span.file != diagnostic.span.file) fmt::format_to(to_, " of {}", PathWord(file.path()));
    }
    if (edits.size() > kMostEdits) fmt::format_to(to_, "; and {} more edits", edits.size() - kMostEdits);
  }

  std::string Command() const {
    std::string command = "gsdc";
    for (const std::string& argument : report_.arguments) {
      command += ' ' + ShellWord(argument);
      if (command.size() > kCommandBytes) return "the same gsdc command";
    }
    return command;
  }

  const DiagnosticReport& report_;
  std::string& out_;
  std::back_insert_iterator<std::string> to_{out_};
  PositionCursor cursor_;
  std::map<std::string_view, std::string_view> last_help_;  // by rule: the same advice is given once
};

}  // namespace

void WriteAgent(const DiagnosticReport& report, std::string& out) { AgentWriter(report, out).Write(); }

}  // namespace gsd
