// Findings for programs, in the form of our own: stable names, positions for editors and offsets for tools;
// as one document, or a finding a line.
#include "backends/diagnostic_formats.h"
#include "backends/findings.h"
#include "backends/json_writer.h"
#include "backends/position_cursor.h"

namespace gsd {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 16;

class DiagnosticsJson {
 public:
  DiagnosticsJson(const FileTable& files, std::string& out, int pretty_depth)
      : files_(files), json_(out, pretty_depth) {}

  void WriteDocument(const std::vector<Diagnostic>& diagnostics) {
    json_.BeginObject();
    json_.Member("version", 1);
    json_.Key("diagnostics");
    json_.BeginArray();
    for (const Diagnostic& diagnostic : diagnostics) WriteDiagnostic(diagnostic);
    json_.EndArray();
    WriteSummary(CountDiagnostics(diagnostics));
    json_.EndObject();
  }

  void WriteLastLine(const DiagnosticCounts& counts) {
    json_.BeginObject();
    json_.Member("version", 1);
    WriteSummary(counts);
    json_.EndObject();
  }

  void WriteDiagnostic(const Diagnostic& diagnostic) {
    json_.BeginObject();
    json_.Member("rule", diagnostic.rule);
    json_.Member("severity", SeverityName(diagnostic.severity));
    json_.Member("message", diagnostic.message);
    WritePlace(diagnostic.span);
    json_.Key("labels");
    json_.BeginArray();
    for (const Label& label : diagnostic.labels) {
      json_.BeginObject();
      WritePlace(label.span);
      json_.Member("message", label.message);
      json_.EndObject();
    }
    json_.EndArray();
    if (!diagnostic.help.empty()) json_.Member("help", diagnostic.help);
    if (diagnostic.fix) WriteFix(*diagnostic.fix, diagnostic.span.file);
    if (diagnostic.suppressed) WriteSuppression(*diagnostic.suppressed);
    json_.EndObject();
  }

 private:
  void WritePosition(std::string_view name, const SourceFile& file, uint32_t offset) {
    const Position position = cursor_.At(file, offset);
    json_.Key(name);
    json_.BeginObject();
    json_.Member("line", int64_t{position.line});
    json_.Member("column", int64_t{position.column});
    json_.Member("offset", int64_t{offset});
    json_.EndObject();
  }

  void WritePlace(Span span) {
    const SourceFile& file = files_.FileOf(span);
    json_.Member("path", file.path());
    json_.Key("span");
    json_.BeginObject();
    WritePosition("begin", file, span.begin);
    WritePosition("end", file, span.end);
    json_.EndObject();
  }

  void WriteSummary(const DiagnosticCounts& counts) {
    json_.Key("summary");
    json_.BeginObject();
    json_.Member("errors", counts.errors);
    json_.Member("warnings", counts.warnings);
    json_.Member("notes", counts.notes);
    json_.Member("fixable", counts.fixable);
    json_.Member("suppressed", counts.suppressed);
    json_.EndObject();
  }

  void WriteSuppression(const Suppression& suppression) {
    json_.Key("suppressed");
    json_.BeginObject();
    json_.Member("kind", suppression.kind == Suppression::Kind::kInSource ? "in-source" : "baseline");
    json_.Member("reason", suppression.reason);
    json_.EndObject();
  }

  void WriteFix(const Fix& fix, FileId file) {
    json_.Key("fix");
    json_.BeginObject();
    json_.Member("safe", fix.safe);
    json_.Member("description", fix.description);
    json_.Key("edits");
    json_.BeginArray();
    for (const Edit& edit : fix.edits) {
      json_.BeginObject();
      if (edit.span.file != file) json_.Member("path", files_.FileOf(edit.span).path());
      json_.Member("begin", int64_t{edit.span.begin});
      json_.Member("end", int64_t{edit.span.end});
      json_.Member("text", edit.text);
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
  }

  const FileTable& files_;
  JsonWriter json_;
  PositionCursor cursor_;
};

}  // namespace

void WriteJsonDiagnostics(const FileTable& files, const std::vector<Diagnostic>& diagnostics,
                          std::string& out) {
  DiagnosticsJson(files, out, 3).WriteDocument(diagnostics);
  out += '\n';
}

void StreamJsonLines(const DiagnosticReport& report, const Drain& drain) {
  std::string out;
  DiagnosticsJson lines(report.files, out, 0);
  for (const Diagnostic& diagnostic : report.diagnostics) {
    if (diagnostic.suppressed) continue;
    lines.WriteDiagnostic(diagnostic);
    out += '\n';
    if (out.size() < kPieceBytes) continue;
    drain(std::move(out));
    out.clear();
  }
  lines.WriteLastLine(CountDiagnostics(report.diagnostics));
  out += '\n';
  drain(std::move(out));
}

}  // namespace gsd
