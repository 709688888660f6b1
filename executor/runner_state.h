// The runner from inside: its state, which the files runner*.cpp share and nobody else sees.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "executor/runner.h"

namespace gsd {

class Runner {
 public:
  Runner(RunnerParts parts, const RunnerOptions& options, RunHistory history, const RunObserver& observer);
  RunRecord Run();

 private:
  static constexpr size_t kMostMessage = 8'000;  // bytes of a failure that are kept

  // How far an interruption has gone. Each Ctrl-C is one step further.
  enum class Interruption : uint8_t { kNone, kDrain, kStop, kKill };

  // A task while it is worked on, and what its earlier attempts have taught.
  struct Job {
    TaskHistory past;
    std::vector<TaskIndex> members;  // of this attempt: the task, and those that share its agent
    AttemptRow row;                  // of the running attempt
    AttemptResult result;
    Workplace place;
    Snapshot snapshot;
    bool shared_place = false;                                       // the plan's main work tree, which stays
    int conflicts = 0;                                               // in a row
    std::optional<std::chrono::system_clock::time_point> verifying;  // since when
  };

  // ---- runner.cpp: the loop, time, signals, the provider

  void RequeueDue();
  bool IsOver() const;
  std::optional<Millis> NextWakeup() const;
  void OnWakeup(Wakeup wakeup);
  void Pause(Millis until, const std::string& why);
  void Recover();
  void Break(const std::string& trouble);
  void BreakGently(const std::string& trouble);
  void StopAll(StopHow how);
  RunRecord Finish();

  // ---- runner_start.cpp: what may start, and how an attempt begins

  std::string ModelOf(TaskIndex task) const;
  void TellReady();
  void StartReady();
  std::optional<std::string> AffordableModel(TaskIndex task) const;
  void Start(TaskIndex task);
  void BeginRow(TaskIndex task, const std::string& model);
  AttemptRequest MakeRequest(TaskIndex task);
  void AddMembers(TaskIndex task, const std::string& model);
  bool IsInherited(TaskIndex task) const;
  Result<Workplace> MakePlace(TaskIndex task);
  void AddAncestors(TaskIndex task, std::vector<std::string>& ids) const;
  std::string Prompt(TaskIndex task) const;
  void PutOff(TaskIndex task);
  std::string WhatIsMissing(TaskIndex task) const;
  void RequeuePutOff();
  void GoOn(TaskIndex task);

  // ---- runner_end.cpp: what an agent has done, and what follows when it is not accepted

  void OnAgentEnded(AttemptResult result);
  void Judge(TaskIndex task);
  void OnVerified(const VerifyResult& result);
  void Integrate(TaskIndex task);
  void SettleAll(const Job& job, const Amount& actual);
  std::filesystem::path AttemptFolder(TaskIndex task) const;
  void PutBack(TaskIndex task, const std::string& trouble);
  void Conflict(TaskIndex task, const std::string& paths);
  void Reject(TaskIndex task, Outcome outcome, const std::string& message, const std::string& output);
  std::optional<Millis> ResetOf(const AttemptResult& result) const;
  void Follow(TaskIndex task, Outcome outcome, const RetryDecision& decision);
  void RetryAt(TaskIndex task, Millis due, const std::string& why);
  void Fail(TaskIndex task);
  void CancelAll(TaskIndex task);
  void Cancel(TaskIndex task);
  void LeavePlace(TaskIndex task, bool keep_work);

  // ---- runner_people.cpp: checkpoints and their answers

  void Reach(TaskIndex task);
  void TakeAnswers();
  void Take(TaskIndex task, const AnswerRow& answer);
  std::optional<TaskIndex> LastBefore(TaskIndex checkpoint) const;
  void Pass(TaskIndex task, const std::string& answer, int64_t answer_id);
  void FailWaiting(TaskIndex task);

  // ---- runner_books.cpp: what is told, journaled and recorded

  static RunEvent Event(RunEventKind kind);
  void Tell(RunEvent event);
  void TellTask(RunEventKind kind, TaskIndex task, std::string_view detail = {});
  void TellFinished(TaskIndex task);
  int64_t Today() const;
  // These say whether the journal could be written; when not, the run has been brought to an end.
  bool Keep(const Status& status);
  bool Commit();
  bool BeginNoting();
  bool CommitBeforeGit();
  bool KeepTask(TaskIndex task, TaskState state, const std::string& message = {});
  bool KeepAttempt(TaskIndex task);
  void EndRow(TaskIndex task, Outcome outcome, const std::string& message, bool counted);
  void AddRecord(TaskIndex task, bool accepted);
  void RecallResults();

  const Manifest& manifest_;
  Scheduler& scheduler_;
  Agent& agent_;
  Workspace& workspace_;
  Verification& verification_;
  Journal& journal_;
  Clock& clock_;
  Person* person_;
  std::function<void(const AttemptRecord&)> settled_;
  const RunnerOptions& options_;
  const RunObserver& observer_;

  std::unordered_map<std::string_view, const ManifestPlan*> plans_;
  std::unordered_map<std::string_view, TaskIndex> index_;
  std::vector<Job> jobs_;  // by task
  Ledger ledger_;
  std::vector<std::string> decisions_;  // taken so far, for the prompts of the tasks that follow
  std::multimap<Millis, TaskIndex> delayed_;
  std::vector<TaskIndex> put_off_;  // delayed for want of budget
  std::unordered_set<TaskIndex> waiting_;
  std::optional<int64_t> answers_looked_at_;               // Journal::DataVersion
  std::unordered_set<std::string> main_busy_;              // plans whose main work tree is in use
  std::unordered_map<std::string, std::string> sessions_;  // by plan: its main session
  std::optional<Millis> paused_until_;
  size_t slots_;         // halved by each pause
  bool noting_ = false;  // a transaction of the journal is open
  Interruption interruption_ = Interruption::kNone;
  RunRecord record_;
};

}  // namespace gsd
