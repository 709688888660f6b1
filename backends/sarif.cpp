// SARIF 2.1.0, the form in which code hosts take findings.
//
// Columns are code points, as everywhere in gsdc. A finding is recognised again after lines have moved by a
// fingerprint of its rule, its file, the words of its line, and which of several such it is. Regions to
// replace are given by line and column, which viewers use, and by byte, which tools can apply exactly; what
// is put in is text, or base64 where it is no UTF-8. The artifacts carry hashes: whoever applies a fix can
// see whether it is still for these bytes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "backends/diagnostic_formats.h"
#include "backends/findings.h"
#include "backends/json_writer.h"
#include "backends/position_cursor.h"
#include "frontend/utf8.h"

namespace gsd {
namespace {

constexpr std::string_view kSchema = "https://json.schemastore.org/sarif-2.1.0.json";

// A path as a URI: percent-encoded UTF-8, relative unless the path is absolute.
std::string UriOf(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/!$'()*+,=@";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (IsWordChar(c) || kPlain.find(c) != kPlain.npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return uri;
}

// Of a message: `[words](target)` would be a link of the plan's making.
std::string MessageText(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  if (!diagnostic.help.empty()) text += '\n' + diagnostic.help;
  if (text.find("](") == text.npos) return text;
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) out += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// The rules whose labels are the steps of a path.
bool IsCycle(std::string_view rule) { return rule == "dependency-cycle" || rule == "plan-dependency-cycle"; }

class SarifWriter {
 public:
  SarifWriter(const DiagnosticReport& report, std::string& out)
      : report_(report), files_(report.files), json_(out, 5) {
    for (size_t i = 0; i < report.rules.size(); ++i)
      rule_index_.emplace(report.rules[i].name, static_cast<int64_t>(i));
    any_suppressed_ = CountDiagnostics(report.diagnostics).suppressed > 0;
  }

  void Write() {
    json_.BeginObject();
    json_.Member("$schema", kSchema);
    json_.Member("version", "2.1.0");
    json_.Key("runs");
    json_.BeginArray();
    json_.BeginObject();
    WriteTool();
    WriteInvocation();
    WriteSourceRoot();
    WriteArtifacts();
    json_.Member("columnKind", "unicodeCodePoints");
    json_.Key("results");
    json_.BeginArray();
    for (const Diagnostic& diagnostic : report_.diagnostics) WriteResult(diagnostic);
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
    json_.EndObject();
  }

 private:
  void WriteText(std::string_view name, std::string_view text) {
    json_.Key(name);
    json_.BeginObject();
    json_.Member("text", text);
    json_.EndObject();
  }

  void WriteTool() {
    json_.Key("tool");
    json_.BeginObject();
    json_.Key("driver");
    json_.BeginObject();
    json_.Member("name", "gsdc");
    json_.Member("version", report_.version);
    json_.Key("rules");
    json_.BeginArray();
    for (const RuleSummary& rule : report_.rules) WriteRule(rule);
    json_.EndArray();
    json_.EndObject();
    json_.EndObject();
  }

  void WriteRule(const RuleSummary& rule) {
    const std::string_view help = rule.rationale.empty() ? rule.summary : rule.rationale;
    json_.BeginObject();
    json_.Member("id", rule.name);
    WriteText("shortDescription", rule.summary);
    WriteText("fullDescription", rule.summary);
    json_.Key("help");
    json_.BeginObject();
    json_.Member("text", help);
    json_.Member("markdown", fmt::format("{}\n\nAn example: `gsdc --explain={}`.", help, rule.name));
    json_.EndObject();
    if (!rule.help_uri.empty()) json_.Member("helpUri", rule.help_uri);
    json_.Key("defaultConfiguration");
    json_.BeginObject();
    json_.Member("enabled", rule.on_by_default);
    json_.Member("level", SeverityName(rule.severity));
    json_.EndObject();
    json_.Key("properties");
    json_.BeginObject();
    json_.StringArray("tags", std::array{rule.category});
    json_.EndObject();
    json_.EndObject();
  }

  // gsdc did its work, whatever it found: a report is written of no other run.
  void WriteInvocation() {
    json_.Key("invocations");
    json_.BeginArray();
    json_.BeginObject();
    json_.Member("executionSuccessful", true);
    json_.Member("exitCode", report_.exit_code);
    json_.EndObject();
    json_.EndArray();
  }

  void WriteSourceRoot() {
    json_.Key("originalUriBaseIds");
    json_.BeginObject();
    json_.Key("%SRCROOT%");
    json_.BeginObject();
    WriteText("description", "The folder that gsdc ran in.");
    json_.EndObject();
    json_.EndObject();
  }

  void WriteArtifacts() {
    json_.Key("artifacts");
    json_.BeginArray();
    for (const SourceFile* source : files_.sources) {
      json_.BeginObject();
      WriteArtifactLocation("location", *source, false);
      json_.Member("length", static_cast<int64_t>(source->text().size()));
      json_.Member("mimeType", "text/markdown");
      json_.StringArray("roles", std::array{"analysisTarget"});
      json_.Key("hashes");
      json_.BeginObject();
      json_.Member("sha-256", Sha256Hex(source->text()));
      json_.EndObject();
      json_.EndObject();
    }
    json_.EndArray();
  }

  void WriteArtifactLocation(std::string_view name, const SourceFile& file, bool with_index = true) {
    const bool absolute = file.path().starts_with('/');
    json_.Key(name);
    json_.BeginObject();
    json_.Member("uri", UriOf(absolute ? file.path() : paths_[file.id().value]));
    if (!absolute) json_.Member("uriBaseId", "%SRCROOT%");
    if (with_index) json_.Member("index", int64_t{file.id().value});
    json_.EndObject();
  }

  void WriteRegion(std::string_view name, Span span) {
    const SourceFile& file = files_.FileOf(span);
    json_.Key(name);
    json_.BeginObject();
    // A byte order mark has a place among the bytes only.
    if (!(span.begin == 0 && span.end == 3 && file.text().starts_with("\xEF\xBB\xBF"))) {
      const Position begin = cursor_.At(file, span.begin), end = cursor_.At(file, span.end);
      json_.Member("startLine", int64_t{begin.line});
      json_.Member("startColumn", int64_t{begin.column});
      json_.Member("endLine", int64_t{end.line});
      json_.Member("endColumn", int64_t{end.column});
    }
    json_.Member("byteOffset", int64_t{span.begin});
    json_.Member("byteLength", int64_t{span.size()});
    json_.EndObject();
  }

  void WritePhysicalLocation(Span span) {
    json_.Key("physicalLocation");
    json_.BeginObject();
    WriteArtifactLocation("artifactLocation", files_.FileOf(span));
    WriteRegion("region", span);
    json_.EndObject();
  }

  void WriteResult(const Diagnostic& diagnostic) {
    json_.BeginObject();
    json_.Member("ruleId", diagnostic.rule);
    const auto index = rule_index_.find(diagnostic.rule);
    if (index != rule_index_.end()) json_.Member("ruleIndex", index->second);
    json_.Member("level", SeverityName(diagnostic.severity));
    WriteText("message", MessageText(diagnostic));
    json_.Key("locations");
    json_.BeginArray();
    json_.BeginObject();
    WritePhysicalLocation(diagnostic.span);
    json_.EndObject();
    json_.EndArray();
    if (!diagnostic.labels.empty()) WriteRelatedLocations(diagnostic);
    if (IsCycle(diagnostic.rule) && !diagnostic.labels.empty()) WriteCodeFlow(diagnostic);
    json_.Key("partialFingerprints");
    json_.BeginObject();
    json_.Member("gsdcFinding/v1", fingerprinter_.Next(diagnostic));
    json_.EndObject();
    if (diagnostic.fix) WriteFix(*diagnostic.fix);
    if (any_suppressed_) WriteSuppressions(diagnostic);
    json_.EndObject();
  }

  void WriteRelatedLocations(const Diagnostic& diagnostic) {
    json_.Key("relatedLocations");
    json_.BeginArray();
    for (size_t i = 0; i < diagnostic.labels.size(); ++i) {
      json_.BeginObject();
      json_.Member("id", static_cast<int64_t>(i + 1));
      WritePhysicalLocation(diagnostic.labels[i].span);
      WriteText("message", diagnostic.labels[i].message);
      json_.EndObject();
    }
    json_.EndArray();
  }

  // A cycle as a path that a viewer can step through.
  void WriteCodeFlow(const Diagnostic& diagnostic) {
    json_.Key("codeFlows");
    json_.BeginArray();
    json_.BeginObject();
    json_.Key("threadFlows");
    json_.BeginArray();
    json_.BeginObject();
    json_.Key("locations");
    json_.BeginArray();
    for (const Label& label : diagnostic.labels) {
      json_.BeginObject();
      json_.Key("location");
      json_.BeginObject();
      WritePhysicalLocation(label.span);
      WriteText("message", label.message);
      json_.EndObject();
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
  }

  // SARIF wants the member on all results or on none; an empty list says "not suppressed".
  void WriteSuppressions(const Diagnostic& diagnostic) {
    json_.Key("suppressions");
    json_.BeginArray();
    if (diagnostic.suppressed) {
      const bool in_source = diagnostic.suppressed->kind == Suppression::Kind::kInSource;
      json_.BeginObject();
      json_.Member("kind", in_source ? "inSource" : "external");
      json_.Member("status", "accepted");
      if (!diagnostic.suppressed->reason.empty())
        json_.Member("justification", diagnostic.suppressed->reason);
      json_.EndObject();
    }
    json_.EndArray();
  }

  void WriteFix(const Fix& fix) {
    json_.Key("fixes");
    json_.BeginArray();
    json_.BeginObject();
    WriteText("description", fix.description);
    json_.Key("artifactChanges");
    json_.BeginArray();
    // One change for each file, in the order in which the edits first name it.
    std::vector<FileId> files;
    for (const Edit& edit : fix.edits) {
      if (std::find(files.begin(), files.end(), edit.span.file) == files.end())
        files.push_back(edit.span.file);
    }
    for (const FileId file : files) {
      json_.BeginObject();
      WriteArtifactLocation("artifactLocation", *files_.sources[file.value]);
      json_.Key("replacements");
      json_.BeginArray();
      for (const Edit& edit : fix.edits) {
        if (edit.span.file != file) continue;
        json_.BeginObject();
        WriteRegion("deletedRegion", edit.span);
        if (!edit.text.empty()) WriteInsertedContent(edit.text);
        json_.EndObject();
      }
      json_.EndArray();
      json_.EndObject();
    }
    json_.EndArray();
    json_.Key("properties");
    json_.BeginObject();
    json_.Member("safe", fix.safe);
    json_.EndObject();
    json_.EndObject();
    json_.EndArray();
  }

  void WriteInsertedContent(std::string_view text) {
    json_.Key("insertedContent");
    json_.BeginObject();
    if (FindInvalidUtf8(text) == text.npos) {
      json_.Member("text", text);
    } else {
      json_.Member("binary", Base64(text));
    }
    json_.EndObject();
  }

  const DiagnosticReport& report_;
  const FileTable& files_;
  JsonWriter json_;
  PositionCursor cursor_;
  const std::vector<std::string> paths_ = RepositoryPaths(files_);
  Fingerprinter fingerprinter_{files_, paths_};
  std::unordered_map<std::string_view, int64_t> rule_index_;
  bool any_suppressed_ = false;
};

}  // namespace

void WriteSarif(const DiagnosticReport& report, std::string& out) {
  SarifWriter(report, out).Write();
  out += '\n';
}

}  // namespace gsd
