// The forms in which findings leave gsdc: what `--format` knows. docs/formats.md says what each is for and
// what about it stays.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "backends/findings.h"

namespace gsd {

// One rule of those that can run, for formats that list them.
struct RuleSummary {
  std::string_view name, category, summary, rationale;
  Severity severity;
  bool on_by_default = true;
  std::string help_uri = {};  // where it is documented; may be empty
};

// Everything that a format may say. Findings that are suppressed are among the diagnostics: only formats with
// a place for them (json, sarif) show them.
struct DiagnosticReport {
  const FileTable& files;
  const std::vector<Diagnostic>& diagnostics;  // sorted
  std::span<const RuleSummary> rules = {};
  std::string_view version = {};                // of gsdc
  std::span<const std::string> arguments = {};  // of gsdc, for the command that checks again
  int exit_code = 0;
  TextOptions text = {};
};

// One kind of report, e.g. `--format=sarif`. `write` hands its bytes on, in one piece or in several.
struct DiagnosticFormat {
  std::string_view name, summary;
  void (*write)(const DiagnosticReport& report, const Drain& drain);
};

// text, json, jsonl, sarif, github, gitlab, junit, agent; in this order.
std::span<const DiagnosticFormat> AllDiagnosticFormats();
// The format of that name, or nullptr.
const DiagnosticFormat* FindDiagnosticFormat(std::string_view name);

// jsonl: piece by piece, so that whoever reads it need not wait for the last.
void StreamJsonLines(const DiagnosticReport& report, const Drain& drain);
void WriteSarif(const DiagnosticReport& report, std::string& out);
void WriteGithub(const DiagnosticReport& report, std::string& out);
void WriteGitlab(const DiagnosticReport& report, std::string& out);
void WriteJunit(const DiagnosticReport& report, std::string& out);
void WriteAgent(const DiagnosticReport& report, std::string& out);

}  // namespace gsd
