// gsd-run's command line, as plain values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "driver/terminal.h"
#include "executor/clock.h"
#include "executor/scheduler.h"

namespace gsd {

struct GsdRunOptions {
  std::vector<std::string> inputs;  // one manifest, or plans and folders of plans
  std::string agent;                // simulate, command, or "" when not given
  std::vector<std::string> agent_argv;
  SchedulerOptions schedule;
  bool dry_run = false, auto_approve = false, stale_ok = false, quiet = false;
  std::optional<Millis> task_timeout;
  Millis kill_grace{5000};
  std::string events;
  double simulate_scale = 0.0005;
  std::vector<std::string> simulate_fail;  // task ids or numbers
  ColorMode color = ColorMode::kAuto;
};

// Instead of options: the program is to print this and end.
struct GsdRunExit {
  int code = 0;
  std::string out, err;
};

std::variant<GsdRunOptions, GsdRunExit> ParseGsdRunOptions(std::vector<std::string> args);

// "90", "90s", "30m", "2h" and decimals of them.
std::optional<Millis> ParseDuration(std::string_view text);

}  // namespace gsd
