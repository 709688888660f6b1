// In order: options → (gsdc) → manifest and project → dry run, or: agent → run folder → run → report →
// summaries.
#include "driver/gsd_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "driver/gsd_run_commands.h"
#include "driver/gsd_run_compile.h"
#include "driver/gsd_run_options.h"
#include "executor/event_log.h"
#include "executor/process_table.h"
#include "executor/program_agent.h"
#include "executor/progress.h"
#include "executor/project.h"
#include "executor/report.h"
#include "executor/run_folder.h"
#include "executor/simulate_agent.h"
#include "executor/summary.h"
#include "executor/system_clock.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "gsd-run " GSD_VERSION;

// A live view moves the cursor, which needs a terminal whatever the colors.
bool CanDrawLive(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

const char* ColorWord(ColorMode when) {
  return when == ColorMode::kAlways ? "always" : when == ColorMode::kNever ? "never" : "auto";
}

int Fail(std::FILE* err, const std::string& message) {
  Print(err, fmt::format("gsd-run: error: {}\n", EscapeControls(message)));
  return 2;
}

bool IsManifest(const std::string& input) { return fs::path(input).extension() == ".json"; }

// A manifest is taken as it is; everything else goes through gsdc first. `compiled` keeps what that made.
Result<Project> LoadInputs(const GsdRunOptions& options, std::optional<CompiledPlans>& compiled) {
  const auto manifests = std::count_if(options.inputs.begin(), options.inputs.end(), IsManifest);
  if (manifests > 0 && options.inputs.size() > 1)
    return Error{"one manifest, or plans; not several manifests and not both"};
  if (manifests > 0) return LoadProject(options.inputs[0], options.stale_ok);
  std::error_code error;
  for (const std::string& input : options.inputs)
    if (!fs::exists(input, error)) return Error{fmt::format("{}: there is no such file", input)};
  auto plans = CompilePlans(options.inputs, ColorWord(options.color));
  if (!plans.ok()) return Error{plans.error()};
  compiled.emplace(std::move(*plans));
  return LoadProject(compiled->manifest(), options.stale_ok);
}

// --events must not destroy the manifest or a plan.
bool NamesAnInput(const GsdRunOptions& options, const Project& project) {
  std::error_code error;
  const auto same = [&](const fs::path& path) { return fs::equivalent(path, options.events, error); };
  return std::any_of(options.inputs.begin(), options.inputs.end(), same) ||
         std::any_of(project.manifest.plans.begin(), project.manifest.plans.end(),
                     [&](const ManifestPlan& plan) { return same(project.root / plan.path); });
}

// --simulate-fail: a task's id, or its number, which may be that of a task in several plans.
Result<std::vector<TaskIndex>> FindTasks(const Manifest& manifest, const std::vector<std::string>& names) {
  std::vector<TaskIndex> found;
  for (const std::string& name : names) {
    const auto number = ParseInt(name);
    const size_t before = found.size();
    std::vector<std::string_view> ids;
    for (TaskIndex task = 0; task < manifest.tasks.size(); ++task) {
      ids.push_back(manifest.tasks[task].id);
      if (manifest.tasks[task].id == name || number == manifest.tasks[task].number) found.push_back(task);
    }
    if (found.size() > before) continue;
    const std::string_view meant = ClosestMatch(name, ids);
    return Error{fmt::format("--simulate-fail: there is no task \"{}\"{}", name,
                             meant.empty() ? "" : fmt::format("; did you mean {}?", meant))};
  }
  return found;
}

// Agents that run programs have their clock, manifest and run folder from here; all of them outlive the
// agent.
Result<std::unique_ptr<Agent>> MakeAgent(const GsdRunOptions& options, const Project& project,
                                         const Clock& clock, ProcessTable& processes, const RunFolder& run) {
  if (options.agent == "simulate") {
    auto fails = FindTasks(project.manifest, options.simulate_fail);
    if (!fails.ok()) return Error{fails.error()};
    return std::unique_ptr<Agent>(std::make_unique<SimulateAgent>(
        project.manifest, clock, SimulateOptions{options.simulate_scale, *fails, options.task_timeout}));
  }
  ProgramOptions program;
  program.agent = options.agent;
  if (!options.agent_argv.empty()) {
    program.program = options.agent_argv[0];
    program.arguments.assign(options.agent_argv.begin() + 1, options.agent_argv.end());
  }
  program.root = project.root;
  program.limits.timeout = options.task_timeout;
  program.limits.kill_grace = options.kill_grace;
  auto agent = std::make_unique<ProgramAgent>(project.manifest, clock, processes, run, std::move(program));
  if (const auto checked = agent->Check(); !checked.ok()) return Error{checked.error()};
  return std::unique_ptr<Agent>(std::move(agent));
}

// The run's folder keeps the manifest too: what was run stays known when the file is compiled anew.
Status KeepManifest(const Project& project, const RunFolder& run) {
  Manifest copy = project.manifest;
  copy.root = project.root.lexically_relative(run.path).generic_string();
  std::string bytes;
  WriteManifest(copy, bytes);
  return WriteFileAtomically(run.path / "manifest.json", bytes);
}

void TellSummaries(const SummaryContext& context, bool quiet, std::FILE* out, std::FILE* err) {
  for (const WrittenSummary& summary : WriteSummaries(context)) {
    if (!summary.error.empty()) {
      Print(err, fmt::format("gsd-run: warning: {}\n", EscapeControls(summary.error)));
      continue;
    }
    if (!summary.note.empty()) Print(err, fmt::format("gsd-run: note: {}\n", EscapeControls(summary.note)));
    if (!quiet) Print(out, fmt::format("summary: {}\n", EscapeControls(summary.path.string())));
  }
}

int Execute(const GsdRunOptions& options, const Project& project, std::FILE* out, std::FILE* err) {
  SystemClock clock;
  // Everything that can be refused is refused before the first file is written.
  ProcessTable processes(clock);
  RunFolder run;
  auto agent = MakeAgent(options, project, clock, processes, run);
  if (!agent.ok()) return Fail(err, agent.error());
  if (!options.events.empty() && NamesAnInput(options, project))
    return Fail(err, fmt::format("--events={} would overwrite an input", options.events));
  auto made = MakeRunFolder(project.root, clock.Today());
  if (!made.ok()) return Fail(err, made.error());
  run = std::move(*made);
  if (auto kept = KeepManifest(project, run); !kept.ok()) return Fail(err, kept.error());
  EventLog events(project.manifest, run.id, options.agent);
  if (auto opened = events.AddFile(run.path / "events.jsonl"); !opened.ok()) return Fail(err, opened.error());
  if (!options.events.empty()) {
    if (auto opened = events.AddFile(options.events); !opened.ok()) return Fail(err, opened.error());
  }

  Scheduler scheduler(MakeWorkPlan(project.manifest), options.schedule);
  const bool live = CanDrawLive(out) && !options.quiet;
  Progress progress(project.manifest, scheduler, out, {UseColor(options.color, out), live, options.quiet});
  RunnerOptions runner_options;
  runner_options.auto_approve = options.auto_approve;
  if (live) runner_options.tick = Millis(200);
  if (!options.quiet) {
    Print(out,
          fmt::format("run {}: {} tasks, agent {}\n", run.id, project.manifest.tasks.size(), options.agent));
    std::fflush(out);
  }
  const RunRecord record =
      RunTasks(project.manifest, scheduler, **agent, clock, runner_options, [&](const RunEvent& event) {
        events.On(event);
        progress.On(event);
      });

  const int code = ExitCodeOf(record);
  const std::string report = RunReport(project.manifest, record, options.agent);
  if (!options.quiet || code != 0) std::fputs(report.c_str(), options.quiet ? err : out);
  TellSummaries({project.manifest, record, project.root, run, options.agent, kProgram}, options.quiet, out,
                err);
  if (!events.trouble().empty())
    Print(err, fmt::format("gsd-run: warning: {}\n", EscapeControls(events.trouble())));
  return code;
}

}  // namespace

int GsdRunMain(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
  // Whoever reads our output may go away (`gsd-run … | head`); that must not leave agents behind.
  std::signal(SIGPIPE, SIG_IGN);
  if (IsGsdRunCommand(args)) return GsdRunCommandMain(std::move(args), {}, out, err);
  const auto parsed = ParseGsdRunOptions(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) {
    Print(out, end->out);
    Print(err, EscapeControls(end->err));
    return FlushOutput(out) ? end->code : 2;
  }
  const auto& options = std::get<GsdRunOptions>(parsed);
  std::optional<CompiledPlans> compiled;
  const auto project = LoadInputs(options, compiled);
  if (!project.ok()) return Fail(err, project.error());
  if (options.dry_run) {
    Print(out, DryRunReport(project->manifest, options.schedule));
    return FlushOutput(out) ? 0 : Fail(err, "cannot write to standard output");
  }
  return Execute(options, *project, out, err);
}

}  // namespace gsd
