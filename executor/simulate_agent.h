// The built-in agent that does nothing: every task takes its expected time, scaled, and reports its expected
// tokens. For trying out a plan's schedule, and for tests.
#pragma once

#include <vector>

#include "executor/agent.h"

namespace gsd {

struct SimulateOptions {
  double scale = 0.0005;               // real seconds per expected second
  std::vector<TaskIndex> fails;        // tasks that end as failed
  std::optional<Millis> task_timeout;  // in expected time: a task that is expected to take longer times out
};

class SimulateAgent : public Agent {
 public:
  // Both outlive the agent.
  SimulateAgent(const Manifest& manifest, const Clock& clock, SimulateOptions options);

  std::string_view name() const override { return "simulate"; }
  Status Start(const AttemptRequest& request) override;
  void Poll(std::vector<AttemptResult>& ended) override;
  std::optional<Millis> NextDeadline() const override;
  void Stop(TaskIndex task, StopHow how) override;
  void StopAll(StopHow how) override;
  void Suspend() override;
  void Resume() override;
  bool can_resume_sessions() const override { return false; }

 private:
  Outcome Foresee(TaskIndex task) const;

  struct Running {
    TaskIndex task;
    Millis started, ends;
    Outcome outcome;
  };
  void Cancel(Running& running);

  const Manifest& manifest_;
  const Clock& clock_;
  SimulateOptions options_;
  std::vector<Running> running_;
  std::optional<Millis> suspended_;
};

}  // namespace gsd
