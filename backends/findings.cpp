#include "backends/findings.h"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>

namespace gsd {

DiagnosticCounts CountDiagnostics(const std::vector<Diagnostic>& diagnostics) {
  DiagnosticCounts counts;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.suppressed) {
      ++counts.suppressed;
      continue;
    }
    switch (diagnostic.severity) {
      case Severity::kError:
        ++counts.errors;
        break;
      case Severity::kWarning:
        ++counts.warnings;
        break;
      case Severity::kNote:
        ++counts.notes;
        break;
    }
    if (diagnostic.fix) ++(diagnostic.fix->safe ? counts.fixable : counts.unsafe_fixable);
  }
  return counts;
}

std::string DescribeCounts(const DiagnosticCounts& counts) {
  std::string line;
  const auto add = [&](int count, std::string_view noun) {
    if (count > 0)
      fmt::format_to(std::back_inserter(line), "{}{} {}{}", line.empty() ? "" : ", ", count, noun,
                     count == 1 ? "" : "s");
  };
  add(counts.errors, "error");
  add(counts.warnings, "warning");
  add(counts.notes, "note");
  if (counts.fixable > 0 && counts.unsafe_fixable > 0) {
    line += fmt::format(" ({} fixable with --fix, {} with --unsafe-fixes)", counts.fixable,
                        counts.unsafe_fixable);
  } else if (counts.fixable > 0) {
    line += fmt::format(" ({} fixable with --fix)", counts.fixable);
  } else if (counts.unsafe_fixable > 0) {
    line += fmt::format(" ({} fixable with --unsafe-fixes)", counts.unsafe_fixable);
  }
  return line;
}

FileTable FilesOf(const PlanSet& plans) {
  FileTable files{plans.sources, std::vector<std::string>(plans.sources.size())};
  for (const PlanUnit& unit : plans.units) files.root_paths[unit.plan.file.value] = unit.root_path;
  return files;
}

std::vector<std::string> RepositoryPaths(const FileTable& files) {
  std::vector<std::string> paths;
  for (size_t i = 0; i < files.sources.size(); ++i) {
    std::string path = std::filesystem::path(files.sources[i]->path()).lexically_normal().generic_string();
    if (path.starts_with('/') && !files.root_paths[i].empty()) path = files.root_paths[i];
    paths.push_back(std::move(path));
  }
  return paths;
}

std::string Fingerprinter::Next(const Diagnostic& diagnostic) {
  const SourceFile& file = files_.FileOf(diagnostic.span);
  const uint32_t line = cursor_.At(file, diagnostic.span.begin).line;
  if (hashed_file_ != &file || hashed_line_ != line) {
    hashed_file_ = &file;
    hashed_line_ = line;
    line_hash_ = Sha256Hex(Trim(file.Line(line)));
  }
  const std::string key =
      fmt::format("{}\n{}\n{}", diagnostic.rule, paths_[diagnostic.span.file.value], line_hash_);
  const int occurrence = ++occurrences_[key];
  return Sha256Hex(fmt::format("{}\n{}", key, occurrence)).substr(0, 32);
}

}  // namespace gsd
