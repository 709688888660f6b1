// What may start, and how an attempt begins: its model, place, prompt, and the row in the journal before its
// agent.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "executor/pricing.h"
#include "executor/prompt.h"
#include "executor/run_folder.h"
#include "executor/runner_state.h"
#include "executor/text.h"

namespace gsd {

namespace {

constexpr int kSmallTask = 3;  // complexity up to which tasks may share an agent

}  // namespace

std::string Runner::ModelOf(TaskIndex task) const {
  return jobs_[task].past.model.empty() ? manifest_.tasks[task].model : jobs_[task].past.model;
}

void Runner::TellReady() {
  for (TaskIndex task : scheduler_.TakeNewlyReady()) TellTask(RunEventKind::kTaskReady, task);
}

void Runner::StartReady() {
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
std::optional<std::string> Runner::AffordableModel(TaskIndex task) const {
  const ManifestTask& of = manifest_.tasks[task];
  std::string model = ModelOf(task);
  while (true) {
    if (ledger_.Fits(PessimisticEstimate(manifest_, of, model))) return model;
    const std::string smaller = SmallerModel(model);
    if (smaller == model) return std::nullopt;
    model = smaller;
  }
}

// It does not fit now; perhaps it does when those that run have used less than was reserved for them.
void Runner::PutOff(TaskIndex task) {
  scheduler_.Delay(task);
  put_off_.push_back(task);
  TellTask(RunEventKind::kBudgetReached, task, WhatIsMissing(task));
}

// Of the model that needs least.
std::string Runner::WhatIsMissing(TaskIndex task) const {
  const Amount needs = PessimisticEstimate(manifest_, manifest_.tasks[task], "haiku");
  const Ceilings& ceilings = ledger_.ceilings();
  const auto left = [&](double ceiling, double Amount::*of) {
    return std::max(0.0, ceiling - ledger_.spent().*of - ledger_.reserved().*of);
  };
  std::vector<std::string> missing;
  if (ceilings.tokens && needs.tokens > left(*ceilings.tokens, &Amount::tokens)) {
    missing.push_back(fmt::format("up to {} tokens are needed and {} of {} are left",
                                  FormatCount(std::llround(needs.tokens)),
                                  FormatCount(std::llround(left(*ceilings.tokens, &Amount::tokens))),
                                  FormatCount(std::llround(*ceilings.tokens))));
  }
  if (ceilings.usd && needs.usd > left(*ceilings.usd, &Amount::usd)) {
    missing.push_back(fmt::format("up to ${:.4f} is needed and ${:.4f} of ${:.4f} is left", needs.usd,
                                  left(*ceilings.usd, &Amount::usd), *ceilings.usd));
  }
  return fmt::format("{}", fmt::join(missing, "; "));
}

void Runner::RequeuePutOff() {
  for (const TaskIndex task : std::exchange(put_off_, {})) scheduler_.Requeue(task);
}

void Runner::Start(TaskIndex task) {
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

void Runner::BeginRow(TaskIndex task, const std::string& model) {
  Job& job = jobs_[task];
  job.row = {};
  job.verifying.reset();
  job.row.task = manifest_.tasks[task].id;
  job.row.attempt = ++job.past.attempts;
  job.row.model = model;
  job.row.started = Today();
  record_.tasks[task].model = model;
}

AttemptRequest Runner::MakeRequest(TaskIndex task) {
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
void Runner::AddMembers(TaskIndex task, const std::string& model) {
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

bool Runner::IsInherited(TaskIndex task) const {
  const ManifestTask& of = manifest_.tasks[task];
  return of.context_mode == "inherited" && of.parallel == "sequential" && agent_.can_resume_sessions();
}

// Where the task works. Those that go on with the plan's main session share one work tree, since some
// programs find a session only from the folder it began in.
Result<Workplace> Runner::MakePlace(TaskIndex task) {
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

void Runner::AddAncestors(TaskIndex task, std::vector<std::string>& ids) const {
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

std::string Runner::Prompt(TaskIndex task) const {
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

// An agent had finished when the runner died: its work is verified and integrated without another one.
void Runner::GoOn(TaskIndex task) {
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

}  // namespace gsd
