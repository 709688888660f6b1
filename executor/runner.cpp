#include "executor/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "executor/prompt.h"
#include "executor/text.h"

namespace gsd {
namespace {

// How far an interruption has gone. Each Ctrl-C is one step further.
enum class Interruption : uint8_t { kNone, kDrain, kStop, kKill };

class Runner {
 public:
  Runner(const Manifest& manifest, Scheduler& scheduler, Agent& agent, Clock& clock,
         const RunnerOptions& options, const RunObserver& observer)
      : manifest_(manifest),
        scheduler_(scheduler),
        agent_(agent),
        clock_(clock),
        options_(options),
        observer_(observer) {
    record_.tasks.resize(manifest.tasks.size());
    for (const ManifestPlan& plan : manifest.plans) plans_.emplace(plan.id, &plan);
  }

  RunRecord Run() {
    record_.started = clock_.Now();
    record_.started_today = clock_.Today();
    Tell(RunEventKind::kRunStarted);
    while (true) {
      StartReady();
      if (scheduler_.running() == 0) break;
      for (Wakeup wakeup : clock_.Wait(NextWakeup())) OnWakeup(wakeup);
      std::vector<AttemptResult> ended;
      agent_.Poll(ended);
      for (AttemptResult& result : ended) Finish(std::move(result));
      if (options_.tick) Tell(RunEventKind::kTick);
    }
    scheduler_.Close();
    record_.ended = clock_.Now();
    record_.ended_today = clock_.Today();
    record_.interrupted = interruption_ != Interruption::kNone;
    for (TaskIndex task = 0; task < record_.tasks.size(); ++task)
      record_.tasks[task].state = scheduler_.state(task);
    Tell(RunEventKind::kRunFinished);
    return std::move(record_);
  }

 private:
  void Tell(RunEventKind kind, TaskIndex task = 0, const AttemptResult* result = nullptr) {
    observer_({kind, clock_.Now(), clock_.Today(), task, result});
  }

  void TellReady() {
    for (TaskIndex task : scheduler_.TakeNewlyReady()) Tell(RunEventKind::kTaskReady, task);
  }

  void StartReady() {
    TellReady();
    while (const auto task = scheduler_.NextToStart()) {
      const auto& checkpoint = manifest_.tasks[*task].checkpoint;
      if (checkpoint) {
        const bool pass = options_.auto_approve && CanAutoApprove(*checkpoint);
        if (pass && checkpoint->kind == "decision") {
          decisions_.push_back(
              fmt::format("{}: {}", TaskTitle(manifest_.tasks[*task]), AutoAnswer(*checkpoint)));
        }
        scheduler_.OnFinished(*task, pass ? TaskState::kDone : TaskState::kWaiting);
        Tell(pass ? RunEventKind::kCheckpointApproved : RunEventKind::kCheckpointWaiting, *task);
      } else {
        Start(*task);
      }
      TellReady();
    }
  }

  void Start(TaskIndex task) {
    const ManifestTask& manifest_task = manifest_.tasks[task];
    Tell(RunEventKind::kTaskStarted, task);
    AttemptRequest request;
    request.task = task;
    request.prompt = BuildPrompt(*plans_.at(manifest_task.plan), manifest_task, decisions_);
    const auto begun = agent_.Start(request);
    if (begun.ok()) return;
    AttemptResult result;
    result.task = task;
    result.outcome = Outcome::kFailed;
    result.message = begun.error();
    result.started = result.ended = clock_.Now();
    Finish(std::move(result));
  }

  void Finish(AttemptResult result) {
    const TaskIndex task = result.task;
    const bool cancelled = result.outcome == Outcome::kCancelled;
    const TaskState state = result.outcome == Outcome::kOk ? TaskState::kDone
                            : cancelled                    ? TaskState::kCancelled
                                                           : TaskState::kFailed;
    record_.tasks[task].result = std::move(result);
    scheduler_.OnFinished(task, state);
    Tell(RunEventKind::kTaskFinished, task, &*record_.tasks[task].result);
    for (TaskIndex skipped : scheduler_.TakeNewlySkipped()) Tell(RunEventKind::kTaskSkipped, skipped);
  }

  std::optional<Millis> NextWakeup() const {
    std::optional<Millis> next = agent_.NextDeadline();
    if (options_.tick) {
      const Millis tick = clock_.Now() + *options_.tick;
      next = next ? std::min(*next, tick) : tick;
    }
    return next;
  }

  void OnWakeup(Wakeup wakeup) {
    if (wakeup == Wakeup::kChild || wakeup == Wakeup::kContinue || wakeup == Wakeup::kInput) return;
    if (wakeup == Wakeup::kSuspend) {
      agent_.Suspend();
      clock_.SuspendSelf();
      agent_.Resume();
      return;
    }
    // SIGTERM is somebody who does not want to wait: as if Ctrl-C had been pressed once before.
    if (wakeup != Wakeup::kInterrupt && interruption_ == Interruption::kNone)
      interruption_ = Interruption::kDrain;
    scheduler_.StopStarting();
    switch (interruption_) {
      case Interruption::kNone:
        interruption_ = Interruption::kDrain;
        Tell(RunEventKind::kDraining);
        break;
      case Interruption::kDrain:
        interruption_ = Interruption::kStop;
        Tell(RunEventKind::kStopping);
        agent_.StopAll(StopHow::kGently);
        break;
      default:
        interruption_ = Interruption::kKill;
        agent_.StopAll(StopHow::kForcibly);
    }
  }

  const Manifest& manifest_;
  Scheduler& scheduler_;
  Agent& agent_;
  Clock& clock_;
  const RunnerOptions& options_;
  const RunObserver& observer_;
  std::unordered_map<std::string_view, const ManifestPlan*> plans_;
  RunRecord record_;
  std::vector<std::string> decisions_;  // taken so far, for the prompts of the tasks that follow
  Interruption interruption_ = Interruption::kNone;
};

}  // namespace

size_t RunRecord::CountIn(TaskState state) const {
  return static_cast<size_t>(
      std::count_if(tasks.begin(), tasks.end(), [&](const TaskRecord& task) { return task.state == state; }));
}

bool CanAutoApprove(const ManifestCheckpoint& checkpoint) {
  return (checkpoint.kind == "human-verify" || checkpoint.kind == "decision") &&
         checkpoint.gate != "blocking-human";
}

std::string AutoAnswer(const ManifestCheckpoint& checkpoint) {
  if (checkpoint.kind != "decision" || checkpoint.options.empty()) return "approved";
  const ManifestOption& first = checkpoint.options[0];
  return OneLine(first.name.empty() || first.name == first.id ? first.id
                                                              : first.id + " (" + first.name + ")");
}

RunRecord RunTasks(const Manifest& manifest, Scheduler& scheduler, Agent& agent, Clock& clock,
                   const RunnerOptions& options, const RunObserver& observer) {
  return Runner(manifest, scheduler, agent, clock, options, observer).Run();
}

int ExitCodeOf(const RunRecord& record) {
  // Interrupted, but everything was done all the same: then nothing is left to resume.
  if (record.CountIn(TaskState::kDone) == record.tasks.size()) return 0;
  if (record.interrupted) return 130;
  return record.CountIn(TaskState::kFailed) > 0 ? 1 : 3;
}

}  // namespace gsd
