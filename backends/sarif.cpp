// SARIF 2.1.0, the form in which code hosts take findings.
//
// Columns are code points, as everywhere in gsdc. A finding is recognised again after lines have moved by a
// fingerprint of its rule, its file, the words of its line, and which of several such it is. Regions to
// replace are given by line and column, which viewers use, and by byte, which tools can apply exactly.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "backends/backend.h"
#include "backends/json_writer.h"
#include "backends/position_cursor.h"

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

class SarifWriter {
 public:
  SarifWriter(const PlanSet& plans, std::span<const RuleSummary> rules, std::string& out)
      : plans_(plans), rules_(rules), json_(out, 5) {
    for (size_t i = 0; i < rules.size(); ++i) rule_index_.emplace(rules[i].name, static_cast<int64_t>(i));
  }

  void Write(const std::vector<Diagnostic>& diagnostics, std::string_view version) {
    json_.BeginObject();
    json_.Member("$schema", kSchema);
    json_.Member("version", "2.1.0");
    json_.Key("runs");
    json_.BeginArray();
    json_.BeginObject();
    WriteTool(version);
    json_.Member("columnKind", "unicodeCodePoints");
    json_.Key("results");
    json_.BeginArray();
    for (const Diagnostic& diagnostic : diagnostics) WriteResult(diagnostic);
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

  void WriteTool(std::string_view version) {
    json_.Key("tool");
    json_.BeginObject();
    json_.Key("driver");
    json_.BeginObject();
    json_.Member("name", "gsdc");
    json_.Member("version", version);
    json_.Key("rules");
    json_.BeginArray();
    for (const RuleSummary& rule : rules_) {
      json_.BeginObject();
      json_.Member("id", rule.name);
      WriteText("shortDescription", rule.summary);
      WriteText("fullDescription", rule.summary);
      WriteText("help", rule.rationale.empty() ? rule.summary : rule.rationale);
      json_.Key("defaultConfiguration");
      json_.BeginObject();
      json_.Member("level", SeverityName(rule.severity));
      json_.EndObject();
      json_.Key("properties");
      json_.BeginObject();
      json_.StringArray("tags", std::array{rule.category});
      json_.EndObject();
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
    json_.EndObject();
  }

  void WriteArtifact(const SourceFile& file) {
    json_.Key("artifactLocation");
    json_.BeginObject();
    json_.Member("uri", UriOf(file.path()));
    if (!file.path().starts_with('/')) json_.Member("uriBaseId", "%SRCROOT%");
    json_.EndObject();
  }

  void WriteRegion(std::string_view name, Span span) {
    const SourceFile& file = plans_.FileOf(span);
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
    WriteArtifact(plans_.FileOf(span));
    WriteRegion("region", span);
    json_.EndObject();
  }

  void WriteResult(const Diagnostic& diagnostic) {
    json_.BeginObject();
    json_.Member("ruleId", diagnostic.rule);
    const auto index = rule_index_.find(diagnostic.rule);
    if (index != rule_index_.end()) json_.Member("ruleIndex", index->second);
    json_.Member("level", SeverityName(diagnostic.severity));
    WriteText("message", diagnostic.help.empty()
                             ? diagnostic.message
                             : fmt::format("{}\n{}", diagnostic.message, diagnostic.help));
    json_.Key("locations");
    json_.BeginArray();
    json_.BeginObject();
    WritePhysicalLocation(diagnostic.span);
    json_.EndObject();
    json_.EndArray();
    if (!diagnostic.labels.empty()) WriteRelatedLocations(diagnostic);
    if (diagnostic.rule.ends_with("dependency-cycle") && !diagnostic.labels.empty())
      WriteCodeFlow(diagnostic);
    json_.Key("partialFingerprints");
    json_.BeginObject();
    json_.Member("gsdcFinding/v1", Fingerprint(diagnostic));
    json_.EndObject();
    if (diagnostic.fix) WriteFix(*diagnostic.fix);
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
    const auto step = [&](Span span, std::string_view message) {
      json_.BeginObject();
      json_.Key("location");
      json_.BeginObject();
      WritePhysicalLocation(span);
      WriteText("message", message);
      json_.EndObject();
      json_.EndObject();
    };
    json_.Key("codeFlows");
    json_.BeginArray();
    json_.BeginObject();
    json_.Key("threadFlows");
    json_.BeginArray();
    json_.BeginObject();
    json_.Key("locations");
    json_.BeginArray();
    step(diagnostic.span, diagnostic.message);
    for (const Label& label : diagnostic.labels) step(label.span, label.message);
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
  }

  std::string Fingerprint(const Diagnostic& diagnostic) {
    const SourceFile& file = plans_.FileOf(diagnostic.span);
    const uint32_t line = cursor_.At(file, diagnostic.span.begin).line;
    if (hashed_file_ != &file || hashed_line_ != line) {
      hashed_file_ = &file;
      hashed_line_ = line;
      line_hash_ = Sha256Hex(Trim(file.Line(line)));
    }
    const std::string key = fmt::format("{}\n{}\n{}", diagnostic.rule, file.path(), line_hash_);
    const int occurrence = ++occurrences_[key];
    return Sha256Hex(fmt::format("{}\n{}", key, occurrence)).substr(0, 32);
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
      WriteArtifact(*plans_.sources[file.value]);
      json_.Key("replacements");
      json_.BeginArray();
      for (const Edit& edit : fix.edits) {
        if (edit.span.file != file) continue;
        json_.BeginObject();
        WriteRegion("deletedRegion", edit.span);
        if (!edit.text.empty()) WriteText("insertedContent", edit.text);
        json_.EndObject();
      }
      json_.EndArray();
      json_.EndObject();
    }
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
  }

  const PlanSet& plans_;
  std::span<const RuleSummary> rules_;
  JsonWriter json_;
  PositionCursor cursor_;
  std::unordered_map<std::string_view, int64_t> rule_index_;
  std::unordered_map<std::string, int> occurrences_;
  const SourceFile* hashed_file_ = nullptr;
  uint32_t hashed_line_ = 0;
  std::string line_hash_;
};

}  // namespace

void WriteSarif(const PlanSet& plans, const std::vector<Diagnostic>& diagnostics,
                std::span<const RuleSummary> rules, std::string_view version, std::string& out) {
  SarifWriter(plans, rules, out).Write(diagnostics, version);
  out += '\n';
}

}  // namespace gsd
