// Plan sets for the tests of backends: bare sources for those that only quote, analysed plans for the others.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/plan_set.h"
#include "backends/backend.h"
#include "frontend/diagnostic.h"
#include "frontend/parser.h"
#include "tests/test_support.h"

namespace gsd::test {

// Sources whose places are named by the text that stands there.
class QuotedSources {
 public:
  const SourceFile& Add(std::string path, std::string text) {
    const FileId id{static_cast<uint32_t>(owned_.size())};
    owned_.push_back(std::make_unique<SourceFile>(id, std::move(path), std::move(text)));
    files_.sources.push_back(owned_.back().get());
    files_.root_paths.emplace_back();
    return *owned_.back();
  }
  // The `nth` place (from 0) where `words` stand.
  static Span At(const SourceFile& file, std::string_view words, int nth = 0) {
    size_t at = file.text().find(words);
    for (; nth > 0 && at != std::string_view::npos; --nth) at = file.text().find(words, at + 1);
    GSD_CHECK(at != std::string_view::npos);
    return file.SpanFrom(at, at + words.size());
  }
  const FileTable& files() const { return files_; }

 private:
  std::vector<std::unique_ptr<SourceFile>> owned_;
  FileTable files_;
};

// Sources with their plans, analysed in a project without files.
struct Compiled {
  std::vector<std::unique_ptr<SourceFile>> sources;
  PlanSet plans;
  CompileResult result() const { return {plans, "gsdc test", "."}; }
};

inline std::unique_ptr<Compiled> CompileTexts(const std::vector<std::pair<std::string, std::string>>& texts) {
  auto compiled = std::make_unique<Compiled>();
  std::vector<ParsedPlan> parsed;
  for (const auto& [path, text] : texts) {
    const FileId id{static_cast<uint32_t>(compiled->sources.size())};
    compiled->sources.push_back(std::make_unique<SourceFile>(id, path, text));
    parsed.push_back({compiled->sources.back().get(), ParsePlan(*compiled->sources.back()), path});
  }
  compiled->plans = Analyze(std::move(parsed), {}, EmptyWorkspace());
  return compiled;
}

inline std::filesystem::path Data(std::string_view name) { return SourceDir() / "testdata/backends" / name; }
inline std::unique_ptr<Compiled> CompileData(const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const std::string& name : names) texts.emplace_back(name, ReadFile(Data(name)));
  return CompileTexts(texts);
}

}  // namespace gsd::test
