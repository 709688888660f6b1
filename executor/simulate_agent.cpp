#include "executor/simulate_agent.h"

#include <algorithm>
#include <cmath>

#include "executor/pricing.h"
#include "executor/text.h"

namespace gsd {

SimulateAgent::SimulateAgent(const Manifest& manifest, const Clock& clock, SimulateOptions options)
    : manifest_(manifest), clock_(clock), options_(std::move(options)) {}

Outcome SimulateAgent::Foresee(TaskIndex task) const {
  if (options_.task_timeout &&
      std::chrono::seconds(manifest_.tasks[task].estimated_seconds.expected) > *options_.task_timeout)
    return Outcome::kTimeout;
  const bool fails = std::find(options_.fails.begin(), options_.fails.end(), task) != options_.fails.end();
  return fails ? Outcome::kFailed : Outcome::kOk;
}

Status SimulateAgent::Start(const AttemptRequest& request) {
  const Outcome outcome = Foresee(request.task);
  double seconds = static_cast<double>(manifest_.tasks[request.task].estimated_seconds.expected);
  if (outcome == Outcome::kTimeout) seconds = static_cast<double>(options_.task_timeout->count()) / 1000;
  const Millis length(std::llround(seconds * options_.scale * 1000));
  running_.push_back({request.task, clock_.Now(), clock_.Now() + length, outcome});
  return Ok();
}

void SimulateAgent::Poll(std::vector<AttemptResult>& ended) {
  const Millis now = clock_.Now();
  const auto over = [&](const Running& running) { return running.ends <= now; };
  for (const Running& running : running_) {
    if (!over(running)) continue;
    AttemptResult& result = ended.emplace_back();
    result.task = running.task;
    result.started = running.started;
    result.ended = now;
    result.outcome = running.outcome;
    if (running.outcome == Outcome::kCancelled) result.message = "interrupted";
    if (running.outcome == Outcome::kTimeout)
      result.message = "is expected to take longer than " + FormatDuration(*options_.task_timeout);
    if (running.outcome == Outcome::kFailed) result.message = "told to fail by --simulate-fail";
    if (running.outcome == Outcome::kOk || running.outcome == Outcome::kFailed)
      result.tokens = SplitTokens(manifest_, manifest_.tasks[running.task].estimated_tokens.expected);
  }
  std::erase_if(running_, over);
}

std::optional<Millis> SimulateAgent::NextDeadline() const {
  std::optional<Millis> next;
  for (const Running& running : running_)
    if (!next || running.ends < *next) next = running.ends;
  return next;
}

void SimulateAgent::Cancel(Running& running) {
  running.outcome = Outcome::kCancelled;
  running.ends = clock_.Now();
}

void SimulateAgent::Stop(TaskIndex task, StopHow) {
  for (Running& running : running_)
    if (running.task == task) Cancel(running);
}

void SimulateAgent::StopAll(StopHow) {
  for (Running& running : running_) Cancel(running);
}

void SimulateAgent::Suspend() { suspended_ = clock_.Now(); }

void SimulateAgent::Resume() {
  if (!suspended_) return;
  for (Running& running : running_) running.ends += clock_.Now() - *suspended_;
  suspended_.reset();
}

}  // namespace gsd
