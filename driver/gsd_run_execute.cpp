// In order: lock → journal → what is left of dead processes → workspace → history → agent → run → summaries →
// delivery. The lock is held to the end; what is refused is refused before anything is written.
#include "driver/gsd_run_execute.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "driver/gsd_run_exit.h"
#include "executor/commit_changes.h"
#include "executor/event_log.h"
#include "executor/git_workspace.h"
#include "executor/mask.h"
#include "executor/plain_workspace.h"
#include "executor/process.h"
#include "executor/process_table.h"
#include "executor/program_agent.h"
#include "executor/progress.h"
#include "executor/report.h"
#include "executor/run_folder.h"
#include "executor/run_learner.h"
#include "executor/run_lock.h"
#include "executor/run_options.h"
#include "executor/runner.h"
#include "executor/simulate_agent.h"
#include "executor/summary.h"
#include "executor/system_clock.h"
#include "executor/terminal_person.h"
#include "executor/text.h"
#include "executor/trace.h"
#include "executor/verifier.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "gsd-run " GSD_VERSION;

void Warn(std::FILE* err, std::string_view kind, const std::string& message) {
  if (!message.empty()) Print(err, fmt::format("gsd-run: {}: {}\n", kind, EscapeControls(message)));
}

// A live view moves the cursor, which needs a terminal whatever the colors.
bool CanDrawLive(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

int64_t Milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<Millis>(time.time_since_epoch()).count();
}

// --events and --trace must not destroy the manifest or a plan.
bool IsAnInput(const std::string& file, const GsdRunOptions& options, const Project& project) {
  std::error_code error;
  const auto same = [&](const fs::path& path) { return fs::equivalent(path, file, error); };
  return std::any_of(options.inputs.begin(), options.inputs.end(), same) ||
         std::any_of(project.manifest.plans.begin(), project.manifest.plans.end(),
                     [&](const ManifestPlan& plan) { return same(project.root / plan.path); });
}

// Whether or not they are there yet.
bool AreOneFile(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return false;
  std::error_code error, other_error;
  const fs::path path = fs::weakly_canonical(fs::absolute(one, error), error);
  return path == fs::weakly_canonical(fs::absolute(other, other_error), other_error) && !error &&
         !other_error;
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

// A trace is written at the end: that it cannot be is to be known at the beginning.
Status CanBeMade(const std::string& file) {
  if (file.empty()) return Ok();
  std::error_code error;
  const fs::path folder = fs::absolute(file, error).parent_path();
  if (fs::is_directory(file, error)) return Error{fmt::format("cannot write {}: it is a folder", file)};
  if (access(folder.c_str(), W_OK) != 0)
    return Error{fmt::format("cannot write {}: {}", file, std::strerror(errno))};
  return Ok();
}

// Agents that run programs have their clock, manifest and run folder from here; all of them outlive the
// agent. `program` is set when it is one of these.
Result<std::unique_ptr<Agent>> MakeAgent(const GsdRunOptions& options, const Project& project,
                                         const Clock& clock, ProcessTable& processes, const RunFolder& run,
                                         const Masker& masker, ProgramAgent*& program_agent) {
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
  program.masker = masker;
  auto agent = std::make_unique<ProgramAgent>(project.manifest, clock, processes, run, std::move(program));
  if (const auto checked = agent->Check(); !checked.ok()) return Error{checked.error()};
  program_agent = agent.get();
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

bool IsInRepository(const fs::path& root) {
  std::error_code error;
  for (fs::path at = root;; at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return true;
    if (at == at.parent_path()) return false;
  }
}

// Work trees where there is a repository, unless nothing is changed anyway.
Result<std::unique_ptr<Workspace>> MakeWorkspace(const GsdRunOptions& options, const fs::path& root,
                                                 const RunFolder& run, const std::optional<RunRow>& resumed,
                                                 GitWorkspace*& git_workspace) {
  bool trees = options.isolation == IsolationMode::kWorktree;
  if (options.isolation == IsolationMode::kAuto) trees = options.agent != "simulate" && IsInRepository(root);
  if (resumed) trees = !resumed->branch.empty();
  if (!trees) return std::unique_ptr<Workspace>(std::make_unique<PlainWorkspace>(root));
  auto git = Git::Find();
  if (!git.ok()) return Error{git.error()};
  auto workspace =
      GitWorkspace::Open(std::move(*git), {root, run.id, resumed ? resumed->base : std::string()});
  if (!workspace.ok()) return Error{workspace.error()};
  git_workspace = workspace->get();
  return std::unique_ptr<Workspace>(std::move(*workspace));
}

RunState StateOf(int code) {
  switch (code) {
    case 0:
      return RunState::kDone;
    case 1:
      return RunState::kFailed;
    case 3:
      return RunState::kWaiting;
    case 4:
      return RunState::kBudget;
    default:
      return RunState::kInterrupted;
  }
}

// Not beside their plans: an untracked file there would be in the way of the run's own commits.
void KeepInRunFolder(const std::vector<GitWorkspace::File>& files, const RunFolder& run, std::FILE* err) {
  for (const auto& [path, text] : files) {
    const fs::path copy = run.path / fs::path(path).filename();
    const Status written = WriteFileAtomically(copy, text);
    Warn(err, written.ok() ? "note" : "warning",
         written.ok() ? fmt::format("summary: {}", copy.string()) : written.error());
  }
}

// What the run's branch holds. A problem is told, and then nothing is known.
std::vector<CommitChanges> ChangesOfRun(const fs::path& root, const GitWorkspace* workspace, std::FILE* err) {
  if (workspace == nullptr) return {};
  auto changes = ReadCommitChanges(workspace->git(), root, workspace->base(), workspace->tip());
  if (changes.ok()) return std::move(*changes);
  Warn(err, "warning", "what the run changed cannot be read: " + changes.error());
  return {};
}

// The summaries of plans that are in the repository become a commit of the run: their paths. The others stand
// beside their plans, which is told here.
std::vector<std::string> WriteOrCommitSummaries(const SummaryContext& context, GitWorkspace* git, bool quiet,
                                                std::FILE* out, std::FILE* err) {
  std::vector<PlanSummary> summaries = BuildSummaries(context);
  std::vector<GitWorkspace::File> files;
  bool not_committed = false;
  if (git != nullptr) {
    for (const PlanSummary& summary : summaries) {
      // When git cannot say, it is likely: whoever uses work trees has committed his plans.
      const auto has = git->Has(summary.plan->path);
      if (!has.ok() || *has) files.emplace_back(summary.path, summary.text);
    }
  }
  if (!files.empty()) {
    const auto added = git->AddFiles(
        files, fmt::format("docs: summary of run {}\n\nGsd-Run: {}\n", context.run.id, context.run.id));
    if (!added.ok()) {
      Warn(err, "warning", "the summaries are not committed: " + added.error());
      KeepInRunFolder(files, context.run, err);
      not_committed = true;
    }
  }
  std::erase_if(summaries, [&](const PlanSummary& summary) {
    return std::any_of(files.begin(), files.end(),
                       [&](const auto& file) { return file.first == summary.path; });
  });
  for (const WrittenSummary& summary : WriteSummaries(context, summaries)) {
    if (!summary.error.empty()) {
      Warn(err, "warning", summary.error);
      continue;
    }
    Warn(err, "note", summary.note);
    if (!quiet) Print(out, fmt::format("summary: {}\n", EscapeControls(summary.path.string())));
  }
  std::vector<std::string> committed;
  if (not_committed) return committed;
  for (auto& file : files) committed.push_back(std::move(file.first));
  return committed;
}

// Plans that have been carried out already are run again when somebody asks for them; who gave a whole folder
// may not have meant it. "" when there are none.
std::string FinishedPlans(const Project& project) {
  constexpr size_t kHead = 4096;
  size_t finished = 0;
  std::vector<std::string> open;
  for (const ManifestPlan& plan : project.manifest.plans) {
    const auto summary = ReadFileHead(project.root / SummaryPath(plan.path), kHead);
    const auto says = [&](std::string_view status) {
      return summary.ok() && summary->find(fmt::format("\nstatus: {}", status)) != std::string::npos;
    };
    if (summary.ok() && !says("simulated") && !says("halted")) {
      ++finished;
    } else {
      open.push_back(plan.path);
    }
  }
  if (finished == 0) return "";
  constexpr size_t kMostNamed = 3;
  std::string rest;
  if (!open.empty()) {
    const size_t more = open.size() > kMostNamed ? open.size() - kMostNamed : 0;
    open.resize(std::min(open.size(), kMostNamed));
    rest = fmt::format("; still open: {}{}", fmt::join(open, " "),
                       more > 0 ? fmt::format(" and {} more", more) : "");
  }
  const size_t plans = project.manifest.plans.size();
  return plans == 1 ? "the plan has a summary already, and is run again"
                    : fmt::format("{} of {} plans have a summary already, and are run again{}", finished,
                                  plans, rest);
}

// Said before it is spent: "" when what is expected fits.
std::string TooSmallBudget(const ManifestBudget& budget, const Ceilings& ceilings) {
  const auto expected = static_cast<double>(budget.estimated_tokens.expected);
  if (ceilings.tokens && expected > *ceilings.tokens)
    return fmt::format(
        "the tasks are expected to need {} tokens, and the budget is {}: --budget-tokens=N raises it, 0 "
        "lifts it",
        FormatCount(budget.estimated_tokens.expected), FormatCount(std::llround(*ceilings.tokens)));
  if (ceilings.usd && budget.estimated_usd > *ceilings.usd)
    return fmt::format(
        "the tasks are expected to cost ${:.4f}, and the budget is ${:.4f}: --budget-usd=X raises it",
        budget.estimated_usd, *ceilings.usd);
  return "";
}

// What a run that is out of budget needs to go on.
std::string_view MoreBudget(const Ceilings& ceilings) {
  if (!ceilings.usd) return " --budget-tokens=MORE";
  return ceilings.tokens ? " --budget-tokens=MORE --budget-usd=MORE" : " --budget-usd=MORE";
}

// Whether the user's checkout has the result.
bool Deliver(GitWorkspace& git, DeliverMode mode, bool quiet, std::FILE* out, std::FILE* err) {
  const auto delivery = git.Deliver(mode);
  if (!delivery.ok()) {
    Warn(err, "warning",
         fmt::format("the result stays on branch {0} (git merge {0}): {1}", git.branch(), delivery.error()));
    return false;
  }
  const bool forwarded = delivery->kind == Delivery::Kind::kFastForwarded;
  if (quiet) return forwarded;
  if (forwarded) Print(out, fmt::format("your checkout was fast-forwarded to {}\n", git.branch()));
  if (delivery->kind == Delivery::Kind::kBranch) {
    Print(out, fmt::format("the result is on branch {}{}\n  {}\n", git.branch(),
                           delivery->reason.empty() ? "" : ", since " + EscapeControls(delivery->reason),
                           EscapeControls(delivery->command)));
  }
  return forwarded;
}

}  // namespace

Result<std::string> CleanGit(const fs::path& root, const RunRow& run, bool dry_run) {
  if (run.branch.empty() || dry_run || !IsInRepository(root)) return std::string();
  const auto git = Git::Find();
  if (!git.ok()) return Error{git.error()};
  const auto kept = GitWorkspace::Clean(*git, root, run.id, CleanBranches::kMerged);
  if (!kept.ok()) return Error{kept.error()};
  if (kept->empty()) return std::string("its work trees and branches");
  return fmt::format("its work trees; not merged, so kept: {}", fmt::join(*kept, ", "));
}

Ceilings CeilingsOf(const GsdRunOptions& options, const Manifest& manifest) {
  Ceilings ceilings;
  if (manifest.budget.tokens > 0) ceilings.tokens = static_cast<double>(manifest.budget.tokens);
  ceilings.usd = manifest.budget.usd;
  const auto over = [](std::optional<double>& ceiling, const std::optional<double>& given) {
    if (given) ceiling = *given > 0 ? given : std::nullopt;
  };
  over(ceilings.tokens, options.budget_tokens);
  over(ceilings.usd, options.budget_usd);
  return ceilings;
}

int ExecuteRun(const GsdRunOptions& options, const Project& project, const std::optional<RunRow>& resumed,
               std::FILE* out, std::FILE* err) {
  SystemClock clock;
  ProcessTable processes(clock);
  RunFolder run;
  const Masker masker(SecretsIn(EnvironmentWith({})));
  ProgramAgent* program = nullptr;
  auto agent = MakeAgent(options, project, clock, processes, run, masker, program);
  if (!agent.ok()) return Fail(err, agent.error());
  for (const auto& [option, file] : {std::pair("--events", options.events), {"--trace", options.trace}}) {
    if (!file.empty() && IsAnInput(file, options, project))
      return Fail(err, fmt::format("{}={} would overwrite an input", option, file));
  }
  if (AreOneFile(options.events, options.trace))
    return Fail(err, fmt::format("--events and --trace both name {}: the trace would replace the events",
                                 options.trace));
  if (const auto writable = CanBeMade(options.trace); !writable.ok()) return Fail(err, writable.error());
  if (resumed) {
    run = {resumed->id, project.root / ".gsd" / "runs" / resumed->id};
  } else {
    auto made = MakeRunFolder(project.root, clock.Today());
    if (!made.ok()) return Fail(err, made.error());
    run = std::move(*made);
  }
  std::error_code ignored;
  const auto refuse = [&](const std::string& message) {
    if (!resumed) fs::remove_all(run.path, ignored);  // nothing has begun
    return Fail(err, message);
  };
  const auto lock = RunLock::Take(RunLockPath(project.root), run.id, Milliseconds(clock.Today()));
  if (!lock.ok()) return refuse(lock.error());
  auto opened = Journal::Open(JournalPath(project.root));
  if (!opened.ok()) return refuse(opened.error());
  Journal& journal = **opened;
  if (resumed) KillMarked(run.id);

  GitWorkspace* git = nullptr;
  auto workspace = MakeWorkspace(options, project.root, run, resumed, git);
  if (!workspace.ok()) return refuse(workspace.error());
  if (auto kept = KeepManifest(project, run); !kept.ok()) return refuse(kept.error());
  if (git == nullptr && options.commit && *options.commit != CommitMode::kNone)
    return refuse("--commit needs work trees: a git repository, and an agent that changes files");
  EventLog events(project.manifest, run.id, options.agent);
  if (auto added = events.AddFile(run.path / "events.jsonl",
                                  resumed ? EventLog::Mode::kAppend : EventLog::Mode::kReplace);
      !added.ok())
    return refuse(added.error());
  if (!options.events.empty()) {
    if (auto added = events.AddFile(options.events, EventLog::Mode::kReplace); !added.ok())
      return refuse(added.error());
  }

  RunRow row = resumed.value_or(RunRow{});
  if (!resumed) {
    row.id = run.id;
    row.agent = options.agent;
    row.options = WriteRunCommandLine({options.args, options.agent_argv});
    row.started = Milliseconds(clock.Today());
    if (git != nullptr) {
      row.base = git->base();
      row.branch = git->branch();
    }
  }
  row.state = RunState::kRunning;
  row.ended = 0;
  if (auto put = journal.PutRun(row); !put.ok()) return refuse(put.error());

  std::vector<std::pair<std::string, std::string>> integrated;
  if (git != nullptr) {
    for (const Integrated& task : git->integrated()) integrated.emplace_back(task.task, task.commit);
  }
  auto history = ReadHistory(project.manifest, journal, run.id, integrated);
  if (!history.ok()) return refuse(history.error());
  if (resumed) {
    const auto changes = ChangesOfRun(project.root, git, err);
    for (const TaskIndex task : history->done)
      history->tasks[task].files = FilesOfTask(changes, project.manifest.tasks[task].id);
  }

  Scheduler scheduler(MakeWorkPlan(project.manifest), options.schedule, history->done);
  VerifyOptions verify;
  verify.masker = masker;
  Verifier verifier(clock, processes, run, std::move(verify));
  const bool live = CanDrawLive(out) && !options.quiet;
  // Asked are people who see the questions and whose answers can be read.
  std::optional<TerminalPerson> person;
  if (isatty(STDIN_FILENO) == 1 && isatty(fileno(out)) == 1 && !options.quiet)
    person.emplace(project.manifest, clock, masker, STDIN_FILENO, out);
  Progress progress(project.manifest, scheduler, out,
                    {UseColor(options.color, out), live, options.quiet, person.has_value(),
                     CeilingsOf(options, project.manifest), options.schedule.max_parallel});
  RunnerOptions runner;
  runner.run = run.id;
  runner.folder = run.path;
  runner.auto_approve = options.auto_approve;
  runner.retry = options.retry;
  runner.scope = git == nullptr ? ScopeMode::kOff : options.scope;
  runner.commit = git == nullptr ? CommitMode::kNone : options.commit.value_or(CommitMode::kRunner);
  runner.verify = options.verify && options.agent != "simulate";
  runner.max_parallel = options.schedule.max_parallel;
  runner.tasks_per_agent = options.tasks_per_agent;
  runner.ceilings = CeilingsOf(options, project.manifest);
  if (options.agent == "simulate") runner.retry.retries = 0;  // it would only fail again
  if (live) runner.tick = Millis(200);
  if (!options.quiet) {
    Print(out,
          fmt::format("run {}: {} tasks, agent {}{}\n", run.id, project.manifest.tasks.size(), options.agent,
                      resumed ? fmt::format(", resumed with {} done", history->done.size()) : ""));
    if (git == nullptr && options.agent != "simulate") {
      Print(out,
            "no isolation: all tasks work in the project folder; their scope is not checked and nothing is "
            "committed\n");
    }
    std::fflush(out);
  }
  if (git != nullptr) {
    Warn(err, "note", git->note());
    Warn(err, "note", git->UncommittedNote());
  }
  if (!resumed) {
    Warn(err, "note", TooSmallBudget(project.manifest.budget, runner.ceilings));
    Warn(err, "note", FinishedPlans(project));
  }
  std::vector<TraceMoment> moments;
  RunLearner learner(project.manifest, project.root, options.agent != "command");
  const auto learn = [&](const AttemptRecord& attempt) {
    if (options.agent != "simulate") learner.Settled(attempt);  // a simulation teaches nothing
  };
  const RunRecord record = RunTasks({project.manifest, scheduler, **agent, **workspace, verifier, journal,
                                     clock, person ? &*person : nullptr, learn},
                                    runner, std::move(*history), [&](const RunEvent& event) {
                                      events.On(event);
                                      progress.On(event);
                                      if (options.trace.empty()) return;
                                      if (auto moment = TraceMomentOf(project.manifest, event))
                                        moments.push_back(std::move(*moment));
                                    });
  if (program != nullptr) {
    for (const std::string& note : program->TakeNotes()) Warn(err, "note", note);
  }

  const int code = ExitCodeOf(record);
  const std::string report = RunReport(project.manifest, record, options.agent);
  if (!options.quiet || code != 0) std::fputs(report.c_str(), options.quiet ? err : out);
  if (!record.trouble.empty()) Warn(err, "error", record.trouble);
  const SummaryContext summary{project.manifest,
                               record,
                               project.root,
                               run,
                               options.agent,
                               kProgram,
                               ChangesOfRun(project.root, git, err)};
  const auto committed = WriteOrCommitSummaries(summary, git, options.quiet, out, err);
  const bool delivered = git != nullptr && (code == 0 || record.trouble.empty()) &&
                         Deliver(*git, options.integrate, options.quiet, out, err);
  for (const std::string& path : committed) {
    if (options.quiet) break;
    Print(out, fmt::format("summary: {}{}\n", EscapeControls(path),
                           delivered ? "" : fmt::format(" (on branch {})", git->branch())));
  }
  for (const std::string& note : learner.Finish()) Warn(err, "warning", note);
  Warn(err, "warning", events.trouble());
  if (!options.trace.empty()) {
    const auto written = WriteFileAtomically(options.trace, TraceJson(project.manifest, record, moments));
    if (!written.ok()) Warn(err, "warning", written.error());
  }
  row.state = StateOf(code);
  row.ended = Milliseconds(clock.Today());
  if (auto put = journal.PutRun(row); !put.ok()) Warn(err, "warning", put.error());
  if (code != 0 && code != 1 && !options.quiet)
    Print(out, fmt::format("`gsd-run resume {}{}` goes on with it\n", run.id,
                           code == 4 ? MoreBudget(runner.ceilings) : ""));
  return code;
}

}  // namespace gsd
