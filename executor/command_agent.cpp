// The prompt goes to a file that becomes the child's standard input, and the child's output goes to files:
// nothing the child does or does not do with its streams can block the loop. A group is signalled only while
// its leader is not reaped, so its number cannot have passed to a stranger.
#include "executor/command_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "executor/agent_result.h"
#include "executor/process.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

// All placeholders in one pass, so that a value that looks like a placeholder is not replaced again.
std::string Substitute(std::string_view text,
                       const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    const auto match = std::find_if(values.begin(), values.end(),
                                    [&](const auto& value) { return text.rfind(value.first, 0) == 0; });
    if (match != values.end()) {
      out += match->second;
      text.remove_prefix(match->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

CommandAgent::CommandAgent(const Manifest& manifest, const Clock& clock, const RunFolder& run,
                           CommandOptions options)
    : manifest_(manifest), clock_(clock), run_(run), options_(std::move(options)) {}

CommandAgent::~CommandAgent() {
  for (const Running& running : running_) {
    SignalGroup(running.group, SIGKILL);
    Reap(running.group);
  }
}

Status CommandAgent::Start(const AttemptRequest& request) {
  const ManifestTask& task = manifest_.tasks[request.task];
  const fs::path folder = run_.path / TaskFolderName(task.id) / fmt::format("attempt-{}", request.attempt);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{fmt::format("cannot make {}: {}", folder.string(), error.message())};
  if (auto written = WriteFileAtomically(folder / "prompt.md", request.prompt); !written.ok())
    return Error{written.error()};

  // An agent program is told the name it knows the model by.
  const auto model = std::find_if(manifest_.models.begin(), manifest_.models.end(),
                                  [&](const ManifestModel& m) { return m.name == task.model; });
  const std::string agent_model =
      model == manifest_.models.end() || model->agent_model.empty() ? task.model : model->agent_model;
  SpawnRequest spawn;
  for (const std::string& argument : options_.argv)
    spawn.argv.push_back(Substitute(
        argument, {{"{model}", agent_model}, {"{task}", task.id}, {"{workdir}", options_.root.string()}}));
  spawn.environment = EnvironmentWith({{"GSD_TASK", task.id},
                                       {"GSD_MODEL", agent_model},
                                       {"GSD_ATTEMPT", std::to_string(request.attempt)},
                                       {"GSD_RUN", run_.id},
                                       {"GSD_RESULT", (folder / "result.json").string()}});
  spawn.directory = options_.root;
  spawn.in = folder / "prompt.md";
  spawn.out = folder / "stdout";
  spawn.err = folder / "stderr";
  const auto child = Spawn(spawn);
  if (!child.ok()) return Error{child.error()};
  Running& running = running_.emplace_back();
  running.task = request.task;
  running.group = *child;
  running.folder = folder;
  running.started = clock_.Now();
  if (options_.task_timeout) running.times_out = running.started + *options_.task_timeout;
  return Ok();
}

void CommandAgent::Stop(Running& running, Outcome why, StopHow how) {
  if (running.stopped_as == Outcome::kOk) running.stopped_as = why;
  if (how == StopHow::kForcibly) {
    SignalGroup(running.group, SIGKILL);
  } else if (!running.kill_at) {
    SignalGroup(running.group, SIGTERM);
    running.kill_at = clock_.Now() + options_.kill_grace;
  }
}

void CommandAgent::StopAll(StopHow how) {
  for (Running& running : running_) Stop(running, Outcome::kCancelled, how);
}

void CommandAgent::Poll(std::vector<AttemptResult>& ended) {
  std::erase_if(running_, [&](Running& running) {
    if (const auto exit_code = ExitCodeIfEnded(running.group)) {
      // Whatever the agent left running would go on writing to files that other tasks now count on.
      SignalGroup(running.group, SIGKILL);
      Reap(running.group);
      ended.push_back(Finish(running, *exit_code));
      return true;
    }
    const Millis now = clock_.Now();
    if (running.kill_at && now >= *running.kill_at) {
      SignalGroup(running.group, SIGKILL);
    } else if (running.times_out && now >= *running.times_out) {
      running.times_out.reset();
      Stop(running, Outcome::kTimeout, StopHow::kGently);
    }
    return false;
  });
}

std::optional<Millis> CommandAgent::NextDeadline() const {
  std::optional<Millis> next;
  const auto consider = [&](std::optional<Millis> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  // After a SIGKILL the end is only a matter of the child's own signal; look again soon all the same.
  for (const Running& running : running_) {
    if (running.kill_at && *running.kill_at <= clock_.Now()) {
      consider(clock_.Now() + Millis(100));
    } else {
      consider(running.kill_at);
    }
    consider(running.times_out);
  }
  return next;
}

AttemptResult CommandAgent::Finish(const Running& running, int exit_code) const {
  AttemptResult result;
  result.task = running.task;
  result.started = running.started;
  result.ended = clock_.Now();
  result.exit_code = exit_code;
  if (running.stopped_as != Outcome::kOk) {
    result.outcome = running.stopped_as;
    result.message = running.stopped_as == Outcome::kTimeout
                         ? fmt::format("took longer than {}", FormatDuration(*options_.task_timeout))
                         : "interrupted";
  } else if (exit_code != 0) {
    result.outcome = Outcome::kFailed;
    result.message = exit_code > 128 ? fmt::format("ended by signal {}", exit_code - 128)
                                     : fmt::format("exit code {}", exit_code);
  }
  const fs::path file = running.folder / "result.json";
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) return result;
  constexpr size_t kLargest = 16 << 20;
  const auto bytes = ReadWholeFile(file, kLargest);
  const Status understood = bytes.ok() ? ReadAgentResult(*bytes, result) : Status(Error{bytes.error()});
  if (!understood.ok() && result.outcome == Outcome::kOk) {
    result.outcome = Outcome::kProtocol;
    result.message = fmt::format("its result {} cannot be understood: {}", file.string(), understood.error());
  }
  return result;
}

}  // namespace gsd
