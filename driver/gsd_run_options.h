// gsd-run's command line, as plain values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "driver/gsd_run_exit.h"
#include "driver/terminal.h"
#include "executor/clock.h"
#include "executor/git_workspace.h"
#include "executor/runner.h"
#include "executor/scheduler.h"

namespace gsd {

// kAuto: work trees when the project is in a git repository and the agent changes files.
enum class IsolationMode : uint8_t { kAuto, kWorktree, kNone };

struct GsdRunOptions {
  bool resume = false;              // `inputs` is the run, or empty for the newest
  std::vector<std::string> inputs;  // one manifest, or plans and folders of plans
  std::vector<std::string> args;    // as given, but for `run`, `resume` and the inputs: a resume needs them
  std::string agent;                // "" when not given
  std::vector<std::string> agent_argv;
  SchedulerOptions schedule;
  bool dry_run = false, auto_approve = false, stale_ok = false, quiet = false;
  std::optional<Millis> task_timeout;
  Millis kill_grace{5000};
  std::string events, trace;  // files, "" for none
  IsolationMode isolation = IsolationMode::kAuto;
  ScopeMode scope = ScopeMode::kEnforce;
  std::optional<CommitMode> commit;  // nothing: kRunner in work trees, else kNone
  DeliverMode integrate = DeliverMode::kFastForward;
  RetryOptions retry;
  bool verify = true;
  std::optional<double> budget_tokens, budget_usd;  // over those of the manifest; 0: no ceiling
  int tasks_per_agent = 1;
  double simulate_scale = 0.0005;
  std::vector<std::string> simulate_fail;  // task ids or numbers
  ColorMode color = ColorMode::kAuto;
};

std::variant<GsdRunOptions, GsdRunExit> ParseGsdRunOptions(std::vector<std::string> args);

// "90", "90s", "30m", "2h" and decimals of them.
std::optional<Millis> ParseDuration(std::string_view text);

}  // namespace gsd
