// The order of things for one attempt, each step in the journal before the next one is acted on (Commit()):
//   ready → reserve the estimate → work tree → [starting] → agent → settle → snapshot → [agent-ended] → scope
//   → verify → [verified] → integrate → [ended, task done]
// What goes wrong on the way goes to Reject(), which alone decides what follows (retry.h).
#include "executor/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "executor/commit_message.h"
#include "executor/pricing.h"
#include "executor/prompt.h"
#include "executor/run_folder.h"
#include "executor/scope.h"
#include "executor/text.h"

namespace gsd {
namespace {

// How far an interruption has gone. Each Ctrl-C is one step further.
enum class Interruption : uint8_t { kNone, kDrain, kStop, kKill };

constexpr size_t kMostText = 16'000;    // bytes of an agent's last words that are kept
constexpr size_t kMostMessage = 8'000;  // bytes of a failure
constexpr Millis kAnswerPolling{1000};  // how often another process's answers are looked for
constexpr int kSmallTask = 3;           // complexity up to which tasks may share an agent

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

class Runner {
 public:
  Runner(RunnerParts parts, const RunnerOptions& options, RunHistory history, const RunObserver& observer)
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

  RunRecord Run() {
    record_.started = clock_.Now();
    record_.started_today = clock_.Today();
    RecallResults();
    Tell(Event(RunEventKind::kRunStarted));
    while (true) {
      RequeueDue();
      TakeAnswers();
      StartReady();
      if (!waiting_.empty() && !answers_looked_at_ && record_.trouble.empty())
        continue;  // it may be answered
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

 private:
  // What earlier parts of the run finished has its figures, too; their times lie before this part's start.
  void RecallResults() {
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

  // ---- telling and keeping

  static RunEvent Event(RunEventKind kind) {
    RunEvent event;
    event.kind = kind;
    return event;
  }

  void Tell(RunEvent event) {
    event.at = clock_.Now();
    event.today = clock_.Today();
    event.spent = ledger_.spent();
    observer_(event);
  }

  void TellTask(RunEventKind kind, TaskIndex task, std::string_view detail = {}) {
    RunEvent event = Event(kind);
    event.task = task;
    event.detail = detail;
    event.attempt = jobs_[task].row.attempt;
    event.model = jobs_[task].row.model;
    Tell(event);
  }

  int64_t Today() const {
    return std::chrono::duration_cast<Millis>(clock_.Today().time_since_epoch()).count();
  }

  // A journal that cannot be written ends the run: what it would go on to do, a later part would do again.
  bool Keep(const Status& status) {
    if (status.ok()) return true;
    Break(fmt::format("the journal cannot be written: {}", status.error()));
    return false;
  }

  // Ends the run before its time; a person has to mend something.
  void Break(const std::string& trouble) {
    if (!record_.trouble.empty()) return;
    record_.trouble = trouble;
    scheduler_.StopStarting();
    StopAll(StopHow::kGently);
  }

  // As above, but what runs may finish: it is not that which does not work, and its money is spent.
  void BreakGently(const std::string& trouble) {
    if (record_.trouble.empty()) record_.trouble = trouble;
    scheduler_.StopStarting();
  }

  void StopAll(StopHow how) {
    agent_.StopAll(how);
    verification_.StopAll(how);
  }

  // What is noted in one turn of the loop becomes one transaction. It is committed before anything is acted
  // on: an agent or a verification starts, git is called, we wait. False when the journal cannot be written.
  bool Commit() {
    if (!std::exchange(noting_, false)) return true;
    return Keep(journal_.Commit());
  }

  bool BeginNoting() {
    if (noting_) return true;
    noting_ = Keep(journal_.Begin());
    return noting_;
  }

  // Git calls take time, in which nobody else could write to the journal.
  bool CommitBeforeGit() { return !workspace_.isolates() || Commit(); }

  bool KeepTask(TaskIndex task, TaskState state, const std::string& message = {}) {
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

  bool KeepAttempt(TaskIndex task) {
    return BeginNoting() && Keep(journal_.PutAttempt(options_.run, jobs_[task].row));
  }

  // ---- what may start

  std::string ModelOf(TaskIndex task) const {
    return jobs_[task].past.model.empty() ? manifest_.tasks[task].model : jobs_[task].past.model;
  }

  void RequeueDue() {
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

  void TellReady() {
    for (TaskIndex task : scheduler_.TakeNewlyReady()) TellTask(RunEventKind::kTaskReady, task);
  }

  void StartReady() {
    TellReady();
    while (const auto task = scheduler_.NextToStart()) {
      if (manifest_.tasks[*task].checkpoint) {
        Reach(*task);
      } else if (jobs_[*task].past.to_verify) {
        GoOn(*task);
      } else {
        Start(*task);
      }
      TellReady();
    }
  }

  // The model that the task gets: its own, or the largest smaller one that fits into what remains.
  std::optional<std::string> AffordableModel(TaskIndex task) const {
    const ManifestTask& of = manifest_.tasks[task];
    std::string model = ModelOf(task);
    while (true) {
      if (ledger_.Fits(PessimisticEstimate(manifest_, of, model))) return model;
      const std::string smaller = SmallerModel(model);
      if (smaller == model) return std::nullopt;
      model = smaller;
    }
  }

  void Start(TaskIndex task) {
    const auto model = AffordableModel(task);
    if (!model) return PutOff(task);
    Job& job = jobs_[task];
    job.members = {task};
    ledger_.Reserve(task, PessimisticEstimate(manifest_, manifest_.tasks[task], *model));
    AddMembers(task, *model);
    for (const TaskIndex member : job.members) BeginRow(member, *model);
    const auto place = CommitBeforeGit() ? MakePlace(task) : Result<Workplace>(Error{record_.trouble});
    if (!place.ok()) {
      SettleAll(job, {});
      return PutBack(task, fmt::format("no work tree for {}: {}", manifest_.tasks[task].id, place.error()));
    }
    job.place = *place;
    if (!job.place.note.empty()) TellTask(RunEventKind::kNote, task, job.place.note);
    bool kept = true;
    for (const TaskIndex member : job.members) {
      jobs_[member].row.place = job.place.name;
      jobs_[member].row.base = job.place.base;
      kept = kept && KeepTask(member, TaskState::kRunning) && KeepAttempt(member);
    }
    if (!kept || !Commit()) {
      SettleAll(job, {});
      for (const TaskIndex member : job.members) Cancel(member);
      return;
    }
    for (const TaskIndex member : job.members) TellTask(RunEventKind::kTaskStarted, member);
    AttemptRequest request = MakeRequest(task);
    const Status begun = agent_.Start(request);
    if (begun.ok()) return;
    AttemptResult result;
    result.task = task;
    result.outcome = Outcome::kFailed;
    result.message = begun.error();
    result.started = result.ended = clock_.Now();
    OnAgentEnded(std::move(result));
  }

  void BeginRow(TaskIndex task, const std::string& model) {
    Job& job = jobs_[task];
    job.row = {};
    job.verifying.reset();
    job.row.task = manifest_.tasks[task].id;
    job.row.attempt = ++job.past.attempts;
    job.row.model = model;
    job.row.started = Today();
    record_.tasks[task].model = model;
  }

  AttemptRequest MakeRequest(TaskIndex task) {
    const Job& job = jobs_[task];
    const ManifestTask& of = manifest_.tasks[task];
    AttemptRequest request;
    request.task = task;
    request.attempt = job.row.attempt;
    request.prompt = Prompt(task);
    request.model = job.row.model;
    request.workdir = job.place.folder;
    request.title = TaskTitle(of);
    request.usd_limit = ledger_.UsdLimitOf(task);
    if (job.shared_place) {
      const auto session = sessions_.find(of.plan);
      if (session != sessions_.end()) request.session = session->second;
    }
    return request;
  }

  // Small tasks of the same batch may share an agent, while nothing has gone wrong with them.
  void AddMembers(TaskIndex task, const std::string& model) {
    Job& job = jobs_[task];
    const auto is_small = [&](TaskIndex candidate) {
      const ManifestTask& of = manifest_.tasks[candidate];
      return of.complexity.score <= kSmallTask && jobs_[candidate].past.troubles.failures == 0 &&
             !jobs_[candidate].past.to_verify && !IsInherited(candidate);
    };
    if (options_.tasks_per_agent < 2 || !is_small(task)) return;
    const auto may_join = [&](TaskIndex candidate) {
      return is_small(candidate) && ModelOf(candidate) == model &&
             ledger_.Fits(PessimisticEstimate(manifest_, manifest_.tasks[candidate], model));
    };
    while (static_cast<int>(job.members.size()) < options_.tasks_per_agent) {
      const auto member = scheduler_.NextToJoin(task, may_join);
      if (!member) return;
      job.members.push_back(*member);
      ledger_.Reserve(*member, PessimisticEstimate(manifest_, manifest_.tasks[*member], model));
    }
  }

  bool IsInherited(TaskIndex task) const {
    const ManifestTask& of = manifest_.tasks[task];
    return of.context_mode == "inherited" && of.parallel == "sequential" && agent_.can_resume_sessions();
  }

  // Where the task works. Those that go on with the plan's main session share one work tree, since some
  // programs find a session only from the folder it began in.
  Result<Workplace> MakePlace(TaskIndex task) {
    Job& job = jobs_[task];
    const ManifestTask& of = manifest_.tasks[task];
    PlaceRequest request;
    job.shared_place = IsInherited(task) && main_busy_.insert(of.plan).second;
    request.name =
        job.shared_place ? MainPlaceName(of) : fmt::format("{}.{}", TaskFolderName(of.id), job.row.attempt);
    request.on_everything = job.conflicts > 0;
    if (workspace_.isolates()) {
      for (const TaskIndex member : job.members) AddAncestors(member, request.after);
    }
    auto place = workspace_.Prepare(request);
    if (!place.ok() && job.shared_place) main_busy_.erase(of.plan);
    return place;
  }

  void AddAncestors(TaskIndex task, std::vector<std::string>& ids) const {
    std::vector<TaskIndex> open = {task};
    std::unordered_set<TaskIndex> seen = {task};
    while (!open.empty()) {
      const TaskIndex at = open.back();
      open.pop_back();
      for (const std::string& id : manifest_.tasks[at].depends_on) {
        const TaskIndex before = index_.at(id);
        if (!seen.insert(before).second) continue;
        if (!manifest_.tasks[before].checkpoint) ids.push_back(id);
        open.push_back(before);
      }
    }
    // What a person rejected is done once more on top of itself.
    if (!jobs_[task].past.commit.empty()) ids.push_back(manifest_.tasks[task].id);
  }

  std::string Prompt(TaskIndex task) const {
    const Job& job = jobs_[task];
    PromptInput input;
    input.plan = plans_.at(manifest_.tasks[task].plan);
    input.decisions = decisions_;
    input.failure = job.past.failure;
    input.stay_in_files = options_.scope == ScopeMode::kEnforce;
    input.agent_commits = options_.commit == CommitMode::kAgent;
    std::unordered_set<TaskIndex> named(job.members.begin(), job.members.end());
    for (const TaskIndex member : job.members) {
      input.tasks.push_back(&manifest_.tasks[member]);
      for (const std::string& id : manifest_.tasks[member].depends_on) {
        const TaskIndex before = index_.at(id);
        if (manifest_.tasks[before].checkpoint || !named.insert(before).second) continue;
        input.delivered.push_back(
            {TaskTitle(manifest_.tasks[before]), record_.tasks[before].files, jobs_[before].past.text});
      }
    }
    return BuildPrompt(input);
  }

  // It does not fit now; perhaps it does when those that run have used less than was reserved for them.
  void PutOff(TaskIndex task) {
    scheduler_.Delay(task);
    put_off_.push_back(task);
    TellTask(RunEventKind::kBudgetReached, task);
  }

  void RequeuePutOff() {
    for (const TaskIndex task : std::exchange(put_off_, {})) scheduler_.Requeue(task);
  }

  // An agent had finished when the runner died: its work is verified and integrated without another one.
  void GoOn(TaskIndex task) {
    Job& job = jobs_[task];
    const AttemptRow row = *std::exchange(job.past.to_verify, std::nullopt);
    job.members = {task};
    job.row = row;
    auto place = workspace_.Restore(row.place, row.base, row.tree);
    if (!place.ok()) return Start(task);
    job.place = *place;
    job.snapshot.tree = row.tree;
    auto snapshot = workspace_.Record(job.place);
    if (!snapshot.ok()) return Start(task);
    job.snapshot = *snapshot;
    // It ends now; AddRecord tells of it as a whole.
    std::erase_if(record_.attempts, [&](const AttemptRecord& attempt) {
      return attempt.task == task && attempt.attempt == row.attempt;
    });
    job.result = {};
    job.result.task = task;
    job.result.text = job.past.text;
    job.result.tokens = row.tokens;
    job.result.usd = row.usd;
    job.result.started = job.result.ended = clock_.Now();
    TellTask(RunEventKind::kTaskStarted, task);
    Judge(task);
  }

  // ---- what an agent has done

  void SettleAll(const Job& job, const Amount& actual) {
    for (const TaskIndex member : job.members)
      ledger_.Settle(member, member == job.members.front() ? actual : Amount{});
  }

  void OnAgentEnded(AttemptResult result) {
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
  void Judge(TaskIndex task) {
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

  static std::string Shortened(const std::vector<std::string>& all) {
    constexpr size_t kShown = 10;
    std::string list;
    for (size_t i = 0; i < std::min(all.size(), kShown); ++i) list += (i == 0 ? "" : ", ") + OneLine(all[i]);
    if (all.size() > kShown) list += fmt::format(" and {} more", all.size() - kShown);
    return list;
  }

  std::filesystem::path AttemptFolder(TaskIndex task) const {
    return AttemptFolderOf(options_.folder, manifest_.tasks[task].id, jobs_[task].row.attempt);
  }

  void OnVerified(const VerifyResult& result) {
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

  void Integrate(TaskIndex task) {
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
  void PutBack(TaskIndex task, const std::string& trouble) {
    BreakGently(trouble);
    const std::vector<TaskIndex> members = jobs_[task].members;
    for (const TaskIndex member : members) {
      jobs_[member].result.message = trouble;
      Cancel(member);
    }
  }

  // Its work does not fit onto what others have done meanwhile. Done once more on the new base; a second time
  // it has failed.
  void Conflict(TaskIndex task, const std::string& paths) {
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

  // ---- what was not accepted

  void Reject(TaskIndex task, Outcome outcome, const std::string& message, const std::string& output) {
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

  std::optional<Millis> ResetOf(const AttemptResult& result) const {
    if (result.retry_after) return *result.retry_after;
    if (!result.resets_at) return std::nullopt;
    return std::chrono::duration_cast<Millis>(*result.resets_at - clock_.Today());
  }

  void Follow(TaskIndex task, Outcome outcome, const RetryDecision& decision) {
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

  void RetryAt(TaskIndex task, Millis due, const std::string& why) {
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

  void Fail(TaskIndex task) {
    KeepTask(task, TaskState::kFailed, jobs_[task].result.message);
    scheduler_.OnFinished(task, TaskState::kFailed);
    TellFinished(task);
    for (const TaskIndex skipped : scheduler_.TakeNewlySkipped())
      TellTask(RunEventKind::kTaskSkipped, skipped);
  }

  void CancelAll(TaskIndex task) {
    LeavePlace(task, true);
    const std::vector<TaskIndex> members = jobs_[task].members;
    for (const TaskIndex member : members) {
      jobs_[member].result.task = member;
      jobs_[member].result.outcome = Outcome::kCancelled;
      Cancel(member);
    }
  }

  void Cancel(TaskIndex task) {
    Job& job = jobs_[task];
    job.result.outcome = Outcome::kCancelled;
    if (job.result.message.empty()) job.result.message = "interrupted";
    scheduler_.OnFinished(task, TaskState::kCancelled);
    TellFinished(task);
  }

  void TellFinished(TaskIndex task) {
    record_.tasks[task].result = jobs_[task].result;
    record_.tasks[task].result->task = task;
    RunEvent event = Event(RunEventKind::kTaskFinished);
    event.task = task;
    event.attempt = jobs_[task].row.attempt;
    event.model = jobs_[task].row.model;
    event.result = &*record_.tasks[task].result;
    Tell(event);
  }

  void EndRow(TaskIndex task, Outcome outcome, const std::string& message, bool counted) {
    AttemptRow& row = jobs_[task].row;
    row.stage = AttemptStage::kEnded;
    row.outcome = outcome;
    row.message = HeadOf(message.empty() ? OutcomeName(outcome) : message, kMostMessage);
    row.counted = counted;
    if (row.ended == 0) row.ended = Today();
    KeepAttempt(task);
  }

  void AddRecord(TaskIndex task, bool accepted) {
    const AttemptRow& row = jobs_[task].row;
    const auto time = [](int64_t ms) { return std::chrono::system_clock::time_point(Millis(ms)); };
    record_.attempts.push_back({task, row.attempt, row.model, row.outcome.value_or(Outcome::kFailed),
                                row.message, row.tokens, row.usd, time(row.started), time(row.ended),
                                jobs_[task].verifying, clock_.Today(), accepted, row.kept_branch,
                                row.place == MainPlaceName(manifest_.tasks[task])});
  }

  // The work tree is not needed any longer; what stands in it and was not accepted goes to a branch.
  void LeavePlace(TaskIndex task, bool keep_work) {
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

  // ---- the provider

  void Pause(Millis until, const std::string& why) {
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
  void Recover() {
    if (slots_ == options_.max_parallel) return;
    ++slots_;
    if (!paused_until_) scheduler_.SetMaxParallel(slots_);
  }

  // ---- people

  void Reach(TaskIndex task) {
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

  void TakeAnswers() {
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

  void Take(TaskIndex task, const AnswerRow& answer) {
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
  std::optional<TaskIndex> LastBefore(TaskIndex checkpoint) const {
    std::optional<TaskIndex> last;
    for (const std::string& id : manifest_.tasks[checkpoint].depends_on) {
      const TaskIndex task = index_.at(id);
      if (!manifest_.tasks[task].checkpoint && (!last || task > *last)) last = task;
    }
    return last;
  }

  void Pass(TaskIndex task, const std::string& answer, int64_t answer_id) {
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

  void FailWaiting(TaskIndex task) {
    KeepTask(task, TaskState::kFailed, jobs_[task].result.message);
    scheduler_.Refuse(task);
    TellFinished(task);
    for (const TaskIndex skipped : scheduler_.TakeNewlySkipped())
      TellTask(RunEventKind::kTaskSkipped, skipped);
  }

  // ---- time and signals

  bool IsOver() const {
    if (scheduler_.running() > 0) return false;
    const bool stopped = interruption_ != Interruption::kNone || scheduler_.stopped();
    if (stopped) return true;
    if (!delayed_.empty() || paused_until_) return false;
    return waiting_.empty() || person_ == nullptr || !person_->present();
  }

  std::optional<Millis> NextWakeup() const {
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

  void OnWakeup(Wakeup wakeup) {
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

  RunRecord Finish() {
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

}  // namespace

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
