#include "backends/diagnostic_formats.h"

#include <algorithm>
#include <array>

namespace gsd {
namespace {

void WriteText(const DiagnosticReport& report, std::string& out) {
  WriteTextDiagnostics(report.files, report.diagnostics, report.text, out);
}

void WriteJson(const DiagnosticReport& report, std::string& out) {
  WriteJsonDiagnostics(report.files, report.diagnostics, out);
}

template <auto Write>
void InOnePiece(const DiagnosticReport& report, const Drain& drain) {
  std::string out;
  Write(report, out);
  drain(std::move(out));
}

}  // namespace

std::span<const DiagnosticFormat> AllDiagnosticFormats() {
  static constexpr std::array kFormats = std::to_array<DiagnosticFormat>({
      {"text", "for people, with the source; on standard error", InOnePiece<WriteText>},
      {"json", "for scripts: one document", InOnePiece<WriteJson>},
      {"jsonl", "for pipes: a finding a line, then the counts", StreamJsonLines},
      {"sarif", "for code scanning, SARIF 2.1.0", InOnePiece<WriteSarif>},
      {"github", "annotations of a GitHub workflow", InOnePiece<WriteGithub>},
      {"gitlab", "a GitLab Code Quality report", InOnePiece<WriteGitlab>},
      {"junit", "JUnit XML, for test reports", InOnePiece<WriteJunit>},
      {"agent", "dense, to be handed to a coding agent", InOnePiece<WriteAgent>},
  });
  return kFormats;
}

const DiagnosticFormat* FindDiagnosticFormat(std::string_view name) {
  const auto all = AllDiagnosticFormats();
  const auto found = std::ranges::find(all, name, &DiagnosticFormat::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace gsd
