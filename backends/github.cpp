// Workflow commands: lines that GitHub's runner makes annotations of.
//
// The runner takes a line for a command when it begins with `::` (after blanks), or when it has `##[name]`
// anywhere. So nothing from a plan begins a line here, or breaks one, and in lines that are no commands `##[`
// is taken apart. Of each severity a step shows ten annotations and drops the others; the tenth then tells
// what there is beside the nine.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "backends/diagnostic_formats.h"
#include "backends/escaped_text.h"
#include "backends/findings.h"

namespace gsd {
namespace {

constexpr size_t kMostAnnotations = 10;
constexpr size_t kMostRules = 12;  // that the summary names
constexpr size_t kMessageBytes = 2000;

// As escapeData and escapeProperty of GitHub's toolkit.
std::string EscapedFor(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) == special.npos) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}
std::string EscapedData(std::string_view text) { return EscapedFor(text, "%\r\n"); }
std::string EscapedProperty(std::string_view text) { return EscapedFor(text, "%\r\n:,"); }

std::string_view CommandOf(Severity severity) {
  return severity == Severity::kNote ? "notice" : SeverityName(severity);
}

class GithubWriter {
 public:
  GithubWriter(const DiagnosticReport& report, std::string& out)
      : report_(report), paths_(RepositoryPaths(report.files)), out_(out) {}

  void Write() {
    const DiagnosticCounts counts = CountDiagnostics(report_.diagnostics);
    if (counts.shown() == 0) return;
    for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kNote})
      WriteAnnotations(severity);
    fmt::format_to(std::back_inserter(out_), "::group::gsdc: {}\n", DescribeCounts(counts));
    for (const Diagnostic& diagnostic : report_.diagnostics) {
      if (!diagnostic.suppressed) WritePlain(diagnostic);
    }
    out_ += "::endgroup::\n";
  }

 private:
  void WriteAnnotations(Severity severity) {
    std::vector<const Diagnostic*> findings;
    for (const Diagnostic& diagnostic : report_.diagnostics) {
      if (!diagnostic.suppressed && diagnostic.severity == severity) findings.push_back(&diagnostic);
    }
    const size_t annotated = findings.size() <= kMostAnnotations ? findings.size() : kMostAnnotations - 1;
    for (size_t i = 0; i < annotated; ++i) WriteAnnotation(*findings[i]);
    if (annotated < findings.size()) WriteRest(severity, std::span(findings).subspan(annotated));
  }

  void WriteAnnotation(const Diagnostic& diagnostic) {
    const SourceFile& file = report_.files.FileOf(diagnostic.span);
    // GitHub's columns are inclusive, and allowed only where the lines are one.
    const Position begin = cursor_.At(file, diagnostic.span.begin),
                   end = cursor_.At(file, diagnostic.span.end);
    std::string message = EscapedLine(diagnostic.message, kMessageBytes);
    if (!diagnostic.help.empty()) message += '\n' + EscapedLine(diagnostic.help, kMessageBytes);
    const auto to = std::back_inserter(out_);
    fmt::format_to(to, "::{} file={},line={},endLine={}", CommandOf(diagnostic.severity),
                   EscapedProperty(EscapedLine(PathOf(diagnostic))), begin.line, end.line);
    if (begin.line == end.line)
      fmt::format_to(to, ",col={},endColumn={}", begin.column, std::max(begin.column, end.column - 1));
    fmt::format_to(to, ",title={}::{}\n", EscapedProperty(diagnostic.rule), EscapedData(message));
  }

  // "and 13 more errors: 7 unknown-dependency, 6 missing-verify"
  void WriteRest(Severity severity, std::span<const Diagnostic* const> findings) {
    std::map<std::string_view, size_t> count_of;
    for (const Diagnostic* finding : findings) ++count_of[finding->rule];
    std::vector<std::pair<std::string_view, size_t>> counts(count_of.begin(), count_of.end());
    std::ranges::stable_sort(counts, std::ranges::greater{}, [](const auto& count) { return count.second; });
    const auto to = std::back_inserter(out_);
    fmt::format_to(to, "::{} title=gsdc::and {} more {}s:", CommandOf(severity), findings.size(),
                   SeverityName(severity));
    for (size_t i = 0; i < std::min(counts.size(), kMostRules); ++i)
      fmt::format_to(to, "{} {} {}", i == 0 ? "" : ",", counts[i].second, counts[i].first);
    if (counts.size() > kMostRules) fmt::format_to(to, " and {} other rules", counts.size() - kMostRules);
    out_ += "; all are in the log\n";
  }

  void WritePlain(const Diagnostic& diagnostic) {
    const Position at = cursor_.At(report_.files.FileOf(diagnostic.span), diagnostic.span.begin);
    std::string line = fmt::format("{}: {}:{}:{}: {} [{}]", SeverityName(diagnostic.severity),
                                   EscapedLine(PathOf(diagnostic)), at.line, at.column,
                                   EscapedLine(diagnostic.message, kMessageBytes), diagnostic.rule);
    for (size_t at_command = 0; (at_command = line.find("##[", at_command)) != line.npos;)
      line.replace(at_command, 3, "##\\x5b");
    out_ += line + '\n';
  }

  const std::string& PathOf(const Diagnostic& diagnostic) const { return paths_[diagnostic.span.file.value]; }

  const DiagnosticReport& report_;
  const std::vector<std::string> paths_;
  std::string& out_;
  PositionCursor cursor_;
};

}  // namespace

void WriteGithub(const DiagnosticReport& report, std::string& out) { GithubWriter(report, out).Write(); }

}  // namespace gsd
