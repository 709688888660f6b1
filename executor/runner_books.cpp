// The runner's books: events for who watches, the journal for who goes on, the record for who asks at the
// end.
#include <fmt/format.h>

#include <utility>

#include "executor/runner_state.h"
#include "executor/text.h"

namespace gsd {

RunEvent Runner::Event(RunEventKind kind) {
  RunEvent event;
  event.kind = kind;
  return event;
}

void Runner::Tell(RunEvent event) {
  event.at = clock_.Now();
  event.today = clock_.Today();
  event.spent = ledger_.spent();
  observer_(event);
}

void Runner::TellTask(RunEventKind kind, TaskIndex task, std::string_view detail) {
  RunEvent event = Event(kind);
  event.task = task;
  event.detail = detail;
  event.attempt = jobs_[task].row.attempt;
  event.model = jobs_[task].row.model;
  Tell(event);
}

void Runner::TellFinished(TaskIndex task) {
  record_.tasks[task].result = jobs_[task].result;
  record_.tasks[task].result->task = task;
  RunEvent event = Event(RunEventKind::kTaskFinished);
  event.task = task;
  event.attempt = jobs_[task].row.attempt;
  event.model = jobs_[task].row.model;
  event.result = &*record_.tasks[task].result;
  Tell(event);
}

int64_t Runner::Today() const {
  return std::chrono::duration_cast<Millis>(clock_.Today().time_since_epoch()).count();
}

// A journal that cannot be written ends the run: what it would go on to do, a later part would do again.
bool Runner::Keep(const Status& status) {
  if (status.ok()) return true;
  Break(fmt::format("the journal cannot be written: {}", status.error()));
  return false;
}

// What is noted in one turn of the loop becomes one transaction. It is committed before anything is acted
// on: an agent or a verification starts, git is called, we wait. False when the journal cannot be written.
bool Runner::Commit() {
  if (!std::exchange(noting_, false)) return true;
  return Keep(journal_.Commit());
}

bool Runner::BeginNoting() {
  if (noting_) return true;
  noting_ = Keep(journal_.Begin());
  return noting_;
}

// Git calls take time, in which nobody else could write to the journal.
bool Runner::CommitBeforeGit() { return !workspace_.isolates() || Commit(); }

bool Runner::KeepTask(TaskIndex task, TaskState state, const std::string& message) {
  const Job& job = jobs_[task];
  TaskRow row;
  row.task = manifest_.tasks[task].id;
  row.state = state;
  row.commit = job.past.commit;
  row.text = job.past.text;
  row.message = HeadOf(message, kMostMessage);
  row.answer = job.past.answer;
  return BeginNoting() && Keep(journal_.PutTask(options_.run, row));
}

bool Runner::KeepAttempt(TaskIndex task) {
  return BeginNoting() && Keep(journal_.PutAttempt(options_.run, jobs_[task].row));
}

void Runner::EndRow(TaskIndex task, Outcome outcome, const std::string& message, bool counted) {
  AttemptRow& row = jobs_[task].row;
  row.stage = AttemptStage::kEnded;
  row.outcome = outcome;
  row.message = HeadOf(message.empty() ? OutcomeName(outcome) : message, kMostMessage);
  row.counted = counted;
  if (row.ended == 0) row.ended = Today();
  KeepAttempt(task);
}

void Runner::AddRecord(TaskIndex task, bool accepted) {
  const AttemptRow& row = jobs_[task].row;
  const auto time = [](int64_t ms) { return std::chrono::system_clock::time_point(Millis(ms)); };
  record_.attempts.push_back({task, row.attempt, row.model, row.outcome.value_or(Outcome::kFailed),
                              row.message, row.tokens, row.usd, time(row.started), time(row.ended),
                              jobs_[task].verifying, clock_.Today(), accepted, row.kept_branch,
                              row.place == MainPlaceName(manifest_.tasks[task])});
}

// What earlier parts of the run finished has its figures, too; their times lie before this part's start.
void Runner::RecallResults() {
  const auto since_start = [&](std::chrono::system_clock::time_point time) {
    return record_.started + std::chrono::duration_cast<Millis>(time - record_.started_today);
  };
  for (const AttemptRecord& attempt : record_.attempts) {
    if (!attempt.accepted || scheduler_.state(attempt.task) != TaskState::kDone) continue;
    AttemptResult& result = record_.tasks[attempt.task].result.emplace();
    result.task = attempt.task;
    result.tokens = attempt.tokens;
    result.usd = attempt.usd;
    result.started = since_start(attempt.started);
    result.ended = since_start(attempt.ended);
    record_.tasks[attempt.task].model = attempt.model;
  }
}

}  // namespace gsd
