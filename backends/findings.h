// What the formats of diagnostics share: counts, paths as a code host knows them, fingerprints.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analysis/plan_set.h"
#include "backends/position_cursor.h"
#include "frontend/diagnostic.h"

namespace gsd {

// How many findings there are of each kind; the suppressed ones are counted apart and nowhere else.
struct DiagnosticCounts {
  int errors = 0, warnings = 0, notes = 0;
  int fixable = 0;         // by --fix
  int unsafe_fixable = 0;  // by --unsafe-fixes only
  int suppressed = 0;
  int shown() const { return errors + warnings + notes; }
};
DiagnosticCounts CountDiagnostics(const std::vector<Diagnostic>& diagnostics);

// "2 errors, 1 warning (1 fixable with --fix)"; empty when nothing is shown.
std::string DescribeCounts(const DiagnosticCounts& counts);

// The files that findings point into, by FileId, and where each stands below the project root.
struct FileTable {
  std::vector<const SourceFile*> sources;
  std::vector<std::string> root_paths;  // as many
  const SourceFile& FileOf(Span span) const { return *sources[span.file.value]; }
};
FileTable FilesOf(const PlanSet& plans);

// By FileId: the path as it stands in the repository, as far as that is known. A relative path is taken from
// where gsdc runs, without "./"; of an absolute one, the part below the project root.
std::vector<std::string> RepositoryPaths(const FileTable& files);

// Recognises a finding again after lines have moved: a hash of its rule, its file, the words of its line, and
// which of several such it is. Ask for every finding, suppressed ones too, in order: then one that becomes
// suppressed leaves the others what they were.
class Fingerprinter {
 public:
  // `paths` are RepositoryPaths; both must live longer.
  Fingerprinter(const FileTable& files, const std::vector<std::string>& paths)
      : files_(files), paths_(paths) {}
  std::string Next(const Diagnostic& diagnostic);

 private:
  const FileTable& files_;
  const std::vector<std::string>& paths_;
  PositionCursor cursor_;
  std::unordered_map<std::string, int> occurrences_;
  const SourceFile* hashed_file_ = nullptr;
  uint32_t hashed_line_ = 0;
  std::string line_hash_;
};

}  // namespace gsd
