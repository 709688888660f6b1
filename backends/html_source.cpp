#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "backends/findings.h"
#include "backends/html_document.h"
#include "backends/html_sections.h"
#include "backends/position_cursor.h"

namespace gsd {
namespace {

constexpr size_t kMostFindings = 1000;                // listed; the others are counted
constexpr size_t kMostSourceBytes = size_t{4} << 20;  // of all plans together
constexpr size_t kMostLineBytes = size_t{64} << 10;   // of one line

std::vector<const Diagnostic*> ShownFindings(const CompileResult& result) {
  std::vector<const Diagnostic*> shown;
  if (result.diagnostics == nullptr) return shown;
  for (const Diagnostic& diagnostic : *result.diagnostics)
    if (!diagnostic.suppressed) shown.push_back(&diagnostic);
  return shown;
}

// The terminal's form without its first line, which is a heading here, and its last, which counts.
std::string ExcerptOf(const FileTable& files, const Diagnostic& diagnostic) {
  std::string text;
  WriteTextDiagnostics(files, {diagnostic}, {}, text);
  const size_t first = text.find('\n');
  const size_t last = text.rfind("\n\n");
  if (first == text.npos || last == text.npos || last <= first) return {};
  return text.substr(first + 1, last - first);
}

// A part of a line that is underlined.
struct Mark {
  uint32_t line = 0, begin = 0, end = 0;  // bytes in the line
  Severity severity = Severity::kNote;
};

// The first line of each finding in this file; of marks that overlap, the first.
std::vector<Mark> MarksIn(const SourceFile& source, const std::vector<const Diagnostic*>& findings,
                          PositionCursor& cursor) {
  std::vector<Mark> marks;
  const auto size = static_cast<uint32_t>(source.text().size());
  for (const Diagnostic* finding : findings) {
    if (finding->span.file != source.id()) continue;
    const uint32_t at = std::min(finding->span.begin, size);
    const uint32_t line = cursor.At(source, at).line;
    const uint32_t line_begin = source.LineBegin(line);
    const auto length = static_cast<uint32_t>(source.Line(line).size());
    const uint32_t begin = std::min(at - line_begin, length);
    const uint32_t end = std::clamp(std::max(finding->span.end, at) - line_begin, begin, length);
    marks.push_back({line, begin, end, finding->severity});
  }
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
    return std::tuple(a.line, a.begin, a.severity) < std::tuple(b.line, b.begin, b.severity);
  });
  return marks;
}

void WriteLine(std::string_view line, std::span<const Mark> marks, std::string& out) {
  size_t at = 0;
  for (const Mark& mark : marks) {
    if (mark.begin < at || mark.end == mark.begin) continue;
    out += Html(line.substr(at, mark.begin - at), kMostLineBytes);
    fmt::format_to(std::back_inserter(out), "<mark class=\"{}\">{}</mark>", SeverityName(mark.severity),
                   Html(line.substr(mark.begin, mark.end - mark.begin), kMostLineBytes));
    at = mark.end;
  }
  out += Html(line.substr(at), kMostLineBytes);
}

void WriteSource(const SourceFile& source, const std::vector<Mark>& marks, std::string& out) {
  const auto into = std::back_inserter(out);
  fmt::format_to(into, "<h3>{}</h3>\n<pre class=\"source\" tabindex=\"0\" aria-label=\"Source of {}\">",
                 Html(source.path()), Html(source.path()));
  auto mark = marks.begin();
  for (uint32_t line = 1; line <= source.LineCount(); ++line) {
    const auto first = mark;
    while (mark != marks.end() && mark->line == line) ++mark;
    const char* found = first == mark ? "" : first->severity == Severity::kError ? " error" : " found";
    fmt::format_to(into, "<span class=\"line{}\" id=\"src-{}-{}\"><b>{}</b>", found, source.id().value, line,
                   line);
    WriteLine(source.Line(line), {first, mark}, out);
    out += "\n</span>";
  }
  out += "</pre>\n";
}

}  // namespace

void WriteFindingsSection(const PlanPage& page, std::string& out) {
  const auto into = std::back_inserter(out);
  out +=
      "<section id=\"findings\" aria-labelledby=\"findings-title\">\n<h2 "
      "id=\"findings-title\">Findings</h2>\n";
  const auto findings = ShownFindings(page.result);
  const FileTable files = FilesOf(page.result.plans);
  PositionCursor cursor;
  if (page.result.diagnostics != nullptr && !findings.empty())
    fmt::format_to(into, "<p>{}</p>\n", Html(DescribeCounts(CountDiagnostics(*page.result.diagnostics))));
  if (findings.empty()) out += "<p>Nothing to report.</p>\n";
  for (size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i) {
    const Diagnostic& finding = *findings[i];
    const SourceFile& source = files.FileOf(finding.span);
    const Position at = cursor.At(source, finding.span.begin);
    fmt::format_to(
        into,
        "<article class=\"finding\">\n<h3><span class=\"{0}\">{0}</span>: {1} <code>[{2}]</code></h3>\n"
        "<p><a href=\"#src-{3}-{4}\">{5}:{4}:{6}</a></p>\n<pre>{7}</pre>\n</article>\n",
        SeverityName(finding.severity), Html(finding.message), Html(finding.rule), source.id().value, at.line,
        Html(source.path()), at.column, Html(ExcerptOf(files, finding)));
  }
  if (findings.size() > kMostFindings)
    fmt::format_to(into, "<p>And {} more.</p>\n", findings.size() - kMostFindings);
  out += "</section>\n";
}

void WriteSourceSection(const PlanPage& page, std::string& out) {
  out += "<section id=\"source\" aria-labelledby=\"source-title\">\n<h2 id=\"source-title\">Source</h2>\n";
  const auto findings = ShownFindings(page.result);
  PositionCursor cursor;
  size_t bytes = 0;
  for (const PlanUnit& unit : page.result.plans.units) {
    bytes += unit.source->text().size();
    if (bytes > kMostSourceBytes) {
      fmt::format_to(std::back_inserter(out),
                     "<p>The plans from {} on are not shown: more than {} MiB.</p>\n",
                     Html(unit.source->path()), kMostSourceBytes >> 20U);
      break;
    }
    WriteSource(*unit.source, MarksIn(*unit.source, findings, cursor), out);
  }
  out += "</section>\n";
}

}  // namespace gsd
