#include "executor/verifier.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>

#include "executor/attempt_files.h"
#include "executor/text.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

// `a | tee log` must not hide that a failed. Without -e: a script decides for itself what is an error.
std::vector<std::string> FindShell() {
  const auto bash = FindProgram("bash", getenv("PATH"));
  if (bash.ok()) return {*bash, "-o", "pipefail", "-c"};
  return {"/bin/sh", "-c"};
}

fs::path LogOf(const fs::path& folder, size_t number) {
  return folder / fmt::format("verify-{}.log", number);
}

}  // namespace

Verifier::Verifier(const Clock& clock, ProcessTable& processes, const RunFolder& run, VerifyOptions options)
    : clock_(clock), processes_(processes), run_(run), options_(std::move(options)), shell_(FindShell()) {}

Verifier::~Verifier() { StopAll(StopHow::kForcibly); }

void Verifier::Start(TaskIndex task, std::vector<std::string> commands, fs::path workdir, fs::path folder) {
  Running& running = running_.emplace_back();
  running.task = task;
  running.commands = std::move(commands);
  running.workdir = std::move(workdir);
  running.folder = std::move(folder);
  running.result.task = task;
  running.result.started = clock_.Now();
  StartNext(running);
}

void Verifier::StartNext(Running& running) {
  running.id.reset();
  if (running.next == running.commands.size()) {
    running.result.ok = running.over = true;
    return;
  }
  const std::string& command = running.commands[running.next++];
  SpawnRequest spawn;
  spawn.argv = shell_;
  spawn.argv.push_back(command);
  spawn.environment =
      TaskEnvironment({{std::string(kRunVariable), run_.id},
                       {std::string(kAttemptVariable), LogOf(running.folder, running.next).string()}});
  spawn.directory = running.workdir;
  spawn.in = "/dev/null";
  spawn.out = spawn.err = LogOf(running.folder, running.next);
  ProcessLimits limits;
  limits.timeout = options_.timeout;
  limits.output_bytes = options_.output_bytes;
  limits.kill_grace = options_.kill_grace;
  const auto id = processes_.Start(spawn, limits);
  if (id.ok()) {
    running.id = *id;
  } else {
    running.result.command = command;
    running.result.message = id.error();
    running.over = true;
  }
}

void Verifier::OnEnd(Running& running, const ProcessEnd& end) {
  const auto masked = MaskFile(options_.masker, LogOf(running.folder, running.next));
  if (end.kind == ProcessEndKind::kItself && end.exit_code == 0) return StartNext(running);
  VerifyResult& result = running.result;
  running.over = true;
  result.stopped = end.kind == ProcessEndKind::kStopped;
  result.command = running.commands[running.next - 1];
  result.exit_code = end.exit_code;
  switch (end.kind) {
    case ProcessEndKind::kTimeout:
      result.message = fmt::format("took longer than {}", FormatDuration(options_.timeout));
      break;
    case ProcessEndKind::kOutputLimit:
      result.message = fmt::format("wrote more than {} bytes of output", FormatCount(options_.output_bytes));
      break;
    case ProcessEndKind::kStopped:
      result.message = "interrupted";
      break;
    default:
      result.message = end.exit_code > 128 ? fmt::format("ended by signal {}", end.exit_code - 128)
                                           : fmt::format("exit code {}", end.exit_code);
  }
  constexpr size_t kLines = 20, kBytes = 4096;
  // A log that could not be masked is not quoted.
  result.output =
      masked.ok() ? ReadLastLines(LogOf(running.folder, running.next), kLines, kBytes) : masked.error();
}

void Verifier::Poll(std::vector<VerifyResult>& ended) {
  processes_.Poll();
  std::erase_if(running_, [&](Running& running) {
    if (running.id && !running.over) {
      if (const auto end = processes_.TakeEnd(*running.id)) OnEnd(running, *end);
    }
    if (!running.over) return false;
    running.result.ended = clock_.Now();
    ended.push_back(std::move(running.result));
    return true;
  });
}

std::optional<Millis> Verifier::NextDeadline() const {
  if (std::any_of(running_.begin(), running_.end(), [](const Running& running) { return running.over; }))
    return clock_.Now();
  return processes_.NextDeadline();
}

void Verifier::Stop(Running& running, StopHow how) {
  if (running.id) processes_.Stop(*running.id, how);
}

void Verifier::Stop(TaskIndex task, StopHow how) {
  for (Running& running : running_)
    if (running.task == task) Stop(running, how);
}

void Verifier::StopAll(StopHow how) {
  for (Running& running : running_) Stop(running, how);
}

}  // namespace gsd
