#include "executor/run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <random>

#include "frontend/files.h"

namespace gsd {

namespace fs = std::filesystem;

Result<RunFolder> MakeRunFolder(const fs::path& root, std::chrono::system_clock::time_point now) {
  const fs::path state = root / ".gsd";
  std::error_code error;
  fs::create_directories(state / "runs", error);
  if (error) return Error{fmt::format("cannot make {}: {}", (state / "runs").string(), error.message())};
  if (!fs::exists(state / ".gitignore", error)) {
    if (auto written = WriteFileAtomically(state / ".gitignore", "*\n"); !written.ok())
      return Error{written.error()};
  }
  std::random_device random;
  const std::string when =
      fmt::format("{:%Y%m%d-%H%M%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const std::string id = fmt::format("{}-{:04x}", when, random() & 0xFFFF);
    const fs::path path = fs::absolute(state / "runs" / id);
    if (fs::create_directory(path, error)) return RunFolder{id, path.lexically_normal()};
    if (error) return Error{fmt::format("cannot make {}: {}", path.string(), error.message())};
  }
  return Error{fmt::format("cannot find a free name in {}", (state / "runs").string())};
}

fs::path AttemptFolderOf(const fs::path& run, std::string_view task_id, int attempt) {
  return run / fmt::format("{}.{}", TaskFolderName(task_id), attempt);
}

std::string TaskFolderName(std::string_view task_id) {
  constexpr size_t kLongest = 120;
  std::string name;
  for (size_t i = 0; i < task_id.size(); ++i) {
    const char c = task_id[i];
    if (c == ':') {
      name += '_';
    } else if (IsAlpha(c) || IsDigit(c) || c == '-' || (c == '.' && i > 0)) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (name.size() <= kLongest) return name;
  return name.substr(0, kLongest - 20) + "-" + Sha256Hex(task_id).substr(0, 16);
}

}  // namespace gsd
