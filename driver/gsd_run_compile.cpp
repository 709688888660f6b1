#include "driver/gsd_run_compile.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "executor/process.h"

namespace gsd {

namespace fs = std::filesystem;

CompiledPlans::~CompiledPlans() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<CompiledPlans> CompilePlans(const std::vector<std::string>& inputs, const std::string& color) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path gsdc = self.parent_path() / "gsdc";
  if (error || access(gsdc.c_str(), X_OK) != 0)
    return Error{fmt::format("plans need gsdc beside gsd-run, and {} is no program", gsdc.string())};
  std::string folder = (fs::temp_directory_path(error) / "gsd-run-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return Error{fmt::format("cannot make a temporary folder: {}", std::strerror(errno))};
  CompiledPlans plans{fs::path(folder)};

  SpawnRequest spawn;
  spawn.argv = {gsdc.string(), "-o", plans.manifest().string(), "--color=" + color};
  spawn.argv.push_back("--");
  spawn.argv.insert(spawn.argv.end(), inputs.begin(), inputs.end());
  spawn.environment = EnvironmentWith({});
  spawn.own_group = false;
  spawn.out_to_err = true;
  const auto child = Spawn(spawn);
  if (!child.ok()) return Error{child.error()};
  const int code = WaitFor(*child);
  if (code == 1) return Error{"the plans have errors (above); nothing was run"};
  if (code != 0) return Error{fmt::format("gsdc ended with exit code {}; nothing was run", code)};
  if (!fs::exists(plans.manifest(), error)) return Error{"gsdc wrote no manifest; nothing was run"};
  return plans;
}

}  // namespace gsd
