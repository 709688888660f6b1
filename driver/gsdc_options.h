// The command line of gsdc, as data.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "analysis/plan_set.h"
#include "driver/terminal.h"
#include "passes/rule.h"

namespace gsd {

// One --emit=KIND[=FILE] or -o FILE. An empty file is standard output.
struct EmitRequest {
  std::string kind, file;
};

struct GsdcOptions {
  std::vector<std::string> paths;
  std::vector<EmitRequest> emits;
  bool in_place = false, refresh = false, force = false;
  bool fix = false, unsafe_fixes = false, diff = false;
  std::string format = "text";  // of AllDiagnosticFormats
  std::string report;           // a file for the machine format, beside the text
  RuleSelection rules;
  AnalysisOptions analysis;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::string root;
  std::string config;    // a file, "none", or "" to look for one
  std::string rule_set;  // "" for the configuration's
  bool print_config = false;
  std::string baseline;  // "" for the configuration's
  bool write_baseline = false;
  bool cache = true;
  std::string cache_folder;  // "" for the user's
  std::optional<int> max_parallel;
  std::string stdin_filename = "stdin-PLAN.md";
  ColorMode color = ColorMode::kAuto;
  bool quiet = false, timings = false;
  bool explain_routing = false, explain_deps = false, explain_waves = false;
  std::string explain;
  bool list_rules = false;
  std::vector<std::string> arguments;  // all of them, as they were given
};

// Options, or an exit code when there is nothing more to do (--help: 0, a mistake: 2); what it says goes to
// `out`/`err`.
struct ParsedOptions {
  std::optional<GsdcOptions> options;
  int exit_code = 0;
  std::string out, err;
};
ParsedOptions ParseGsdcOptions(const std::vector<std::string>& args);

}  // namespace gsd
