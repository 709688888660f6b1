// GitLab's Code Quality report: the part of the Code Climate format that GitLab reads.
#include "backends/diagnostic_formats.h"
#include "backends/escaped_text.h"
#include "backends/findings.h"
#include "backends/json_writer.h"

namespace gsd {
namespace {

constexpr size_t kDescriptionBytes = 2000;

// Blocker and critical are left to things that are worse than a mistake in a plan.
std::string_view SeverityForGitlab(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "major";
    case Severity::kWarning:
      return "minor";
    case Severity::kNote:
      return "info";
  }
  return "";
}

}  // namespace

void WriteGitlab(const DiagnosticReport& report, std::string& out) {
  const std::vector<std::string> paths = RepositoryPaths(report.files);
  Fingerprinter fingerprinter(report.files, paths);
  PositionCursor cursor;
  JsonWriter json(out, 1);
  json.BeginArray();
  for (const Diagnostic& diagnostic : report.diagnostics) {
    const std::string fingerprint = fingerprinter.Next(diagnostic);
    if (diagnostic.suppressed) continue;
    json.BeginObject();
    json.Member("description", EscapedLine(diagnostic.message, kDescriptionBytes));
    json.Member("check_name", diagnostic.rule);
    json.Member("fingerprint", fingerprint);
    json.Member("severity", SeverityForGitlab(diagnostic.severity));
    json.Key("location");
    json.BeginObject();
    json.Member("path", paths[diagnostic.span.file.value]);
    json.Key("lines");
    json.BeginObject();
    json.Member("begin",
                int64_t{cursor.At(report.files.FileOf(diagnostic.span), diagnostic.span.begin).line});
    json.EndObject();
    json.EndObject();
    json.EndObject();
  }
  json.EndArray();
  out += '\n';
}

}  // namespace gsd
