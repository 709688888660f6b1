// In order: options → (gsdc) → manifest and project → dry run or run (gsd_run_execute.h).
#include "driver/gsd_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "driver/gsd_run_commands.h"
#include "driver/gsd_run_compile.h"
#include "driver/gsd_run_execute.h"
#include "driver/gsd_run_exit.h"
#include "driver/gsd_run_options.h"
#include "driver/gsd_run_report.h"
#include "driver/gsd_run_stats.h"
#include "executor/project.h"
#include "executor/report.h"
#include "executor/run_options.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

const char* ColorWord(ColorMode when) {
  return when == ColorMode::kAlways ? "always" : when == ColorMode::kNever ? "never" : "auto";
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

// What the journal knows of the run that is to go on: the one that is named, or the newest that is not done.
Result<RunRow> FindRun(const fs::path& root, const std::vector<std::string>& named) {
  auto journal = Journal::OpenReadOnly(JournalPath(root));
  if (!journal.ok()) return Error{journal.error()};
  const auto runs = (*journal)->Runs();
  if (!runs.ok()) return Error{runs.error()};
  for (const RunRow& run : *runs) {
    if (!named.empty() ? run.id == named[0] : run.state != RunState::kDone) return run;
  }
  if (named.empty()) return Error{"there is no run to resume: all are done"};
  return Error{fmt::format("there is no run {}; `gsd-run status` lists them", named[0])};
}

int Resume(const GsdRunOptions& asked, std::FILE* out, std::FILE* err) {
  const auto root = FindJournalRoot("");
  if (!root.ok()) return Fail(err, root.error());
  const auto run = FindRun(*root, asked.inputs);
  if (!run.ok()) return Fail(err, run.error());
  if (run->state == RunState::kDone) {
    Print(out, fmt::format("run {}: all tasks are done\n", run->id));
    return 0;
  }
  const RunCommandLine begun = ReadRunCommandLine(run->options);
  std::vector<std::string> args = begun.arguments;
  args.insert(args.end(), asked.args.begin(), asked.args.end());
  const fs::path manifest = *root / ".gsd" / "runs" / run->id / "manifest.json";
  args.push_back(manifest.string());
  const std::vector<std::string>& argv = asked.agent_argv.empty() ? begun.command : asked.agent_argv;
  if (!argv.empty()) args.emplace_back("--");
  args.insert(args.end(), argv.begin(), argv.end());
  const auto parsed = ParseGsdRunOptions(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return Fail(err, end->err + end->out);
  const auto& options = std::get<GsdRunOptions>(parsed);
  const auto project = LoadProject(manifest, options.stale_ok);
  if (!project.ok()) return Fail(err, project.error());
  return ExecuteRun(options, *project, *run, out, err);
}

}  // namespace

int GsdRunMain(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
  // Whoever reads our output may go away (`gsd-run … | head`); that must not leave agents behind.
  std::signal(SIGPIPE, SIG_IGN);
  if (!args.empty() && args[0] == "stats") return GsdRunStatsMain({args.begin() + 1, args.end()}, out, err);
  if (!args.empty() && args[0] == "report") return GsdRunReportMain({args.begin() + 1, args.end()}, out, err);
  if (IsGsdRunCommand(args)) return GsdRunCommandMain(std::move(args), CleanRepository(&CleanGit), out, err);
  const auto parsed = ParseGsdRunOptions(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return End(*end, out, err);
  const auto& options = std::get<GsdRunOptions>(parsed);
  if (options.resume) return Resume(options, out, err);
  std::optional<CompiledPlans> compiled;
  const auto project = LoadInputs(options, compiled);
  if (!project.ok()) return Fail(err, project.error());
  if (options.dry_run) return End(DryRunReport(project->manifest, options.schedule), out, err);
  return ExecuteRun(options, *project, std::nullopt, out, err);
}

}  // namespace gsd
