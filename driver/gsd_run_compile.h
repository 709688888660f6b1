// From plans to a manifest, by the gsdc that stands beside this program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "frontend/support.h"

namespace gsd {

// A manifest in a folder of its own that goes away with this.
class CompiledPlans {
 public:
  explicit CompiledPlans(std::filesystem::path folder) : folder_(std::move(folder)) {}
  CompiledPlans(CompiledPlans&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  CompiledPlans& operator=(CompiledPlans&&) = delete;
  ~CompiledPlans();
  std::filesystem::path manifest() const { return folder_ / "manifest.json"; }

 private:
  std::filesystem::path folder_;
};

// Runs gsdc, whose diagnostics appear on our standard error. An error when it writes no manifest.
Result<CompiledPlans> CompilePlans(const std::vector<std::string>& inputs, const std::string& color);

}  // namespace gsd
