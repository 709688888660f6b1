// The prompt goes to a file that becomes the child's standard input, and the child's output goes to files:
// nothing the child does or does not do with its streams can block the loop or lose what it said.
#include "executor/program_agent.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "executor/attempt_files.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

// How long the first run of a program that runs first alone keeps the others waiting.
constexpr Millis kHeadStart{10'000};
constexpr const char* kNowhere = "/dev/null";
constexpr const char* kResultFile = "result.json";

const AgentProgram& Known(const std::string& name) {
  const AgentProgram* program = FindAgentProgram(name);
  GSD_CHECK(program != nullptr);
  return *program;
}

std::string ReadOutput(const fs::path& path, int64_t limit) {
  constexpr int64_t kMost = int64_t{1} << 30;
  auto bytes = ReadFileHead(path, static_cast<size_t>(limit > 0 ? limit : kMost));
  return bytes.ok() ? std::move(*bytes) : std::string();
}

std::optional<Outcome> AskedToEnd(ProcessEndKind kind) {
  switch (kind) {
    case ProcessEndKind::kItself:
      return std::nullopt;
    case ProcessEndKind::kTimeout:
    case ProcessEndKind::kStalled:
      return Outcome::kTimeout;
    case ProcessEndKind::kOutputLimit:
      return Outcome::kFailed;
    case ProcessEndKind::kStopped:
      return Outcome::kCancelled;
  }
  return std::nullopt;
}

std::string WhyEnded(ProcessEndKind kind, const ProcessLimits& limits) {
  switch (kind) {
    case ProcessEndKind::kItself:
      return "";
    case ProcessEndKind::kTimeout:
      return fmt::format("took longer than {}", FormatDuration(*limits.timeout));
    case ProcessEndKind::kStalled:
      return fmt::format("said nothing for {}", FormatDuration(*limits.stall));
    case ProcessEndKind::kOutputLimit:
      return fmt::format("wrote more than {} bytes of output", FormatCount(limits.output_bytes));
    case ProcessEndKind::kStopped:
      return "interrupted";
  }
  return "";
}

// The first line of what `program --version` says. Nothing else runs yet, so waiting is no harm.
Result<std::string> AskVersion(ProcessTable& processes, const std::string& program) {
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "gsd-run-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return Error{fmt::format("cannot make a temporary folder: {}", std::strerror(errno))};
  SpawnRequest spawn;
  spawn.argv = {program, "--version"};
  spawn.environment = TaskEnvironment({{std::string(kAttemptVariable), folder}});
  spawn.in = kNowhere;
  spawn.out = spawn.err = fs::path(folder) / "version";
  ProcessLimits limits;
  limits.timeout = Millis(20'000);
  limits.kill_grace = Millis(500);
  Result<std::string> version = Error{""};
  if (const auto id = processes.Start(spawn, limits); id.ok()) {
    std::optional<ProcessEnd> end;
    while (!end) {
      std::this_thread::sleep_for(Millis(2));
      processes.Poll();
      end = processes.TakeEnd(*id);
    }
    const std::string said = ReadLastLines(spawn.out, 20, 4096);
    if (end->kind != ProcessEndKind::kItself) {
      version = Error{fmt::format("{} --version {}", program, WhyEnded(end->kind, limits))};
    } else if (end->exit_code != 0) {
      version = Error{
          fmt::format("{} --version ended with exit code {}: {}", program, end->exit_code, OneLine(said))};
    } else {
      version = std::string(Split(said, '\n')[0]);
    }
  } else {
    version = Error{id.error()};
  }
  RemoveFolder(folder);
  return version;
}

}  // namespace

ProgramAgent::ProgramAgent(const Manifest& manifest, const Clock& clock, ProcessTable& processes,
                           const RunFolder& run, ProgramOptions options)
    : manifest_(manifest),
      clock_(clock),
      processes_(processes),
      run_(run),
      options_(std::move(options)),
      program_(Known(options_.agent)) {
  if (options_.program.empty()) options_.program = program_.name;
}

ProgramAgent::~ProgramAgent() { StopAll(StopHow::kForcibly); }

Status ProgramAgent::Check() {
  const bool is_command = &program_ == &CommandProgram();
  auto found = FindProgram(options_.program, getenv("PATH"));
  if (!found.ok()) {
    return Error{is_command ? found.error()
                            : fmt::format("{}; install it with: {}", found.error(), program_.install)};
  }
  options_.program = std::move(*found);
  if (is_command) return Ok();
  auto version = AskVersion(processes_, options_.program);
  if (!version.ok()) {
    return Error{fmt::format("the agent {} does not work: {}; install it anew with: {}", program_.name,
                             version.error(), program_.install)};
  }
  version_ = std::move(*version);
  return Ok();
}

std::vector<std::string> ProgramAgent::TakeNotes() { return std::exchange(notes_, {}); }

void ProgramAgent::Note(std::string note) {
  if (noted_.insert(note).second) notes_.push_back(std::move(note));
}

// A command is told the manifest's name of the model; an agent program translates for itself.
std::string ProgramAgent::AgentModelOf(const AttemptRequest& request) const {
  if (!request.agent_model.empty() || program_.name != CommandProgram().name) return request.agent_model;
  const auto model = std::find_if(manifest_.models.begin(), manifest_.models.end(),
                                  [&](const ManifestModel& m) { return m.name == request.model; });
  return model == manifest_.models.end() || model->agent_model.empty() ? request.model : model->agent_model;
}

Result<ProgramAgent::Running> ProgramAgent::Prepare(const AttemptRequest& request) {
  const ManifestTask& task = manifest_.tasks[request.task];
  Running running;
  running.request = request;
  running.asked = clock_.Now();
  AttemptRequest& asked = running.request;
  if (asked.workdir.empty()) asked.workdir = options_.root;
  if (asked.model.empty()) asked.model = task.model;
  if (asked.title.empty()) asked.title = TaskTitle(task);

  running.folder = AttemptFolderOf(run_.path, task.id, asked.attempt);
  std::error_code error;
  bool is_new = fs::create_directory(running.folder, error);
  if (error == std::errc::no_such_file_or_directory) is_new = fs::create_directories(running.folder, error);
  if (error) return Error{fmt::format("cannot make {}: {}", running.folder.string(), error.message())};
  // Otherwise it is that of an attempt which died with its runner before anybody noted it.
  if (!is_new) fs::remove(running.folder / kResultFile, error);
  if (auto written = WritePrivateFile(running.folder / "prompt.md", asked.prompt); !written.ok())
    return Error{written.error()};

  AgentRun run;
  run.program = options_.program;
  run.model = asked.model;
  run.agent_model = AgentModelOf(asked);
  run.session = program_.sessions ? asked.session : "";
  run.title = asked.title;
  run.folder = running.folder;
  run.max_turns = options_.max_turns;
  run.budget_usd = asked.usd_limit;
  run.access = options_.access;
  run.api_retries = options_.api_retries;
  run.api_timeout = options_.api_timeout;
  run.more_arguments = options_.arguments;
  run.task = task.id;
  run.workdir = asked.workdir;
  Invocation call = program_.build(run);
  for (const InvocationFile& file : call.files) {
    if (auto written = WritePrivateFile(file.path, file.bytes); !written.ok()) return Error{written.error()};
  }
  for (std::string_view limit : call.not_limited) {
    Note(fmt::format("{} knows no limit of its {}; only the time limit holds", program_.name,
                     limit == "budget" ? "cost" : limit));
  }

  if (!temporary_) temporary_.emplace(run_.path / "tmp");
  const auto temporary = temporary_->Take();
  if (!temporary.ok()) return Error{temporary.error()};
  running.temporary = *temporary;
  std::vector<std::pair<std::string, std::string>> variables;
  for (auto& [name, value] : call.environment)
    if (getenv(name.c_str()) == nullptr) variables.emplace_back(name, value);
  const std::string attempt = std::to_string(asked.attempt);
  variables.insert(variables.end(), {{"TMPDIR", running.temporary.string()},
                                     {"GSD_TASK", task.id},
                                     {"GSD_MODEL", run.agent_model.empty() ? run.model : run.agent_model},
                                     {"GSD_ATTEMPT", attempt},
                                     {"GSD_RESULT", (running.folder / kResultFile).string()},
                                     {std::string(kRunVariable), run_.id},
                                     {std::string(kAttemptVariable),
                                      run_.id + "/" + TaskFolderName(task.id) + "/" + attempt}});
  running.spawn.argv = std::move(call.argv);
  running.spawn.environment = TaskEnvironment(variables);
  running.spawn.directory = asked.workdir;
  running.spawn.in = running.folder / "prompt.md";
  running.spawn.out = running.folder / "stdout";
  running.spawn.err = running.folder / "stderr";
  running.limits = options_.limits;
  running.limits.stop_signal = call.stop_signal;
  return running;
}

Status ProgramAgent::Start(const AttemptRequest& request) {
  auto running = Prepare(request);
  Status started = running.ok() ? Ok() : Status(Error{running.error()});
  if (started.ok() && !MustWait()) started = Launch(*running);
  if (started.ok()) {
    running_.push_back(std::move(*running));
  } else if (running.ok()) {
    temporary_->GiveBack(running->temporary);
  }
  return started;
}

bool ProgramAgent::MustWait() const {
  return program_.runs_first_alone && first_started_ && !first_ended_ &&
         clock_.Now() < *first_started_ + kHeadStart;
}

Status ProgramAgent::Launch(Running& running) {
  const auto id = processes_.Start(running.spawn, running.limits);
  if (!id.ok()) return Error{id.error()};
  running.id = *id;
  if (!first_started_) first_started_ = clock_.Now();
  return Ok();
}

void ProgramAgent::Poll(std::vector<AttemptResult>& ended) {
  processes_.Poll();
  const auto fail = [&](const Running& running, Outcome outcome, std::string message) {
    AttemptResult& result = ended.emplace_back();
    result.task = running.request.task;
    result.outcome = outcome;
    result.message = std::move(message);
    result.started = running.asked;
    result.ended = clock_.Now();
    temporary_->GiveBack(running.temporary);
  };
  std::erase_if(running_, [&](const Running& running) {
    if (running.cancelled) {
      fail(running, Outcome::kCancelled, "interrupted");
    } else if (const auto end = running.id ? processes_.TakeEnd(*running.id) : std::nullopt) {
      ended.push_back(Finish(running, *end));
      first_ended_ = true;
    } else {
      return false;
    }
    return true;
  });
  std::erase_if(running_, [&](Running& running) {
    if (running.id || MustWait()) return false;
    const Status launched = Launch(running);
    if (!launched.ok()) fail(running, Outcome::kFailed, launched.error());
    return !launched.ok();
  });
}

std::optional<Millis> ProgramAgent::NextDeadline() const {
  std::optional<Millis> next = processes_.NextDeadline();
  for (const Running& running : running_) {
    if (running.id) continue;
    const Millis due = MustWait() && !running.cancelled ? *first_started_ + kHeadStart : clock_.Now();
    if (!next || due < *next) next = due;
  }
  return next;
}

void ProgramAgent::Stop(Running& running, StopHow how) {
  if (running.id) {
    processes_.Stop(*running.id, how);
  } else {
    running.cancelled = true;
  }
}

void ProgramAgent::Stop(TaskIndex task, StopHow how) {
  for (Running& running : running_)
    if (running.request.task == task) Stop(running, how);
}

void ProgramAgent::StopAll(StopHow how) {
  for (Running& running : running_) Stop(running, how);
}

AttemptResult ProgramAgent::Finish(const Running& running, const ProcessEnd& end) {
  const std::string out = ReadOutput(running.spawn.out, running.limits.output_bytes);
  const std::string err = ReadOutput(running.spawn.err, running.limits.output_bytes);
  AgentOutput output;
  output.out = out;
  output.err = err;
  output.exit_code = end.exit_code;
  output.asked_to_end = AskedToEnd(end.kind);
  const fs::path result_file = running.folder / kResultFile;
  constexpr size_t kLargestResult = size_t{16} << 20;
  std::optional<Result<std::string>> left;
  std::error_code error;
  if (fs::exists(fs::symlink_status(result_file, error))) {
    left = ReadWholeFile(result_file, kLargestResult);
    output.result = &*left;
  }
  AgentReport report = program_.read(output);

  // What a killed run used is in no later counter, so it does not become the run to subtract.
  const bool counted = !output.asked_to_end && report.tokens && !report.session.empty();
  AgentReport counters;
  counters.tokens = report.tokens;
  counters.usd = report.usd;
  if (!running.request.session.empty())
    SubtractEarlierRuns(EarlierRun(running).value_or(AgentReport{}), report);
  if (counted) sessions_[report.session] = std::move(counters);

  // The reader had to see what the program wrote; nobody else does.
  if (!out.empty() || !err.empty() || left) MaskFiles(running);
  const Masker& masker = options_.masker;
  AttemptResult result;
  result.task = running.request.task;
  result.outcome = report.outcome;
  result.message = output.asked_to_end ? WhyEnded(end.kind, running.limits) : masker.Mask(report.message);
  result.text = masker.Mask(report.text);
  result.tokens = report.tokens;
  result.usd = report.usd;
  result.exit_code = end.exit_code;
  result.session = std::move(report.session);
  result.started = end.started;
  result.ended = end.ended;
  result.resets_at = report.resets_at;
  result.retry_after = report.retry_after;
  for (const AgentDenial& denial : report.denials)
    result.denials.push_back(
        masker.Mask(denial.what.empty() ? denial.tool : denial.tool + ": " + denial.what));
  temporary_->GiveBack(running.temporary);
  return result;
}

void ProgramAgent::MaskFiles(const Running& running) {
  for (const fs::path& file : {running.spawn.out, running.spawn.err, running.folder / kResultFile})
    if (const auto masked = MaskFile(options_.masker, file); !masked.ok()) Note(masked.error());
}

// The last run of the session that is resumed: of this process, or an earlier attempt at the same task before
// the runner was started again.
std::optional<AgentReport> ProgramAgent::EarlierRun(const Running& running) const {
  const std::string& session = running.request.session;
  if (const auto known = sessions_.find(session); known != sessions_.end()) return known->second;
  for (int attempt = running.request.attempt - 1; attempt > 0; --attempt) {
    const fs::path folder = AttemptFolderOf(run_.path, manifest_.tasks[running.request.task].id, attempt);
    const std::string out = ReadOutput(folder / "stdout", running.limits.output_bytes);
    AgentOutput output;
    output.out = out;
    AgentReport report = program_.read(output);
    if (report.session == session && report.tokens) return report;
  }
  return std::nullopt;
}

}  // namespace gsd
