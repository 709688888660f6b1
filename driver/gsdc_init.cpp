#include "driver/gsdc_init.h"

#include <fmt/format.h>

#include <filesystem>

#include "driver/gsdc_config.h"
#include "driver/terminal.h"
#include "frontend/files.h"

namespace gsd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsage =
    "usage: gsdc init [FOLDER]\n\n"
    "Writes .gsdc.yaml and .pre-commit-config.yaml into FOLDER (default: the current one).\n"
    "A file that is there already is left as it is.\n";

// Local hooks: they run the gsdc that is installed, whatever its version, and need no network.
constexpr std::string_view kHooks = R"(repos:
  - repo: local
    hooks:
      - id: gsdc
        name: check agent plans
        entry: gsdc
        language: system
        files: '(^|/)([^/]*-)?PLAN\.md$'
)";

// Whether one file was written, is there already, or failed.
Result<bool> WriteNew(const fs::path& file, std::string_view text) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) return false;
  if (Status status = WriteFileAtomically(file, text); !status) return Error{status.error()};
  return true;
}

}  // namespace

int InitMain(const std::vector<std::string>& args, std::FILE* out, std::FILE* err) {
  if (args.size() == 1 && (args[0] == "--help" || args[0] == "-h")) {
    Print(out, kUsage);
    return 0;
  }
  if (args.size() > 1 || (args.size() == 1 && args[0].starts_with("-"))) {
    Print(err, kUsage);
    return 2;
  }
  const fs::path folder = args.empty() ? "." : args[0];
  const auto fail = [&](std::string_view message) {
    Print(err, fmt::format("gsdc: {}\n", message));
    return 2;
  };
  std::error_code error;
  if (!fs::is_directory(folder, error)) return fail(fmt::format("{}: not a folder", folder.string()));

  const auto config = WriteNew(folder / kConfigName, ConfigTemplate());
  if (!config) return fail(config.error());
  Print(out, fmt::format("{} {}\n", *config ? "wrote" : "kept ", (folder / kConfigName).string()));

  const fs::path hooks = folder / ".pre-commit-config.yaml";
  const auto written = WriteNew(hooks, kHooks);
  if (!written) return fail(written.error());
  if (*written) {
    Print(out,
          fmt::format("wrote {}\n\nNext: `pre-commit install`, and `gsdc .planning/` for what is there.\n",
                      hooks.string()));
    return 0;
  }
  const auto text = ReadWholeFile(hooks, size_t{1} << 20);
  const bool has_hook = text && text->find("gsdc") != std::string::npos;
  Print(out, fmt::format(
                 "kept  {}{}", hooks.string(),
                 has_hook ? "\n" : fmt::format("; to check plans before every commit, add\n\n{}", kHooks)));
  return 0;
}

}  // namespace gsd
