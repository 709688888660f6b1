// What several tests share: reading files, temporary folders, running a program, finding the shared material.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gsd::test {

std::string ReadFile(const std::filesystem::path& path);  // fails the test when there is none
void WriteFile(const std::filesystem::path& path, std::string_view bytes);  // makes the folders above

// A folder that is removed with its contents at the end of the scope.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct ProcessResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  std::string out, err;
};

// Runs a program (no shell) in `cwd`, with `input` on its standard input and a minimal environment.
ProcessResult Run(const std::vector<std::string>& argv, const std::filesystem::path& cwd = {},
                  std::string_view input = {}, const std::vector<std::string>& environment = {});

// What python3-jsonschema says of a JSON document: "" when it is valid. The schema itself is checked, too.
std::string SchemaMistakes(const std::filesystem::path& schema, std::string_view json);

std::filesystem::path SourceDir();  // the checkout
std::filesystem::path Gsdc();       // the programs of this build
std::filesystem::path GsdRun();

// The shared material beside the checkout (GSD_SHARED, or ../shared), when it is there. A test without it
// must say GTEST_SKIP() << kNoShared.
std::optional<std::filesystem::path> SharedDir();
inline constexpr const char* kNoShared = "skipped: the shared corpus and oracle are not beside this checkout";

// Compares `actual` with a golden file; GSD_UPDATE_GOLDENS=1 rewrites it. Fails with a diff and the rerun
// line.
void ExpectGolden(const std::filesystem::path& golden, std::string_view actual);

}  // namespace gsd::test
