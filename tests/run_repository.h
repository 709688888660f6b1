// A git repository with a plan, in which tests let gsd-run do real work with bash scripts as agents.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {

namespace fs = std::filesystem;
using Args = std::vector<std::string>;

inline constexpr const char* kPlanPath = "phases/08-features/08-02-PLAN.md";
inline constexpr const char* kSummaryPath = "phases/08-features/08-02-SUMMARY.md";

// What every agent script begins with: it notes its start, and writes its file.
inline constexpr const char* kWork = R"(
cat > /dev/null
echo "$GSD_TASK $GSD_ATTEMPT $GSD_MODEL" >> "$LOG"
n=${GSD_TASK#*:}
mkdir -p src && echo "task $n" > src/$n.ts
)";

inline Manifest WorkingManifest() {
  Manifest manifest = ExampleManifest();
  for (ManifestTask& task : manifest.tasks)
    task.verify.automated = {fmt::format("test -s src/{}.ts", task.number)};
  return manifest;
}

// The last task becomes a checkpoint.
inline Manifest WithCheckpoint(std::string kind) {
  Manifest manifest = WorkingManifest();
  ManifestTask& last = manifest.tasks.back();
  last.type = "checkpoint:" + kind;
  last.verify.automated.clear();
  last.checkpoint.emplace();
  last.checkpoint->kind = kind;
  last.checkpoint->gate = "blocking";
  if (kind == "decision") last.checkpoint->options = {{"a", "First", "", ""}, {"b", "Second", "", ""}};
  return manifest;
}

struct Repository {
  TempDir dir;
  TempDir outside;  // for what agents note, so that it does not change the repository

  explicit Repository(const Manifest& manifest = WorkingManifest()) {
    WriteFile(dir / kPlanPath, "the plan\n");
    WriteFile(dir / "README.md", "hello\n");
    WriteFile(outside / "manifest.json", "");
    Manifest copy = manifest;
    WriteFile(dir / ".gitignore", "manifest.json\n");
    WriteFile(dir / "manifest.json", ToJson(copy));
    Git("init -q -b main");
    Git("add -A");
    Git("commit -q -m start");
  }

  Args Environment() const {
    return {"PATH=" + std::string(std::getenv("PATH")),
            "HOME=" + outside.path().string(),
            "GIT_CONFIG_GLOBAL=/dev/null",
            "GIT_CONFIG_SYSTEM=/dev/null",
            "GIT_AUTHOR_NAME=A User",
            "GIT_AUTHOR_EMAIL=user@example.org",
            "GIT_COMMITTER_NAME=A User",
            "GIT_COMMITTER_EMAIL=user@example.org",
            "LOG=" + (outside / "log").string(),
            "OUTSIDE=" + outside.path().string()};
  }
  std::string Git(const std::string& command) const {
    const auto result = test::Run({"bash", "-c", "git " + command}, dir.path(), {}, Environment());
    EXPECT_EQ(result.exit_code, 0) << command << result.err;
    return std::string(Trim(result.out));
  }
  // gsd-run with these arguments; `more` comes over the environment.
  ProcessResult Command(Args args, const Args& more = {}) const {
    args.insert(args.begin(), GsdRun().string());
    Args environment = Environment();
    environment.insert(environment.end(), more.begin(), more.end());
    return test::Run(args, dir.path(), {}, environment);
  }
  Args RunArgs(const std::string& script, const Args& options) const {
    Args args = {"manifest.json", "--agent=command"};
    args.insert(args.end(), options.begin(), options.end());
    args.insert(args.end(), {"--", "bash", "-c", kWork + script});
    return args;
  }
  ProcessResult Run(const std::string& script, const Args& options = {}) const {
    return Command(RunArgs(script, options));
  }
  std::vector<std::string> Log() const {
    std::vector<std::string> lines;
    if (!fs::exists(outside / "log")) return lines;
    const std::string text = ReadFile(outside / "log");
    for (const std::string_view line : Split(Trim(text), '\n')) lines.emplace_back(line);
    return lines;
  }
  size_t Starts(const std::string& task) const {
    const auto log = Log();
    return static_cast<size_t>(std::count_if(
        log.begin(), log.end(), [&](const std::string& line) { return line.starts_with(task + " "); }));
  }
  fs::path RunDir() const { return *fs::directory_iterator(dir / ".gsd/runs"); }
};

}  // namespace gsd::test
