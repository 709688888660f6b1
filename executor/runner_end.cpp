// What an agent's end means: its work is judged, verified and integrated, or it is not accepted, and then
// what follows.
#include <fmt/format.h>

#include <algorithm>

#include "executor/commit_message.h"
#include "executor/pricing.h"
#include "executor/run_folder.h"
#include "executor/runner_state.h"
#include "executor/scope.h"
#include "executor/text.h"

namespace gsd {

namespace {

constexpr size_t kMostText = 16'000;  // bytes of an agent's last words that are kept

std::string Shortened(const std::vector<std::string>& all) {
  constexpr size_t kShown = 10;
  std::string list;
  for (size_t i = 0; i < std::min(all.size(), kShown); ++i) list += (i == 0 ? "" : ", ") + OneLine(all[i]);
  if (all.size() > kShown) list += fmt::format(" and {} more", all.size() - kShown);
  return list;
}

}  // namespace

void Runner::SettleAll(const Job& job, const Amount& actual) {
  for (const TaskIndex member : job.members)
    ledger_.Settle(member, member == job.members.front() ? actual : Amount{});
}

void Runner::OnAgentEnded(AttemptResult result) {
  const TaskIndex task = result.task;
  Job& job = jobs_[task];
  SettleAll(job, ActualAmount(manifest_, job.row.model, result));
  RequeuePutOff();
  job.result = std::move(result);
  job.result.text = HeadOf(job.result.text, kMostText);
  for (const TaskIndex member : job.members) {
    AttemptRow& row = jobs_[member].row;
    row.ended = Today();
    row.outcome = job.result.outcome;
    row.message = HeadOf(job.result.message, kMostMessage);
    if (member != task) continue;
    row.tokens = job.result.tokens;
    row.usd = job.result.usd;
    row.session = job.result.session;
  }
  if (job.result.outcome != Outcome::kOk) return Reject(task, job.result.outcome, job.result.message, {});

  if (!job.result.denials.empty()) {
    TellTask(RunEventKind::kNote, task,
             fmt::format("the agent was not allowed to use {}", job.result.denials.front()));
  }
  auto snapshot = workspace_.Record(job.place);
  if (!snapshot.ok()) {
    return Reject(task, Outcome::kFailed, fmt::format("what it left cannot be read: {}", snapshot.error()),
                  {});
  }
  job.snapshot = std::move(*snapshot);
  bool kept = true;
  for (const TaskIndex member : job.members) {
    jobs_[member].row.stage = AttemptStage::kAgentEnded;
    jobs_[member].row.tree = job.snapshot.tree;
    jobs_[member].past.text = job.result.text;
    kept = kept && KeepAttempt(member) && KeepTask(member, TaskState::kRunning);
  }
  if (!kept || !CommitBeforeGit()) return CancelAll(task);
  Judge(task);
}

// Scope, then verification.
void Runner::Judge(TaskIndex task) {
  Job& job = jobs_[task];
  std::vector<std::string> declared, commands;
  bool scoped = true;
  for (const TaskIndex member : job.members) {
    const ManifestTask& of = manifest_.tasks[member];
    scoped = scoped && !of.files.empty();
    declared.insert(declared.end(), of.files.begin(), of.files.end());
    commands.insert(commands.end(), of.verify.automated.begin(), of.verify.automated.end());
  }
  if (!scoped) declared.clear();
  if (options_.scope != ScopeMode::kOff) {
    const auto outside = OutOfScope(declared, job.snapshot.changes);
    if (!outside.empty()) {
      const std::string list = Shortened(outside);
      if (options_.scope == ScopeMode::kEnforce) {
        return Reject(task, Outcome::kFailed,
                      fmt::format("it changed what it did not declare under files: {}", list), {});
      }
      TellTask(RunEventKind::kScopeWarning, task, list);
    }
  }
  if (!options_.verify || commands.empty()) return Integrate(task);
  if (!Commit()) return CancelAll(task);
  for (const TaskIndex member : job.members) jobs_[member].verifying = clock_.Today();
  TellTask(RunEventKind::kTaskVerifying, task);
  verification_.Start(task, std::move(commands), job.place.folder, AttemptFolder(task));
}

std::filesystem::path Runner::AttemptFolder(TaskIndex task) const {
  return AttemptFolderOf(options_.folder, manifest_.tasks[task].id, jobs_[task].row.attempt);
}

void Runner::OnVerified(const VerifyResult& result) {
  const TaskIndex task = result.task;
  if (result.stopped) return Reject(task, Outcome::kCancelled, "interrupted", {});
  if (!result.ok) {
    return Reject(
        task, Outcome::kFailed,
        fmt::format("verification failed: `{}`: {}", OneLine(HeadOf(result.command, 300)), result.message),
        result.output);
  }
  bool kept = true;
  for (const TaskIndex member : jobs_[task].members) {
    jobs_[member].row.stage = AttemptStage::kVerified;
    kept = kept && KeepAttempt(member);
  }
  if (!kept || !CommitBeforeGit()) return CancelAll(task);
  Integrate(task);
}

void Runner::Integrate(TaskIndex task) {
  Job& job = jobs_[task];
  std::vector<const ManifestTask*> tasks;
  for (const TaskIndex member : job.members) tasks.push_back(&manifest_.tasks[member]);
  const auto integrated = workspace_.Integrate(job.place, job.snapshot, tasks.front()->id,
                                               CommitMessage(tasks, options_.run, job.row.model));
  if (!integrated.ok()) {
    // Its tree is in the journal: a resumed run integrates it without another agent.
    LeavePlace(task, false);
    return PutBack(task, fmt::format("{} is done but could not be integrated: {}", manifest_.tasks[task].id,
                                     integrated.error()));
  }
  if (integrated->kind == Integration::Kind::kConflict) {
    const std::string paths = Shortened(integrated->conflicts);
    return Conflict(task, paths);
  }
  job.conflicts = 0;
  std::vector<std::string> files;
  for (const FileChange& change : job.snapshot.changes) files.push_back(change.path);
  if (job.shared_place) sessions_[manifest_.tasks[task].plan] = job.result.session;
  for (const TaskIndex member : job.members) {
    Job& of = jobs_[member];
    of.past.commit = integrated->commit;
    of.past.failure.clear();
    of.past.troubles = {};
    of.row.stage = AttemptStage::kEnded;
    of.row.commit = integrated->commit;
    if (KeepAttempt(member)) KeepTask(member, TaskState::kDone);
    record_.tasks[member].commit = integrated->commit;
    record_.tasks[member].files = files;
  }
  CommitBeforeGit();
  LeavePlace(task, false);
  // It is on the branch, so it is done, whether or not the journal could be told.
  const std::vector<TaskIndex> members = job.members;
  for (const TaskIndex member : members) {
    AddRecord(member, true);
    if (settled_ && members.size() == 1) settled_(record_.attempts.back());
    scheduler_.OnFinished(member, TaskState::kDone);
    TellFinished(member);
  }
  Recover();
}

// Git or the disk does not work, for which no task is to blame: a person has to look. A resumed run goes on
// with it where it stands.
void Runner::PutBack(TaskIndex task, const std::string& trouble) {
  BreakGently(trouble);
  const std::vector<TaskIndex> members = jobs_[task].members;
  for (const TaskIndex member : members) {
    jobs_[member].result.message = trouble;
    Cancel(member);
  }
}

// Its work does not fit onto what others have done meanwhile. Done once more on the new base; a second time
// it has failed.
void Runner::Conflict(TaskIndex task, const std::string& paths) {
  Job& job = jobs_[task];
  const std::string message =
      fmt::format("its work conflicts with that of another task in {}", paths.empty() ? "a file" : paths);
  if (++job.conflicts > 1) {
    job.past.troubles.failures = options_.retry.retries;
    return Reject(task, Outcome::kFailed, message + ", also on the new base", {});
  }
  LeavePlace(task, true);
  const std::vector<TaskIndex> members = job.members;
  for (const TaskIndex member : members) {
    EndRow(member, Outcome::kFailed, message, false);
    AddRecord(member, false);
    jobs_[member].past.failure = message + "; the base has the other task's work now";
    RetryAt(member, clock_.Now(), message);
  }
}

void Runner::Reject(TaskIndex task, Outcome outcome, const std::string& message, const std::string& output) {
  Job& job = jobs_[task];
  const std::vector<TaskIndex> members = job.members;
  const bool own_doing =
      outcome != Outcome::kTransient && outcome != Outcome::kQuota && outcome != Outcome::kAuthentication;
  LeavePlace(task, true);
  job.result.outcome = outcome;
  job.result.message = message;
  job.result.task = task;
  if (job.result.ended == Millis(0)) job.result.started = job.result.ended = clock_.Now();
  for (const TaskIndex member : members) {
    const RetryDecision decision = DecideRetry(outcome, jobs_[member].row.model, ResetOf(job.result),
                                               options_.retry, jobs_[member].past.troubles);
    EndRow(member, outcome, message, own_doing);
    AddRecord(member, false);
    if (settled_ && own_doing && members.size() == 1) settled_(record_.attempts.back());
    jobs_[member].result = job.result;
    jobs_[member].result.task = member;
    if (own_doing) {
      jobs_[member].past.failure = message;
      if (!output.empty()) jobs_[member].past.failure += "\n" + output;
    }
    Follow(member, outcome, decision);
  }
}

std::optional<Millis> Runner::ResetOf(const AttemptResult& result) const {
  if (result.retry_after) return *result.retry_after;
  if (!result.resets_at) return std::nullopt;
  return std::chrono::duration_cast<Millis>(*result.resets_at - clock_.Today());
}

void Runner::Follow(TaskIndex task, Outcome outcome, const RetryDecision& decision) {
  jobs_[task].past.model = decision.model;
  const bool interrupted = interruption_ != Interruption::kNone || !record_.trouble.empty();
  if (outcome == Outcome::kCancelled) return Cancel(task);
  switch (decision.step) {
    case NextStep::kPauseProvider:
      Pause(clock_.Now() + decision.delay, jobs_[task].result.message);
      return RetryAt(task, clock_.Now() + decision.delay, jobs_[task].result.message);
    case NextStep::kRetry:
      if (interrupted) return Cancel(task);
      return RetryAt(task, clock_.Now() + decision.delay, jobs_[task].result.message);
    case NextStep::kStopRun:
      Fail(task);
      return Break(jobs_[task].result.message);
    case NextStep::kGiveUp:
      return Fail(task);
  }
}

void Runner::RetryAt(TaskIndex task, Millis due, const std::string& why) {
  KeepTask(task, TaskState::kDelayed, why);
  record_.tasks[task].result = jobs_[task].result;
  const std::string next_model = ModelOf(task);
  RunEvent event = Event(RunEventKind::kTaskRetried);
  event.task = task;
  event.attempt = jobs_[task].row.attempt;
  event.model = next_model;
  event.detail = why;
  event.result = &*record_.tasks[task].result;
  event.until = due;
  Tell(event);
  scheduler_.Delay(task);
  delayed_.emplace(due, task);
}

void Runner::Fail(TaskIndex task) {
  KeepTask(task, TaskState::kFailed, jobs_[task].result.message);
  scheduler_.OnFinished(task, TaskState::kFailed);
  TellFinished(task);
  for (const TaskIndex skipped : scheduler_.TakeNewlySkipped()) TellTask(RunEventKind::kTaskSkipped, skipped);
}

void Runner::CancelAll(TaskIndex task) {
  LeavePlace(task, true);
  const std::vector<TaskIndex> members = jobs_[task].members;
  for (const TaskIndex member : members) {
    jobs_[member].result.task = member;
    jobs_[member].result.outcome = Outcome::kCancelled;
    Cancel(member);
  }
}

void Runner::Cancel(TaskIndex task) {
  Job& job = jobs_[task];
  job.result.outcome = Outcome::kCancelled;
  if (job.result.message.empty()) job.result.message = "interrupted";
  scheduler_.OnFinished(task, TaskState::kCancelled);
  TellFinished(task);
}

// The work tree is not needed any longer; what stands in it and was not accepted goes to a branch.
void Runner::LeavePlace(TaskIndex task, bool keep_work) {
  Job& job = jobs_[task];
  if (job.place.name.empty()) return;
  if (keep_work) {
    const auto kept =
        workspace_.Keep(job.place, fmt::format("work in progress: {}\n\nnot accepted; kept by gsd-run {}\n",
                                               TaskTitle(manifest_.tasks[task]), options_.run));
    if (!kept.ok()) {
      TellTask(RunEventKind::kNote, task,
               fmt::format("what it left could not be put on a branch and stays in {}: {}",
                           job.place.folder.string(), kept.error()));
      job.place = {};
      return;
    }
    if (!kept->empty()) {
      job.row.kept_branch = *kept;
      for (const TaskIndex member : job.members) record_.tasks[member].kept = *kept;
      TellTask(RunEventKind::kWorkKept, task, *kept);
    }
  }
  if (job.shared_place) {
    main_busy_.erase(manifest_.tasks[task].plan);
  } else {
    workspace_.Drop(job.place);
  }
  job.place = {};
}

}  // namespace gsd
