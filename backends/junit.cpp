// JUnit XML, for hosts that show test reports: a suite for each file, a failed case for each error or
// warning. A note fails nothing: its case passes and says it in its output. Cases have no lines in their
// names, so that a host which compares two reports takes a moved finding for the same one.
#include <fmt/format.h>

#include <iterator>
#include <unordered_map>

#include "backends/diagnostic_formats.h"
#include "backends/escaped_text.h"
#include "backends/findings.h"

namespace gsd {
namespace {

constexpr size_t kNameBytes = 300, kTextBytes = 2000;

// One line of text, safe in an element and in an attribute.
std::string Xml(std::string_view text, size_t limit = std::string_view::npos) {
  std::string out;
  for (const char c : EscapedLine(text, limit)) AppendEntity(c, out);
  return out;
}

class JunitWriter {
 public:
  JunitWriter(const DiagnosticReport& report, std::string& out)
      : report_(report), paths_(RepositoryPaths(report.files)), out_(out) {}

  void Write() {
    std::vector<std::vector<const Diagnostic*>> by_file(report_.files.sources.size());
    for (const Diagnostic& diagnostic : report_.diagnostics) {
      if (!diagnostic.suppressed) by_file[diagnostic.span.file.value].push_back(&diagnostic);
    }
    size_t tests = 0;
    for (const auto& findings : by_file) tests += std::max<size_t>(1, findings.size());
    const DiagnosticCounts counts = CountDiagnostics(report_.diagnostics);
    fmt::format_to(to_,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<testsuites name=\"gsdc\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
                   tests, counts.errors + counts.warnings);
    for (size_t i = 0; i < by_file.size(); ++i) WriteSuite(Xml(paths_[i]), by_file[i]);
    out_ += "</testsuites>\n";
  }

 private:
  void WriteSuite(const std::string& path, const std::vector<const Diagnostic*>& findings) {
    size_t failures = 0;
    for (const Diagnostic* finding : findings) failures += finding->severity == Severity::kNote ? 0 : 1;
    fmt::format_to(to_, "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
                   path, std::max<size_t>(1, findings.size()), failures);
    if (findings.empty())
      fmt::format_to(to_, "    <testcase name=\"no findings\" classname=\"{0}\" file=\"{0}\"/>\n", path);
    std::unordered_map<std::string, int> named;
    for (const Diagnostic* finding : findings) {
      std::string name = Xml(fmt::format("{}: {}", finding->rule, finding->message), kNameBytes);
      const int nth = ++named[name];
      if (nth > 1) name += fmt::format(" ({})", nth);
      fmt::format_to(to_, "    <testcase name=\"{0}\" classname=\"{1}\" file=\"{1}\">\n", name, path);
      WriteOutcome(path, *finding);
      out_ += "    </testcase>\n";
    }
    out_ += "  </testsuite>\n";
  }

  void WriteOutcome(const std::string& path, const Diagnostic& finding) {
    const Position at = cursor_.At(report_.files.FileOf(finding.span), finding.span.begin);
    std::string text =
        fmt::format("{}:{}:{}: {}: {} [{}]", path, at.line, at.column, SeverityName(finding.severity),
                    Xml(finding.message, kTextBytes), finding.rule);
    if (!finding.help.empty()) text += fmt::format("\nhelp: {}", Xml(finding.help, kTextBytes));
    if (finding.fix) {
      text += fmt::format("\nhelp: {} (fix available with {})", Xml(finding.fix->description, kTextBytes),
                          finding.fix->safe ? "--fix" : "--unsafe-fixes");
    }
    if (finding.severity == Severity::kNote) {
      fmt::format_to(to_, "      <system-out>{}</system-out>\n", text);
    } else {
      fmt::format_to(to_, "      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
                     Xml(finding.message, kTextBytes), SeverityName(finding.severity), text);
    }
  }

  const DiagnosticReport& report_;
  const std::vector<std::string> paths_;
  std::string& out_;
  std::back_insert_iterator<std::string> to_{out_};
  PositionCursor cursor_;
};

}  // namespace

void WriteJunit(const DiagnosticReport& report, std::string& out) { JunitWriter(report, out).Write(); }

}  // namespace gsd
