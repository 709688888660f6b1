// Checkpoints: what a run does when it reaches one, and with what people answer, at its terminal or from
// another process by way of the journal.
#include <fmt/format.h>

#include "executor/runner_state.h"

namespace gsd {

void Runner::Reach(TaskIndex task) {
  const ManifestTask& of = manifest_.tasks[task];
  if (options_.auto_approve && CanAutoApprove(*of.checkpoint))
    return Pass(task, AutoAnswer(*of.checkpoint), jobs_[task].past.answer);
  scheduler_.OnFinished(task, TaskState::kWaiting);
  KeepTask(task, TaskState::kWaiting);
  waiting_.insert(task);
  answers_looked_at_.reset();  // one may be there already
  TellTask(RunEventKind::kCheckpointWaiting, task);
  if (person_ != nullptr && person_->present()) person_->Ask(task);
}

void Runner::TakeAnswers() {
  if (waiting_.empty()) return;
  if (person_ != nullptr) {
    for (const Person::Answer& typed : person_->Answers()) {
      if (!waiting_.contains(typed.checkpoint)) continue;
      AnswerRow row;
      row.task = manifest_.tasks[typed.checkpoint].id;
      row.kind = typed.answer.kind;
      row.text = typed.answer.text;
      row.at = Today();
      if (!Keep(journal_.PutAnswer(options_.run, row))) return;
      answers_looked_at_.reset();
    }
  }
  const auto version = journal_.DataVersion();
  if (!version.ok()) return Break(fmt::format("the journal cannot be read: {}", version.error()));
  if (answers_looked_at_ == *version) return;
  answers_looked_at_ = *version;
  const auto answers = journal_.Answers(options_.run);
  if (!answers.ok()) return Break(fmt::format("the journal cannot be read: {}", answers.error()));
  for (const AnswerRow& answer : *answers) {
    const auto found = index_.find(answer.task);
    if (found == index_.end() || !waiting_.contains(found->second)) continue;
    if (answer.id > jobs_[found->second].past.answer) Take(found->second, answer);
  }
}

void Runner::Take(TaskIndex task, const AnswerRow& answer) {
  const auto verdict = gsd::Judge(manifest_.tasks[task], answer.kind, answer.text);
  if (!verdict.ok()) {
    jobs_[task].past.answer = answer.id;
    TellTask(RunEventKind::kNote, task, verdict.error());
    return;
  }
  waiting_.erase(task);
  if (person_ != nullptr) person_->Forget(task);
  if (verdict->passed) return Pass(task, verdict->text, answer.id);
  jobs_[task].past.answer = answer.id;
  TellTask(RunEventKind::kCheckpointRejected, task, verdict->text);
  const auto again = LastBefore(task);
  if (!again || manifest_.tasks[task].checkpoint->kind == "human-action") {
    jobs_[task].result.message = "rejected: " + verdict->text;
    jobs_[task].result.outcome = Outcome::kFailed;
    return FailWaiting(task);
  }
  jobs_[*again].past.failure = "a person rejected what you had made: " + verdict->text;
  KeepTask(task, TaskState::kBlocked);
  KeepTask(*again, TaskState::kReady);
  if (!Commit()) return;
  scheduler_.Reopen(*again, task);
}

// What a checkpoint judges: the last task before it that an agent has done.
std::optional<TaskIndex> Runner::LastBefore(TaskIndex checkpoint) const {
  std::optional<TaskIndex> last;
  for (const std::string& id : manifest_.tasks[checkpoint].depends_on) {
    const TaskIndex task = index_.at(id);
    if (!manifest_.tasks[task].checkpoint && (!last || task > *last)) last = task;
  }
  return last;
}

void Runner::Pass(TaskIndex task, const std::string& answer, int64_t answer_id) {
  Job& job = jobs_[task];
  job.past.text = answer;
  job.past.answer = answer_id;
  if (!KeepTask(task, TaskState::kDone)) return;
  record_.tasks[task].answer = answer;
  if (manifest_.tasks[task].checkpoint->kind == "decision")
    decisions_.push_back(DecisionLine(manifest_.tasks[task], answer));
  scheduler_.Pass(task);
  TellTask(RunEventKind::kCheckpointApproved, task, answer);
}

void Runner::FailWaiting(TaskIndex task) {
  KeepTask(task, TaskState::kFailed, jobs_[task].result.message);
  scheduler_.Refuse(task);
  TellFinished(task);
  for (const TaskIndex skipped : scheduler_.TakeNewlySkipped()) TellTask(RunEventKind::kTaskSkipped, skipped);
}

}  // namespace gsd
