#include "driver/gsd_run_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

namespace gsd {
namespace {

constexpr const char* kName = "gsd-run";
constexpr const char* kFooter =
    "Agents: claude, codex, gemini, opencode; simulate (built in; does nothing, takes the expected time "
    "scaled); "
    "command\n"
    "(runs the argv after -- for every task: {model} {task} {workdir} are replaced, the prompt is on "
    "standard "
    "input).\n"
    "\n"
    "Other commands: status, approve, choose, reject, clean, report, stats; see gsd-run COMMAND --help.\n"
    "\n"
    "Exit: 0 all tasks done; 1 a task failed; 2 usage, environment or a stale manifest; 3 waiting at a "
    "checkpoint;\n"
    "4 budget exhausted; 130 interrupted. Ctrl-C once lets the running tasks finish, twice ends them.\n";

constexpr std::array<std::string_view, 6> kAgents = {"claude",   "codex",   "gemini",
                                                     "opencode", "command", "simulate"};

// CLI11's help with a usage line that shows what follows "--".
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: gsd-run [run] [options] MANIFEST|PLAN... [-- COMMAND ARG...]\n"
           "       gsd-run resume [options] [RUN]\n";
  }
};

template <typename List>
bool Contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

GsdRunExit Usage(std::string_view message) { return UsageError(message, kName); }

std::string NotYet(std::string_view what) { return fmt::format("{} is not in this version", what); }

// A duration option for CLI11, which wants to be told by an exception.
auto DurationInto(std::optional<Millis>& into) {
  return [&into](const std::string& text) {
    into = ParseDuration(text);
    if (!into)
      throw CLI::ValidationError(fmt::format("\"{}\" is not a duration like 90, 90s, 30m or 2h", text));
  };
}

// What is left of the command line without the command, the inputs and what stands behind "--".
std::vector<std::string> OptionsOnly(const std::vector<std::string>& args, const GsdRunOptions& options) {
  std::vector<std::string> only;
  bool first_word = true;
  for (const std::string& arg : args) {
    const bool command = first_word && (arg == "run" || arg == "resume");
    if (!arg.starts_with('-')) first_word = false;
    if (!command && !Contains(options.inputs, arg)) only.push_back(arg);
  }
  return only;
}

}  // namespace

std::optional<Millis> ParseDuration(std::string_view text) {
  double unit = 1;
  if (!text.empty() && (text.back() == 's' || text.back() == 'm' || text.back() == 'h')) {
    unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : 3600;
    text.remove_suffix(1);
  }
  const auto number = ParseDouble(text);
  constexpr double kLongest = 366.0 * 24 * 3600;
  if (!number || !(*number > 0) || *number * unit > kLongest) return std::nullopt;
  return Millis(static_cast<int64_t>(*number * unit * 1000 + 0.5));
}

std::variant<GsdRunOptions, GsdRunExit> ParseGsdRunOptions(std::vector<std::string> args) {
  GsdRunOptions options;
  const auto dashes = std::find(args.begin(), args.end(), "--");
  const bool has_argv = dashes != args.end();
  if (has_argv) options.agent_argv.assign(dashes + 1, args.end());
  args.erase(dashes, args.end());

  CLI::App app("Carries out a manifest that gsdc has compiled, or plans, by way of gsdc.", kName);
  app.formatter(std::make_shared<UsageFormatter>());
  app.footer(kFooter);
  app.set_version_flag("--version", "gsd-run " GSD_VERSION);
  // A resumed run has the options that it began with, and those that are given now.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("inputs", options.inputs, "a manifest (.json), or plans (.md) and folders of plans");
  app.add_option("--agent", options.agent,
                 fmt::format("what carries out the tasks: {}", fmt::join(kAgents, ", ")))
      ->type_name("NAME");
  app.add_option("-j", options.schedule.max_parallel, "tasks at once")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  std::string schedule = "dataflow", color = "auto", isolation, commit, executor = "local", scope = "enforce",
              integrate = "ff";
  bool no_escalate = false, no_verify = false;
  app.add_option("--schedule", schedule,
                 "dataflow (what is ready, critical path first) or batch (with barriers)")
      ->check(CLI::IsMember({"dataflow", "batch"}))
      ->capture_default_str();
  app.add_flag("--keep-going", options.schedule.keep_going,
               "after a failure go on with what does not depend on it");
  app.add_flag("--dry-run", options.dry_run,
               "print the order, the times and the models; run and write nothing");
  app.add_flag("--auto-approve", options.auto_approve,
               "pass human-verify and decision checkpoints (first option)");
  app.add_option_function<std::string>("--task-timeout", DurationInto(options.task_timeout),
                                       "end a task that takes longer: 90, 90s, 30m, 2h")
      ->type_name("TIME");
  std::optional<Millis> grace;
  app.add_option_function<std::string>("--kill-grace", DurationInto(grace),
                                       "from asking a task to end to forcing it [5s]")
      ->type_name("TIME");
  app.add_flag("--stale-ok", options.stale_ok,
               "run although a plan has changed since the manifest was compiled");
  app.add_option("--events", options.events, "write the run's events there, one JSON object per line")
      ->type_name("FILE");
  app.add_option("--trace", options.trace,
                 "write a Chrome trace there at the end, for chrome://tracing or ui.perfetto.dev")
      ->type_name("FILE");
  app.add_option("--simulate-scale", options.simulate_scale, "simulate: real seconds per expected second")
      ->check(CLI::Range(0.0, 1000.0) & CLI::Validator(
                                            [](std::string& text) {
                                              return ToLower(text) == "nan" ? std::string("not a number")
                                                                            : std::string();
                                            },
                                            "NUMBER"))
      ->type_name("FACTOR")
      ->capture_default_str();
  app.add_option("--simulate-fail", options.simulate_fail,
                 "simulate: a task to fail, by id or number; repeatable")
      ->type_name("TASK")
      ->expected(1)
      ->take_all();
  app.add_option(
         "--isolation", isolation,
         "worktree: each task works in a work tree of its own and is integrated when it is verified (the "
         "default in a git repository); none: all work in the project folder")
      ->check(CLI::IsMember({"worktree", "none"}));
  app.add_option("--scope", scope,
                 "changes outside a task's declared files: enforce (not accepted), warn or off")
      ->check(CLI::IsMember({"enforce", "warn", "off"}))
      ->capture_default_str();
  app.add_option("--commit", commit, "who commits in a work tree: runner (the default) or agent; or none")
      ->check(CLI::IsMember({"runner", "agent", "none"}));
  app.add_option(
         "--integrate", integrate,
         "when the run ends or waits: ff (fast-forward the checkout, if it is clean and where it was) or "
         "branch (leave the result on gsd/<run>)")
      ->check(CLI::IsMember({"ff", "branch"}))
      ->capture_default_str();
  app.add_option("--budget-tokens", options.budget_tokens, "ceiling in tokens, over the manifest's; 0: none")
      ->check(CLI::Range(0.0, 1e15))
      ->type_name("N");
  app.add_option("--budget-usd", options.budget_usd, "ceiling in US dollars, over the manifest's; 0: none")
      ->check(CLI::Range(0.0, 1e9))
      ->type_name("X");
  app.add_option("--retries", options.retry.retries, "attempts after a task's first that may fail")
      ->check(CLI::Range(0, 100))
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--no-escalate", no_escalate, "try again with the same model, not with a larger one");
  app.add_flag("--no-verify", no_verify, "do not run the tasks' <automated> commands");
  app.add_option("--tasks-per-agent", options.tasks_per_agent,
                 "small tasks of a batch that one agent may get")
      ->check(CLI::Range(1, 3))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--executor", executor, "local")->capture_default_str();
  app.add_option("--color", color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("-q,--quiet", options.quiet, "show no progress");

  const std::vector<std::string> given = args;
  if (auto end = ParseArguments(app, std::move(args), kName)) return *end;

  if (!options.inputs.empty()) {
    options.resume = options.inputs[0] == "resume";
    if (options.resume || options.inputs[0] == "run") options.inputs.erase(options.inputs.begin());
  }
  if (options.resume && options.inputs.size() > 1) return Usage("one run can be resumed at a time");
  if (options.inputs.empty() && !options.resume) return Usage("no manifest and no plan is given");
  if (executor != "local") return Usage(NotYet("--executor=" + executor));
  if (options.agent.empty() && !options.dry_run && !options.resume) {
    return Usage(
        "no agent is given: --agent=simulate tries the schedule out, --agent=claude (codex, gemini, "
        "opencode) "
        "works, --agent=command -- COMMAND runs yours");
  }
  if (!options.agent.empty() && !Contains(kAgents, options.agent)) {
    return Usage(
        fmt::format("there is no agent \"{}\"; there are {}", options.agent, fmt::join(kAgents, ", ")));
  }
  if (options.agent == "command" && options.agent_argv.empty() && !options.dry_run && !options.resume)
    return Usage("--agent=command needs the command after --");
  if (has_argv && options.agent != "command" && !options.resume)
    return Usage("what stands after -- is for --agent=command");
  if (!options.simulate_fail.empty() && options.agent != "simulate")
    return Usage("--simulate-fail is for --agent=simulate");
  options.schedule.mode = schedule == "batch" ? ScheduleMode::kBatch : ScheduleMode::kDataflow;
  options.color = color == "always"  ? ColorMode::kAlways
                  : color == "never" ? ColorMode::kNever
                                     : ColorMode::kAuto;
  if (grace) options.kill_grace = *grace;
  options.isolation = isolation == "worktree" ? IsolationMode::kWorktree
                      : isolation == "none"   ? IsolationMode::kNone
                                              : IsolationMode::kAuto;
  options.scope = scope == "off" ? ScopeMode::kOff : scope == "warn" ? ScopeMode::kWarn : ScopeMode::kEnforce;
  if (!commit.empty()) {
    options.commit = commit == "agent"  ? CommitMode::kAgent
                     : commit == "none" ? CommitMode::kNone
                                        : CommitMode::kRunner;
  }
  if (options.commit == CommitMode::kNone && options.isolation == IsolationMode::kWorktree)
    return Usage("--commit=none loses what is done in work trees; use --isolation=none");
  if (options.commit && *options.commit != CommitMode::kNone && options.isolation == IsolationMode::kNone)
    return Usage("--isolation=none commits nothing; leave --commit out");
  if (options.commit == CommitMode::kNone) options.isolation = IsolationMode::kNone;
  options.integrate = integrate == "branch" ? DeliverMode::kBranch : DeliverMode::kFastForward;
  options.retry.escalate = !no_escalate;
  options.verify = !no_verify;
  options.args = OptionsOnly(given, options);
  return options;
}

}  // namespace gsd
