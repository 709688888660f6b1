// Findings of earlier runs, so that a project that has not changed costs next to nothing. An entry stands for
// one command (program, options, configuration, list of plans); it holds while the plans' contents are the
// same and the disk answers every question that the run asked of it as it did then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/workspace.h"
#include "driver/gsdc_compile.h"

namespace gsd {

// Passes questions on and writes the answers down. One thread at a time.
class RecordingWorkspace final : public Workspace {
 public:
  explicit RecordingWorkspace(const Workspace& disk) : disk_(disk) {}
  std::optional<FileInfo> Stat(std::string_view path) const override;
  std::vector<std::string> List(std::string_view path) const override;
  std::optional<std::string> ReadHead(std::string_view path, size_t limit) const override;

  // One question with its answer, as text that compares.
  struct Question {
    char kind = 's';   // s: Stat, l: List, r: ReadHead
    size_t limit = 0;  // of ReadHead
    std::string path, answer;
  };
  const std::vector<Question>& questions() const { return questions_; }
  static std::string AnswerOf(const Workspace& disk, char kind, size_t limit, std::string_view path);

 private:
  const Workspace& disk_;
  mutable std::vector<Question> questions_;
};

// Everything but the contents of files that the findings depend on, as one string.
std::string CacheKeyText(const std::vector<PlanInput>& inputs, const std::string& root, bool in_project,
                         const AnalysisOptions& analysis, const RuleSelection& rules);

class LintCache {
 public:
  // `folder` need not exist. Plans below `kWorthCaching` bytes in all are quicker to check than to look up.
  LintCache(std::string folder, std::string_view key_text);
  static constexpr size_t kWorthCaching = 256 * 1024;
  // $XDG_CACHE_HOME/gsdc or ~/.cache/gsdc; "" when neither is known.
  static std::string DefaultFolder();

  // The findings of an earlier run on the same contents, if the disk still answers the same. A damaged entry
  // is none.
  std::optional<std::vector<Diagnostic>> Find(std::string_view content_digest, const Workspace& disk) const;
  // Failing to write is no error: the next run is merely as slow as this one.
  void Store(std::string_view content_digest, const std::vector<RecordingWorkspace::Question>& questions,
             const std::vector<Diagnostic>& findings) const;

 private:
  std::string folder_, file_;
};

}  // namespace gsd
