#include "executor/event_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <numeric>

#include "backends/json_writer.h"
#include "executor/text.h"

namespace gsd {

std::string_view EventName(RunEventKind kind) {
  switch (kind) {
    case RunEventKind::kRunStarted:
      return "run_started";
    case RunEventKind::kTaskReady:
      return "task_ready";
    case RunEventKind::kTaskStarted:
      return "task_started";
    case RunEventKind::kTaskVerifying:
      return "task_verifying";
    case RunEventKind::kTaskRetried:
      return "task_retried";
    case RunEventKind::kTaskFinished:
      return "task_finished";
    case RunEventKind::kTaskSkipped:
      return "task_skipped";
    case RunEventKind::kCheckpointWaiting:
      return "checkpoint_waiting";
    case RunEventKind::kScopeWarning:
      return "scope_warning";
    case RunEventKind::kWorkKept:
      return "work_kept";
    case RunEventKind::kCheckpointApproved:
      return "checkpoint_approved";
    case RunEventKind::kCheckpointRejected:
      return "checkpoint_rejected";
    case RunEventKind::kProviderPaused:
      return "provider_paused";
    case RunEventKind::kProviderResumed:
      return "provider_resumed";
    case RunEventKind::kBudgetReached:
      return "budget_reached";
    case RunEventKind::kSuspended:
      return "suspended";
    case RunEventKind::kContinued:
      return "continued";
    case RunEventKind::kNote:
      return "note";
    case RunEventKind::kDraining:
      return "draining";
    case RunEventKind::kStopping:
      return "stopping";
    case RunEventKind::kTick:
      return "";
    case RunEventKind::kRunFinished:
      return "run_finished";
  }
  return "";
}

namespace {

constexpr int kEventsVersion = 1;

double Seconds(Millis duration) { return static_cast<double>(duration.count()) / 1000; }

void AddResult(JsonWriter& json, const AttemptResult& result) {
  json.Member("outcome", OutcomeName(result.outcome));
  json.Member("seconds", Seconds(result.ended - result.started));
  json.Key("tokens");
  if (result.tokens) {
    json.BeginObject();
    json.Member("input", result.tokens->input);
    json.Member("output", result.tokens->output);
    json.Member("cache_creation", result.tokens->cache_creation);
    json.Member("cache_read", result.tokens->cache_read);
    json.EndObject();
  } else {
    json.Null();
  }
  json.Key("usd");
  result.usd ? json.Double(*result.usd) : json.Null();
  json.Key("exit_code");
  result.exit_code ? json.Int(*result.exit_code) : json.Null();
  json.Member("message", result.message);
}

}  // namespace

EventLog::EventLog(const Manifest& manifest, std::string run, std::string agent)
    : manifest_(manifest), run_(std::move(run)), agent_(std::move(agent)), ended_(kOutcomes) {}

EventLog::~EventLog() {
  for (const File& file : files_) std::fclose(file.stream);
}

Status EventLog::AddFile(const std::filesystem::path& path, Mode mode) {
  std::FILE* stream = std::fopen(path.c_str(), mode == Mode::kAppend ? "a+e" : "we");
  if (stream == nullptr)
    return Error{fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
  // A part of the run that was killed may have left half a line.
  if (mode == Mode::kAppend && std::fseek(stream, -1, SEEK_END) == 0 && std::fgetc(stream) != '\n')
    std::fputc('\n', stream);
  files_.push_back({path, stream});
  return Ok();
}

void EventLog::On(const RunEvent& event) {
  if (event.kind == RunEventKind::kTick) return;
  std::string line;
  JsonWriter json(line, 0);
  json.BeginObject();
  json.Member("event", EventName(event.kind));
  json.Member("time", FormatTime(event.today));
  json.Member("run", run_);
  json.Member("at", Seconds(event.at));
  switch (event.kind) {
    case RunEventKind::kRunStarted:
      json.Member("version", kEventsVersion);
      json.Member("agent", agent_);
      json.Member("tasks", static_cast<int64_t>(manifest_.tasks.size()));
      break;
    case RunEventKind::kDraining:
    case RunEventKind::kStopping:
    case RunEventKind::kSuspended:
    case RunEventKind::kContinued:
    case RunEventKind::kProviderResumed:
      break;
    case RunEventKind::kProviderPaused:
      if (event.until) json.Member("until", Seconds(*event.until));
      json.Member("detail", event.detail);
      break;
    case RunEventKind::kRunFinished: {
      const auto count = [&](Outcome outcome) { return ended_[static_cast<size_t>(outcome)]; };
      // Whatever it was that went wrong; what was interrupted has not failed.
      const size_t failed = std::accumulate(ended_.begin(), ended_.end(), size_t{0}) - count(Outcome::kOk) -
                            count(Outcome::kCancelled);
      json.Member("done", static_cast<int64_t>(count(Outcome::kOk) + approved_));
      json.Member("failed", static_cast<int64_t>(failed));
      json.Member("skipped", static_cast<int64_t>(skipped_));
      json.Member("waiting", static_cast<int64_t>(waiting_.size()));
      json.Member("spent_tokens", event.spent.tokens);
      json.Member("spent_usd", event.spent.usd);
      break;
    }
    default: {
      const ManifestTask& task = manifest_.tasks[event.task];
      json.Member("task", task.id);
      if (event.kind == RunEventKind::kTaskStarted || event.kind == RunEventKind::kTaskFinished) {
        json.Member("model", event.model);
        json.Member("attempt", event.attempt);
      }
      if (event.kind == RunEventKind::kTaskRetried) {
        json.Member("attempt", event.attempt);
        json.Member("next_model", event.model);
        if (event.until) json.Member("until", Seconds(*event.until));
      }
      if (event.kind == RunEventKind::kCheckpointWaiting) {
        json.Member("kind", task.checkpoint->kind);
        json.Member("gate", task.checkpoint->gate);
      }
      if (!event.detail.empty()) json.Member("detail", event.detail);
      if (event.result != nullptr) AddResult(json, *event.result);
    }
  }
  json.EndObject();
  line += '\n';

  if (event.kind == RunEventKind::kTaskFinished || event.kind == RunEventKind::kCheckpointApproved ||
      event.kind == RunEventKind::kCheckpointRejected)
    waiting_.erase(event.task);
  if (event.kind == RunEventKind::kTaskFinished) ++ended_[static_cast<size_t>(event.result->outcome)];
  if (event.kind == RunEventKind::kTaskSkipped) ++skipped_;
  if (event.kind == RunEventKind::kCheckpointWaiting) waiting_.insert(event.task);
  if (event.kind == RunEventKind::kCheckpointApproved) ++approved_;
  for (const File& file : files_) {
    const bool written = std::fwrite(line.data(), 1, line.size(), file.stream) == line.size();
    if ((!written || std::fflush(file.stream) != 0) && trouble_.empty())
      trouble_ = fmt::format("cannot write {}: {}", file.path.string(), std::strerror(errno));
  }
}

}  // namespace gsd
