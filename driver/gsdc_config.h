// .gsdc.yaml: what a project says once instead of on every command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/plan_set.h"
#include "driver/gsdc_gitignore.h"
#include "frontend/support.h"
#include "passes/rule.h"

namespace gsd {

inline constexpr std::string_view kConfigName = ".gsdc.yaml";

struct Config {
  std::string path;    // as shown; "" when there is none
  std::string folder;  // absolute: what the globs in it are relative to
  std::string rule_set = "default";
  std::vector<RuleSelection::Setting> rules;  // in order
  struct Override {
    std::vector<std::string> paths;  // globs, as in .gitignore
    std::vector<RuleSelection::Setting> rules;
  };
  std::vector<Override> overrides;   // later ones win
  std::vector<std::string> exclude;  // globs, as in .gitignore: not walked into
  std::optional<int64_t> budget_tokens, window;
  std::optional<double> budget_usd;
  std::optional<int> max_parallel;
  ScoringProfile profile = kDefaultProfile;
  std::optional<PriceList> prices;
  RoutingGoals goals;
  std::string baseline;  // relative to the folder
};

// Reads the text of a configuration. The error names its line and column, and what was probably meant.
Result<Config> ParseConfig(std::string path, std::string text);

// The nearest .gsdc.yaml at or above the folder, or "".
std::string FindConfig(const std::string& folder);

// The settings that the overrides give to a path relative to the configuration's folder.
std::vector<RuleSelection::Setting> SettingsFor(const Config& config, std::string_view path);

// The settings of a rule set: default, all, errors (error-level rules only), none; nothing for another name.
std::optional<std::vector<RuleSelection::Setting>> RuleSetSettings(std::string_view name);
inline constexpr std::string_view kRuleSets = "default, all, errors, none";

// A rule's name or "all", else an error that says what was probably meant.
Status CheckRuleName(std::string_view name);

// The configuration in full, every rule with the severity that it ends with: for --print-config. What it
// prints reads back as the same configuration.
std::string ConfigToYaml(const Config& config, const RuleSelection& selection);

// What `gsdc init` writes.
std::string_view ConfigTemplate();

}  // namespace gsd
