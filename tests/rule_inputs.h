// The test inputs of the rules: testdata/rules/<rule>/{bad*,ok*}, files or folders with a small project each.
#pragma once

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/plan_id.h"
#include "backends/backend.h"
#include "driver/gsdc_compile.h"
#include "tests/test_support.h"

namespace gsd::test {

struct RuleInput {
  std::string rule;
  std::filesystem::path path;  // bad.md, or a folder bad-project
  bool bad = false;            // its rule must report it; else it must be silent

  std::filesystem::path Beside(std::string_view extension) const {
    return path.parent_path() / (path.stem().string() + std::string(extension));
  }
};

inline std::filesystem::path RuleDataDir() { return SourceDir() / "testdata" / "rules"; }

inline std::vector<RuleInput> RuleInputs(std::string_view rule) {
  std::vector<RuleInput> inputs;
  const std::filesystem::path folder = RuleDataDir() / rule;
  if (!std::filesystem::is_directory(folder)) return inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool bad = name.starts_with("bad");
    if (!bad && !name.starts_with("ok")) continue;
    if (!entry.is_directory() && entry.path().extension() != ".md") continue;
    inputs.push_back({std::string(rule), entry.path(), bad});
  }
  std::sort(inputs.begin(), inputs.end(),
            [](const RuleInput& a, const RuleInput& b) { return a.path.stem() < b.path.stem(); });
  return inputs;
}

// A file is a project of one plan. In a folder, the plans are those that gsdc would find; where the name
// itself is what is tested, every Markdown file is one.
inline std::vector<PlanInput> LoadRuleInput(const RuleInput& input) {
  namespace fs = std::filesystem;
  std::vector<PlanInput> plans;
  if (!fs::is_directory(input.path)) {
    const std::string name = input.path.filename().string();
    plans.push_back({name, name, ReadFile(input.path)});
    return plans;
  }
  for (const auto& entry : fs::recursive_directory_iterator(input.path)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || entry.path().extension() != ".md") continue;
    if (!LooksLikePlanFile(name) && input.rule != "plan-file-name") continue;
    const std::string relative = fs::relative(entry.path(), input.path).generic_string();
    plans.push_back({relative, relative, ReadFile(entry.path())});
  }
  std::sort(plans.begin(), plans.end(),
            [](const PlanInput& a, const PlanInput& b) { return a.path < b.path; });
  return plans;
}

// The disk as the input's plans see it: the folder itself, or for a single file the rule's folder.
inline std::unique_ptr<Workspace> WorkspaceOf(const RuleInput& input) {
  return OpenWorkspace(
      (std::filesystem::is_directory(input.path) ? input.path : input.path.parent_path()).string());
}

// The limits of an input, from X.options beside it: lines such as `window 4000`. Most have none.
inline AnalysisOptions OptionsOf(const RuleInput& input) {
  AnalysisOptions options;
  if (!std::filesystem::exists(input.Beside(".options"))) return options;
  std::istringstream lines(ReadFile(input.Beside(".options")));
  std::string name;
  for (double value = 0; lines >> name >> value;) {
    if (name == "window") options.window = static_cast<int64_t>(value);
    if (name == "optimize") options.goals.objective = static_cast<Objective>(static_cast<int>(value));
    if (name == "deadline") options.goals.deadline_minutes = value;
    if (name == "min-success") options.goals.min_success = value;
    if (name == "budget-usd") options.budget_usd = value;
    if (name == "budget-tokens") {
      options.budget_tokens = static_cast<int64_t>(value);
      options.budget_given = true;
    }
  }
  return options;
}

inline RuleSelection OnlyRule(std::string_view rule) {
  RuleSelection selection;
  // What is unused shows only beside what is used.
  if (rule == "unused-suppression") return selection;
  selection.settings.push_back({"all", false, std::nullopt});
  selection.settings.push_back({std::string(rule), true, std::nullopt});
  return selection;
}

inline RuleSelection EveryRule() {
  RuleSelection selection;
  selection.settings.push_back({"all", true, std::nullopt});
  return selection;
}

}  // namespace gsd::test
