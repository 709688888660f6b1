// Findings for people: a line that editors can jump to, the source with what is meant underlined, what to do
// about it.
//
// An excerpt never costs more than its window: a plan may be one line of a megabyte, and a finding may have
// thousands of labels. So the width of a line is measured only around the places that are underlined.
#include <algorithm>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "backends/backend.h"
#include "backends/findings.h"
#include "backends/position_cursor.h"
#include "backends/source_window.h"
#include "backends/terminal_text.h"

namespace gsd {
namespace {

constexpr size_t kMaxLabels = 12;  // with an excerpt each; the others are counted
constexpr size_t kShortEditBytes = 72;
constexpr int kLeastColumns = 30;  // of an excerpt, however narrow the terminal

// A place to underline, cut to its first line.
struct Mark {
  const SourceFile* file = nullptr;
  uint32_t begin = 0, end = 0;
  uint32_t line = 1;
  uint32_t last_line = 1;  // where the whole span ends
  bool primary = false;
  std::string_view message;
};

enum class Style : uint8_t { kNone, kBold, kDim, kGutter, kError, kWarning, kNote, kHelp };

std::string_view AnsiCode(Style style) {
  switch (style) {
    case Style::kNone:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGutter:
      return "\x1b[1;34m";
    case Style::kError:
      return "\x1b[1;31m";
    case Style::kWarning:
      return "\x1b[1;33m";
    case Style::kNote:
      return "\x1b[1;36m";
    case Style::kHelp:
      return "\x1b[1;32m";
  }
  return "";
}

Style StyleOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return Style::kError;
    case Severity::kWarning:
      return Style::kWarning;
    case Severity::kNote:
      return Style::kNote;
  }
  return Style::kNone;
}

class TextWriter {
 public:
  TextWriter(const FileTable& files, const TextOptions& options, std::string& out)
      : files_(files), options_(options), out_(out) {}

  void Write(const Diagnostic& diagnostic) {
    WriteHeadline(diagnostic);
    if (options_.quiet) return;
    WriteExcerpts(diagnostic);
    WriteHelp(diagnostic);
    out_ += '\n';
  }

 private:
  void Begin(Style style) {
    if (options_.color) out_ += AnsiCode(style);
  }
  void End() {
    if (options_.color) out_ += "\x1b[0m";
  }
  void Put(Style style, std::string_view text) {
    Begin(style);
    out_ += text;
    End();
  }

  void PutPlace(const SourceFile& file, uint32_t offset) {
    const Position position = cursor_.At(file, offset);
    AppendShown(out_, file.path());
    fmt::format_to(std::back_inserter(out_), ":{}:{}", position.line, position.column);
  }

  void WriteHeadline(const Diagnostic& diagnostic) {
    Begin(Style::kBold);
    PutPlace(files_.FileOf(diagnostic.span), diagnostic.span.begin);
    out_ += ": ";
    End();
    Begin(StyleOf(diagnostic.severity));
    out_ += SeverityName(diagnostic.severity);
    End();
    Begin(Style::kBold);
    out_ += ": ";
    AppendShown(out_, diagnostic.message);
    End();
    Begin(Style::kDim);
    fmt::format_to(std::back_inserter(out_), " [{}]", diagnostic.rule);
    End();
    out_ += '\n';
  }

  Mark MarkOf(Span span, std::string_view message, bool primary) {
    const SourceFile& file = files_.FileOf(span);
    const auto size = static_cast<uint32_t>(file.text().size());
    Mark mark{&file, std::min(span.begin, size), std::min(span.end, size), 1, 1, primary, message};
    mark.end = std::max(mark.begin, mark.end);
    mark.line = cursor_.At(file, mark.begin).line;
    const auto line_end = static_cast<uint32_t>(file.LineBegin(mark.line) + file.Line(mark.line).size());
    // A line break at the end of a span is not worth a second line.
    const uint32_t next_line = mark.line < file.LineCount() ? file.LineBegin(mark.line + 1) : size;
    mark.last_line = mark.end > next_line ? cursor_.At(file, mark.end - 1).line : mark.line;
    mark.begin = std::min(mark.begin, line_end);
    mark.end = std::min(mark.end, line_end);
    return mark;
  }

  void Gutter(uint32_t line) {
    Begin(Style::kGutter);
    if (line == 0) {
      out_.append(gutter_width_ + 2, ' ');
    } else {
      fmt::format_to(std::back_inserter(out_), " {:>{}} ", line, gutter_width_);
    }
    out_ += '|';
    End();
  }

  void WriteExcerpts(const Diagnostic& diagnostic) {
    marks_.clear();
    marks_.push_back(MarkOf(diagnostic.span, {}, true));
    const size_t labels = std::min(diagnostic.labels.size(), kMaxLabels);
    for (size_t i = 0; i < labels; ++i) {
      marks_.push_back(MarkOf(diagnostic.labels[i].span, diagnostic.labels[i].message, false));
    }
    // The primary file first, then the others in the order of the labels; inside a file by line.
    std::vector<const SourceFile*> files;
    uint32_t last_line = 1;
    for (const Mark& mark : marks_) {
      last_line = std::max(last_line, mark.line);
      if (std::find(files.begin(), files.end(), mark.file) == files.end()) files.push_back(mark.file);
    }
    gutter_width_ = fmt::formatted_size("{}", last_line);
    for (const SourceFile* file : files) {
      std::vector<Mark> here;
      std::copy_if(marks_.begin(), marks_.end(), std::back_inserter(here),
                   [&](const Mark& m) { return m.file == file; });
      std::stable_sort(here.begin(), here.end(), [](const Mark& a, const Mark& b) {
        return std::tuple(a.line, !a.primary) < std::tuple(b.line, !b.primary);
      });
      if (file != files.front()) {
        out_.append(gutter_width_ + 1, ' ');
        Put(Style::kGutter, ":::");
        out_ += ' ';
        PutPlace(*file, here.front().begin);
        out_ += '\n';
      }
      WriteFileExcerpt(here, StyleOf(diagnostic.severity));
    }
    if (diagnostic.labels.size() > labels) {
      Note(Style::kNote, "note");
      fmt::format_to(std::back_inserter(out_), "and {} more places\n", diagnostic.labels.size() - labels);
    }
  }

  void WriteFileExcerpt(const std::vector<Mark>& marks, Style primary) {
    Gutter(0);
    out_ += '\n';
    uint32_t previous = 0;
    for (size_t i = 0; i < marks.size();) {
      size_t next = i + 1;
      while (next < marks.size() && marks[next].line == marks[i].line) ++next;
      if (previous != 0 && marks[i].line > previous + 1) {
        Put(Style::kGutter, "...");
        out_ += '\n';
      }
      previous = marks[i].line;
      WriteLine(std::vector<Mark>(marks.begin() + static_cast<ptrdiff_t>(i),
                                  marks.begin() + static_cast<ptrdiff_t>(next)),
                primary);
      i = next;
    }
  }

  // What a terminal has room for beside the gutter, if that is less than what we would like.
  int ExcerptColumns() const {
    if (options_.columns <= 0) return kWindowColumns;
    const int room = options_.columns - static_cast<int>(gutter_width_) - 5;  // " 12 | " and the … at the cut
    return std::clamp(room, kLeastColumns, kWindowColumns);
  }

  // A line and its underlines; the line again for those that are too far from the first.
  void WriteLine(std::vector<Mark> marks, Style primary) {
    while (!marks.empty()) {
      const SourceFile& file = *marks.front().file;
      const uint32_t line_begin = file.LineBegin(marks.front().line);
      std::vector<LineRange> ranges;
      for (const Mark& mark : marks) ranges.push_back({mark.begin - line_begin, mark.end - line_begin});
      const SourceWindow window = CutWindow(file.Line(marks.front().line), ranges, ExcerptColumns());
      Gutter(marks.front().line);
      if (!window.shown.empty()) out_ += ' ';
      out_ += window.shown;
      out_ += '\n';
      std::vector<Mark> outside;
      for (size_t i = 0; i < marks.size(); ++i) {
        if (window.columns[i].first < 0) {
          outside.push_back(marks[i]);
        } else {
          WriteUnderline(marks[i], window.columns[i], primary);
        }
      }
      marks = std::move(outside);
    }
  }

  void WriteUnderline(const Mark& mark, SourceWindow::Columns columns, Style primary) {
    Gutter(0);
    out_.append(static_cast<size_t>(columns.first) + 1, ' ');
    Begin(mark.primary ? primary : Style::kGutter);
    out_.append(static_cast<size_t>(columns.count), mark.primary ? '^' : '-');
    if (mark.last_line > mark.line) out_ += fmt::format("… to line {}", mark.last_line);
    if (!mark.message.empty()) {
      out_ += ' ';
      AppendShown(out_, mark.message);
    }
    End();
    out_ += '\n';
  }

  void Note(Style style, std::string_view kind) {
    out_.append(gutter_width_ + 2, ' ');
    Put(Style::kGutter, "=");
    out_ += ' ';
    Put(style, kind);
    out_ += ": ";
  }

  void WriteHelp(const Diagnostic& diagnostic) {
    if (!diagnostic.help.empty()) {
      Note(Style::kHelp, "help");
      AppendShown(out_, diagnostic.help);
      out_ += '\n';
    }
    if (!diagnostic.fix) return;
    const Fix& fix = *diagnostic.fix;
    Note(Style::kHelp, "help");
    AppendShown(out_, fix.description);
    // What is put in place of something says it all; what is put in between does not.
    if (fix.edits.size() == 1 && fix.edits[0].span.size() > 0) {
      const std::string& text = fix.edits[0].text;
      const std::string_view trimmed = Trim(text);
      if (!trimmed.empty() && trimmed.size() <= kShortEditBytes && trimmed.find('\n') == trimmed.npos &&
          fix.description.find(trimmed) == fix.description.npos) {
        out_ += ": `";
        AppendShown(out_, trimmed);
        out_ += '`';
      }
    }
    out_ += fix.safe ? " (fix available with --fix)\n" : " (fix available with --unsafe-fixes)\n";
  }

  const FileTable& files_;
  const TextOptions& options_;
  std::string& out_;
  PositionCursor cursor_;
  std::vector<Mark> marks_;
  size_t gutter_width_ = 1;
};

}  // namespace

void WriteTextDiagnostics(const FileTable& files, const std::vector<Diagnostic>& diagnostics,
                          const TextOptions& options, std::string& out) {
  const std::string counts = DescribeCounts(CountDiagnostics(diagnostics));
  if (counts.empty()) return;
  TextWriter writer(files, options, out);
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.suppressed) writer.Write(diagnostic);
  }
  if (!options.quiet) out += counts + '\n';
}

}  // namespace gsd
