// The order of things for one attempt, each step in the journal before the next one is acted on (Commit()):
//   ready → reserve the estimate → work tree → [starting] → agent → settle → snapshot → [agent-ended] → scope
//   → verify → [verified] → integrate → [ended, task done]
// It begins in runner_start.cpp and goes on in runner_end.cpp. What goes wrong on the way goes to Reject(),
// which alone decides what follows (retry.h). Here is the loop around it.
#include "executor/runner.h"

#include <algorithm>

#include "executor/runner_state.h"

namespace gsd {

namespace {

constexpr Millis kAnswerPolling{1000};  // how often another process's answers are looked for

}  // namespace

Runner::Runner(RunnerParts parts, const RunnerOptions& options, RunHistory history,
               const RunObserver& observer)
    : manifest_(parts.manifest),
      scheduler_(parts.scheduler),
      agent_(parts.agent),
      workspace_(parts.workspace),
      verification_(parts.verification),
      journal_(parts.journal),
      clock_(parts.clock),
      person_(parts.person),
      settled_(std::move(parts.settled)),
      options_(options),
      observer_(observer),
      ledger_(options.ceilings, history.spent),
      decisions_(std::move(history.decisions)),
      slots_(options.max_parallel) {
  for (const ManifestPlan& plan : manifest_.plans) plans_.emplace(plan.id, &plan);
  for (const ManifestTask& task : manifest_.tasks)
    index_.emplace(task.id, static_cast<TaskIndex>(index_.size()));
  record_.tasks.resize(manifest_.tasks.size());
  record_.attempts = std::move(history.attempts);
  jobs_.resize(manifest_.tasks.size());
  for (TaskIndex task = 0; task < jobs_.size(); ++task) {
    jobs_[task].past = std::move(history.tasks[task]);
    TaskRecord& record = record_.tasks[task];
    record.commit = jobs_[task].past.commit;
    record.files = jobs_[task].past.files;
    record.model = ModelOf(task);
    if (manifest_.tasks[task].checkpoint) record.answer = jobs_[task].past.text;
  }
}

RunRecord Runner::Run() {
  record_.started = clock_.Now();
  record_.started_today = clock_.Today();
  RecallResults();
  Tell(Event(RunEventKind::kRunStarted));
  while (true) {
    RequeueDue();
    TakeAnswers();
    StartReady();
    if (!waiting_.empty() && !answers_looked_at_ && record_.trouble.empty()) continue;  // it may be answered
    Commit();
    if (IsOver()) break;
    for (Wakeup wakeup : clock_.Wait(NextWakeup())) OnWakeup(wakeup);
    std::vector<AttemptResult> ended;
    agent_.Poll(ended);
    for (AttemptResult& result : ended) {
      OnAgentEnded(std::move(result));
      CommitBeforeGit();
    }
    std::vector<VerifyResult> verified;
    verification_.Poll(verified);
    for (const VerifyResult& result : verified) {
      OnVerified(result);
      CommitBeforeGit();
    }
    if (options_.tick) Tell(Event(RunEventKind::kTick));
  }
  return Finish();
}

void Runner::RequeueDue() {
  const Millis now = clock_.Now();
  if (paused_until_ && now >= *paused_until_) {
    paused_until_.reset();
    scheduler_.SetMaxParallel(slots_);
    Tell(Event(RunEventKind::kProviderResumed));
  }
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const TaskIndex task = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    scheduler_.Requeue(task);
  }
}

bool Runner::IsOver() const {
  if (scheduler_.running() > 0) return false;
  const bool stopped = interruption_ != Interruption::kNone || scheduler_.stopped();
  if (stopped) return true;
  if (!delayed_.empty() || paused_until_) return false;
  return waiting_.empty() || person_ == nullptr || !person_->present();
}

std::optional<Millis> Runner::NextWakeup() const {
  std::optional<Millis> next = agent_.NextDeadline();
  const auto consider = [&](std::optional<Millis> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  consider(verification_.NextDeadline());
  consider(paused_until_);
  if (!delayed_.empty()) consider(delayed_.begin()->first);
  if (!waiting_.empty()) consider(clock_.Now() + kAnswerPolling);
  if (options_.tick) consider(clock_.Now() + *options_.tick);
  return next;
}

void Runner::OnWakeup(Wakeup wakeup) {
  switch (wakeup) {
    case Wakeup::kChild:
    case Wakeup::kContinue:
    case Wakeup::kInput:
      return;
    case Wakeup::kSuspend:
      agent_.Suspend();
      Tell(Event(RunEventKind::kSuspended));
      clock_.SuspendSelf();
      agent_.Resume();
      Tell(Event(RunEventKind::kContinued));
      return;
    case Wakeup::kInterrupt:
      break;
    case Wakeup::kTerminate:
    case Wakeup::kHangup:
      // Somebody who does not want to wait: as if Ctrl-C had been pressed once before.
      if (interruption_ == Interruption::kNone) interruption_ = Interruption::kDrain;
  }
  scheduler_.StopStarting();
  switch (interruption_) {
    case Interruption::kNone:
      interruption_ = Interruption::kDrain;
      Tell(Event(RunEventKind::kDraining));
      break;
    case Interruption::kDrain:
      interruption_ = Interruption::kStop;
      Tell(Event(RunEventKind::kStopping));
      StopAll(StopHow::kGently);
      break;
    default:
      interruption_ = Interruption::kKill;
      StopAll(StopHow::kForcibly);
  }
}

void Runner::Pause(Millis until, const std::string& why) {
  const bool paused = paused_until_.has_value();
  if (paused && *paused_until_ >= until) return;
  if (!paused) slots_ = std::max<size_t>(slots_ / 2, 1);
  paused_until_ = until;
  scheduler_.SetMaxParallel(0);
  RunEvent event = Event(RunEventKind::kProviderPaused);
  event.detail = why;
  event.until = until;
  Tell(event);
}

// Every success gives one slot back.
void Runner::Recover() {
  if (slots_ == options_.max_parallel) return;
  ++slots_;
  if (!paused_until_) scheduler_.SetMaxParallel(slots_);
}

// Ends the run before its time; a person has to mend something.
void Runner::Break(const std::string& trouble) {
  if (!record_.trouble.empty()) return;
  record_.trouble = trouble;
  scheduler_.StopStarting();
  StopAll(StopHow::kGently);
}

// As above, but what runs may finish: it is not that which does not work, and its money is spent.
void Runner::BreakGently(const std::string& trouble) {
  if (record_.trouble.empty()) record_.trouble = trouble;
  scheduler_.StopStarting();
}

void Runner::StopAll(StopHow how) {
  agent_.StopAll(how);
  verification_.StopAll(how);
}

RunRecord Runner::Finish() {
  record_.over_budget = !put_off_.empty();
  scheduler_.Close();
  record_.ended = clock_.Now();
  record_.ended_today = clock_.Today();
  record_.interrupted = interruption_ != Interruption::kNone;
  record_.spent = ledger_.spent();
  for (TaskIndex task = 0; task < record_.tasks.size(); ++task)
    record_.tasks[task].state = scheduler_.state(task);
  Tell(Event(RunEventKind::kRunFinished));
  return std::move(record_);
}

size_t RunRecord::CountIn(TaskState state) const {
  return static_cast<size_t>(
      std::count_if(tasks.begin(), tasks.end(), [&](const TaskRecord& task) { return task.state == state; }));
}

RunRecord RunTasks(RunnerParts parts, const RunnerOptions& options, RunHistory history,
                   const RunObserver& observer) {
  history.tasks.resize(parts.manifest.tasks.size());
  return Runner(parts, options, std::move(history), observer).Run();
}

int ExitCodeOf(const RunRecord& record) {
  // Interrupted, but everything was done all the same: then nothing is left to resume.
  if (record.CountIn(TaskState::kDone) == record.tasks.size()) return 0;
  if (!record.trouble.empty()) return 2;
  if (record.interrupted) return 130;
  if (record.CountIn(TaskState::kFailed) > 0) return 1;
  return record.over_budget ? 4 : 3;
}

}  // namespace gsd
