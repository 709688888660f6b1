// Fakes for the runner's tests: time that passes only when somebody waits, and agents that end as they are
// told.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "executor/plain_workspace.h"
#include "executor/runner.h"

namespace gsd::test {

class FakeTime : public Clock {
 public:
  Millis Now() const override { return now_; }
  std::chrono::system_clock::time_point Today() const override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1795350000)) +
           now_;  // 2026-11-22 12:20 UTC
  }
  std::vector<Wakeup> Wait(std::optional<Millis> until) override {
    GSD_CHECK(until.has_value());  // or it would wait for ever
    now_ = std::max(now_, *until);
    return {};
  }

 private:
  Millis now_{0};
};

// What an attempt is to end as, after a second.
struct Script {
  Outcome outcome = Outcome::kOk;
  int64_t tokens = 100;
  std::optional<Millis> retry_after;
};

class FakeAgent : public Agent {
 public:
  FakeAgent(const Manifest& manifest, const Clock& clock, std::function<Script(TaskIndex, int)> script)
      : manifest_(manifest), clock_(clock), script_(std::move(script)) {}

  std::string_view name() const override { return "fake"; }
  Status Start(const AttemptRequest& request) override {
    requests.push_back(request);
    starts.push_back({clock_.Now(), manifest_.tasks[request.task].number});
    running_.push_back(request);
    most_at_once = std::max(most_at_once, running_.size());
    return Ok();
  }
  void Poll(std::vector<AttemptResult>& ended) override {
    std::erase_if(running_, [&](const AttemptRequest& request) {
      const Millis started = StartOf(request);
      if (!stopped_ && clock_.Now() < started + Millis(1000)) return false;
      const Script script = script_(request.task, request.attempt);
      AttemptResult result;
      result.task = request.task;
      result.outcome = stopped_ ? Outcome::kCancelled : script.outcome;
      result.message = std::string(OutcomeName(script.outcome));
      result.text = "said by " + manifest_.tasks[request.task].id;
      result.tokens = TokenCounts{script.tokens, 0, 0, 0};
      result.retry_after = script.retry_after;
      result.session = "session-" + std::to_string(request.attempt);
      result.started = started;
      result.ended = clock_.Now();
      ended.push_back(result);
      return true;
    });
  }
  std::optional<Millis> NextDeadline() const override {
    std::optional<Millis> next;
    for (const AttemptRequest& request : running_) {
      const Millis ends = StartOf(request) + Millis(1000);
      if (!next || ends < *next) next = ends;
    }
    return next;
  }
  void Stop(TaskIndex, StopHow) override {}
  void StopAll(StopHow) override { stopped_ = true; }
  void Suspend() override {}
  void Resume() override {}
  bool can_resume_sessions() const override { return sessions; }

  std::vector<AttemptRequest> requests;
  std::vector<std::pair<Millis, int>> starts;  // when, task number
  size_t most_at_once = 0;
  bool sessions = false;

 private:
  Millis StartOf(const AttemptRequest& request) const {
    for (size_t i = requests.size(); i-- > 0;)
      if (requests[i].task == request.task) return starts[i].first;
    return Millis(0);
  }

  const Manifest& manifest_;
  const Clock& clock_;
  std::function<Script(TaskIndex, int)> script_;
  std::vector<AttemptRequest> running_;
  bool stopped_ = false;
};

class FakeVerification : public Verification {
 public:
  void Start(TaskIndex task, std::vector<std::string> commands, std::filesystem::path,
             std::filesystem::path) override {
    VerifyResult result;
    result.task = task;
    result.ok = commands[0] != "fail";
    result.command = commands[0];
    result.message = result.ok ? "" : "exit code 1";
    result.output = "the last lines";
    results_.push_back(result);
  }
  void Poll(std::vector<VerifyResult>& ended) override {
    ended.insert(ended.end(), results_.begin(), results_.end());
    results_.clear();
  }
  std::optional<Millis> NextDeadline() const override {
    return results_.empty() ? std::nullopt : std::optional(Millis(0));
  }
  void StopAll(StopHow) override {}

 private:
  std::vector<VerifyResult> results_;
};

}  // namespace gsd::test
