// The house has one direction: reads the #include lines and checks who knows whom, and that each third-party
// library has its one wrapper.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/test_support.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file, target;
  bool system = false;
};

std::vector<Include> IncludesBelow(const std::string& folder) {
  std::vector<Include> includes;
  for (const auto& entry : fs::recursive_directory_iterator(test::SourceDir() / folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".h") continue;
    std::istringstream lines(test::ReadFile(entry.path()));
    std::string line;
    while (std::getline(lines, line)) {
      if (!line.starts_with("#include ")) continue;
      const bool system = line[9] == '<';
      const size_t end = line.find(system ? '>' : '"', 10);
      includes.push_back({fs::relative(entry.path(), test::SourceDir()).generic_string(),
                          line.substr(10, end - 10), system});
    }
  }
  return includes;
}

TEST(LayeringTest, FoldersKnowOnlyWhatTheyMay) {
  const std::map<std::string, std::set<std::string>> may_use = {
      {"frontend", {"frontend"}},
      {"analysis", {"analysis", "frontend"}},
      {"passes", {"passes", "analysis", "frontend"}},
      {"backends", {"backends", "analysis", "frontend"}},
      {"executor",
       {"executor", "backends/manifest.h", "backends/json_writer.h", "backends/html_document.h",
        "backends/escaped_text.h", "frontend/support.h", "frontend/files.h", "analysis/models.h",
        "analysis/token_estimate.h", "analysis/token_stats.h", "analysis/token_stats_json.h",
        "analysis/work_type.h", "frontend/utf8.h"}},
      {"driver", {"driver", "executor", "backends", "passes", "analysis", "frontend"}},
  };
  for (const auto& [folder, allowed] : may_use) {
    for (const Include& include : IncludesBelow(folder)) {
      if (include.system) continue;
      const std::string room = include.target.substr(0, include.target.find('/'));
      EXPECT_TRUE(allowed.count(room) > 0 || allowed.count(include.target) > 0)
          << include.file << " includes " << include.target;
    }
  }
}

TEST(LayeringTest, TheExecutorsDriverDoesNotKnowTheCompiler) {
  for (const Include& include : IncludesBelow("driver")) {
    if (!include.file.starts_with("driver/gsd_run")) continue;
    for (const char* room : {"passes/", "analysis/", "frontend/parser", "driver/gsdc"}) {
      EXPECT_FALSE(include.target.starts_with(room)) << include.file << " includes " << include.target;
    }
  }
}

TEST(LayeringTest, EachLibraryHasOneWrapper) {
  const std::map<std::string, std::set<std::string>> wrappers = {
      {"boost/", {"analysis/digraph.cpp"}},
      {"cmark", {"frontend/markdown.cpp"}},
      {"graphviz/", {"backends/graphviz.cpp"}},
      {"libxml/", {"frontend/xml.cpp"}},
      {"nettle/", {"frontend/sha256.cpp"}},
      {"yaml-cpp/", {"frontend/yaml_check.cpp"}},
      {"simdjson",
       {"analysis/token_stats_json.cpp", "backends/json_reader.h", "backends/manifest_read.cpp",
        "executor/agent_result.cpp", "executor/agents/json_view.h"}},
      {"nlohmann/", {"backends/manifest_read.cpp", "driver/gsdc_baseline.cpp"}},
      {"sqlite3.h", {"executor/journal.cpp"}},
      {"CLI/",
       {"driver/gsdc_options.cpp", "driver/gsd_run_options.cpp", "driver/gsd_run_commands.cpp",
        "driver/gsd_run_stats.cpp", "driver/gsd_run_report.cpp", "driver/gsd_run_exit.cpp"}},
  };
  for (const std::string folder : {"frontend", "analysis", "passes", "backends", "executor", "driver"}) {
    for (const Include& include : IncludesBelow(folder)) {
      for (const auto& [library, files] : wrappers) {
        if (include.target.starts_with(library)) {
          EXPECT_EQ(files.count(include.file), 1U) << include.file << " includes " << include.target;
        }
      }
    }
  }
}

TEST(LayeringTest, TheRunnersStateIsItsOwn) {
  for (const std::string folder : {"executor", "driver", "tests"}) {
    for (const Include& include : IncludesBelow(folder)) {
      if (include.target != "executor/runner_state.h") continue;
      EXPECT_TRUE(include.file.starts_with("executor/runner"))
          << include.file << " includes " << include.target;
    }
  }
}

}  // namespace
}  // namespace gsd
