#include "executor/summary_figures.h"

#include <algorithm>
#include <map>

#include "executor/pricing.h"

namespace gsd {
namespace {

using Time = std::chrono::system_clock::time_point;

struct Stretch {
  Time began, ended;
};

Millis LengthOf(const Stretch& stretch) {
  return std::chrono::duration_cast<Millis>(stretch.ended - stretch.began);
}

// When an attempt was at work: its agent, then its verification. In between a runner may have died.
std::vector<Stretch> StretchesOf(const AttemptRecord& attempt) {
  std::vector<Stretch> stretches = {{attempt.started, std::max(attempt.started, attempt.ended)}};
  if (attempt.verifying) {
    const Time began = std::max(*attempt.verifying, stretches[0].ended);
    stretches.push_back({began, std::max(began, attempt.decided)});
  }
  return stretches;
}

// The time that is covered by at least one of them.
Millis Union(std::vector<Stretch> stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const Stretch& a, const Stretch& b) { return a.began < b.began; });
  Time::duration covered{0};
  Time until = Time::min();
  for (const Stretch& stretch : stretches) {
    if (stretch.ended <= until) continue;
    covered += stretch.ended - std::max(stretch.began, until);
    until = stretch.ended;
  }
  return std::chrono::duration_cast<Millis>(covered);
}

void AddAttempt(const Manifest& manifest, const AttemptRecord& attempt, TaskFigures& figures) {
  figures.attempts.push_back(&attempt);
  if (std::find(figures.models.begin(), figures.models.end(), attempt.model) == figures.models.end())
    figures.models.push_back(attempt.model);
  for (const Stretch& stretch : StretchesOf(attempt)) figures.time += LengthOf(stretch);
  AttemptResult result;
  result.tokens = attempt.tokens;
  result.usd = attempt.usd;
  figures.usd += ActualAmount(manifest, attempt.model, result).usd;
  if (attempt.tokens || attempt.usd)
    figures.usd_reported = attempt.usd && (figures.usd_reported || !figures.tokens_known);
  if (!attempt.tokens) return;
  figures.tokens_known = true;
  figures.tokens += *attempt.tokens;
}

// What two changes of a path come to.
void Change(const FileChange& change, std::vector<FileChange>& changes) {
  using Kind = FileChange::Kind;
  const auto before = std::find_if(changes.begin(), changes.end(),
                                   [&](const FileChange& other) { return other.path == change.path; });
  if (before == changes.end()) {
    changes.push_back(change);
  } else if (before->kind == Kind::kAdded && change.kind == Kind::kDeleted) {
    changes.erase(before);
  } else if (before->kind == Kind::kDeleted && change.kind == Kind::kAdded) {
    before->kind = Kind::kModified;
  } else if (before->kind != Kind::kAdded) {
    before->kind = change.kind;
  }
}

// Batches in which two tasks of the plan were carried out at the same time.
size_t CountParallelBatches(const PlanFigures& plan, const WorkPlan& work) {
  struct Part {
    uint32_t batch;
    TaskIndex task;
    Stretch stretch;
  };
  std::vector<Part> parts;
  for (size_t i = 0; i < plan.tasks.size(); ++i)
    for (const AttemptRecord* attempt : plan.of[i].attempts)
      for (const Stretch& stretch : StretchesOf(*attempt))
        parts.push_back({work.tasks[plan.tasks[i]].batch, plan.tasks[i], stretch});
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.batch != b.batch ? a.batch < b.batch : a.stretch.began < b.stretch.began;
  });
  size_t count = 0;
  std::optional<uint32_t> counted;
  const Part* longest = nullptr;  // the one before that ends last
  for (const Part& part : parts) {
    if (longest != nullptr && longest->batch == part.batch && longest->task != part.task &&
        part.stretch.began < longest->stretch.ended && counted != part.batch) {
      ++count;
      counted = part.batch;
    }
    if (longest == nullptr || longest->batch != part.batch || longest->stretch.ended < part.stretch.ended)
      longest = &part;
  }
  return count;
}

void Sum(const RunRecord& record, PlanFigures& plan) {
  std::vector<Stretch> stretches;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const TaskFigures& of = plan.of[i];
    const bool done = record.tasks[plan.tasks[i]].state == TaskState::kDone;
    plan.done += done ? 1 : 0;
    plan.complete = plan.complete && done;
    plan.attempts += of.attempts.size();
    plan.tokens_known = plan.tokens_known || of.tokens_known;
    plan.tokens += of.tokens;
    plan.usd += of.usd;
    plan.task_time += of.time;
    for (const AttemptRecord* attempt : of.attempts) {
      plan.all_tokens_known = plan.all_tokens_known && attempt->tokens;
      if (attempt->main_session && attempt->tokens) plan.main_tokens += attempt->tokens->Total();
      for (const Stretch& stretch : StretchesOf(*attempt)) stretches.push_back(stretch);
    }
  }
  plan.wall = Union(std::move(stretches));
}

// For each skipped task one that has failed and is behind it.
std::vector<std::optional<TaskIndex>> FailedBefore(const WorkPlan& work, const RunRecord& record) {
  std::vector<std::vector<TaskIndex>> dependents(work.tasks.size());
  for (TaskIndex task = 0; task < work.tasks.size(); ++task)
    for (const TaskIndex before : work.tasks[task].depends_on) dependents[before].push_back(task);
  std::vector<std::optional<TaskIndex>> failed(work.tasks.size());
  std::vector<TaskIndex> open;
  for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
    if (record.tasks[task].state != TaskState::kFailed) continue;
    open.push_back(task);
    while (!open.empty()) {
      const TaskIndex at = open.back();
      open.pop_back();
      for (const TaskIndex next : dependents[at]) {
        if (record.tasks[next].state != TaskState::kSkipped || failed[next]) continue;
        failed[next] = task;
        open.push_back(next);
      }
    }
  }
  return failed;
}

}  // namespace

std::vector<PlanFigures> CountPlans(const Manifest& manifest, const RunRecord& record,
                                    const std::vector<CommitChanges>& commits) {
  const WorkPlan work = MakeWorkPlan(manifest);
  std::vector<PlanFigures> plans(manifest.plans.size());
  std::vector<std::pair<size_t, size_t>> place;  // of each task: its plan, and where in it
  std::map<std::string_view, TaskIndex> index;
  double expected = 0;
  for (size_t i = 0; i < plans.size(); ++i) plans[i].plan = &manifest.plans[i];
  for (TaskIndex task = 0; task < work.tasks.size(); ++task) {
    PlanFigures& plan = plans[work.tasks[task].plan];
    place.emplace_back(work.tasks[task].plan, plan.tasks.size());
    index.emplace(manifest.tasks[task].id, task);
    plan.tasks.push_back(task);
    plan.of.emplace_back();
    const ManifestTask& of_manifest = manifest.tasks[task];
    plan.expected_tokens += of_manifest.estimated_tokens.expected;
    if (of_manifest.context_mode == "inherited")
      plan.expected_main_tokens += of_manifest.estimated_tokens.expected;
    const auto tokens = static_cast<double>(of_manifest.estimated_tokens.expected);
    plan.baseline_tokens += tokens;
    expected += tokens;
  }
  const auto of = [&](TaskIndex task) -> TaskFigures& {
    return plans[place[task].first].of[place[task].second];
  };
  const auto failed = FailedBefore(work, record);
  for (TaskIndex task = 0; task < work.tasks.size(); ++task) of(task).failed_before = failed[task];
  for (const AttemptRecord& attempt : record.attempts) AddAttempt(manifest, attempt, of(attempt.task));

  std::vector<std::vector<FileChange>> changes(plans.size());
  for (const CommitChanges& commit : commits) {
    std::optional<size_t> counted;  // a commit of several tasks, which are of one plan
    for (const std::string& id : commit.tasks) {
      const auto task = index.find(id);
      if (task == index.end()) continue;
      of(task->second).commits.push_back(commit.commit);
      for (const FileChange& change : commit.changes) Change(change, of(task->second).changes);
      const size_t plan = place[task->second].first;
      if (counted == plan) continue;
      counted = plan;
      ++plans[plan].commits;
      for (const FileChange& change : commit.changes) Change(change, changes[plan]);
    }
  }
  for (size_t i = 0; i < plans.size(); ++i) {
    PlanFigures& plan = plans[i];
    Sum(record, plan);
    plan.parallel_batches = CountParallelBatches(plan, work);
    for (FileChange& change : changes[i]) {
      (change.kind == FileChange::Kind::kAdded     ? plan.created
       : change.kind == FileChange::Kind::kDeleted ? plan.deleted
                                                   : plan.modified)
          .push_back(std::move(change.path));
    }
    const double share = expected > 0 ? plan.baseline_tokens / expected : 0;
    plan.baseline_tokens = share * static_cast<double>(manifest.budget.baseline_tokens);
    plan.baseline_usd = share * manifest.budget.baseline_usd;
  }
  return plans;
}

}  // namespace gsd
