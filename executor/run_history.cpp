#include "executor/run_history.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "executor/checkpoints.h"
#include "executor/pricing.h"
#include "executor/run_folder.h"

namespace gsd {

std::string MainPlaceName(const ManifestTask& task) { return "main-" + TaskFolderName(task.plan); }

namespace {

std::chrono::system_clock::time_point TimeOf(int64_t ms) {
  return std::chrono::system_clock::time_point(Millis(ms));
}

AttemptResult ResultOf(const AttemptRow& row) {
  AttemptResult result;
  result.tokens = row.tokens;
  result.usd = row.usd;
  return result;
}

class Reader {
 public:
  Reader(const Manifest& manifest, Journal& journal, std::string run)
      : manifest_(manifest), journal_(journal), run_(std::move(run)) {
    for (const ManifestTask& task : manifest.tasks)
      index_.emplace(task.id, static_cast<TaskIndex>(index_.size()));
    history_.tasks.resize(manifest.tasks.size());
    done_.resize(manifest.tasks.size());
  }

  Result<RunHistory> Run(const std::vector<std::pair<std::string, std::string>>& integrated) {
    auto attempts = journal_.Attempts(run_);
    if (!attempts.ok()) return Error{attempts.error()};
    for (const AttemptRow& row : *attempts) AddAttempt(row);
    auto tasks = journal_.Tasks(run_);
    if (!tasks.ok()) return Error{tasks.error()};
    for (const TaskRow& row : *tasks) AddTask(row);
    for (const auto& [id, commit] : integrated) {
      const auto found = index_.find(id);
      if (found == index_.end()) continue;
      TaskHistory& task = history_.tasks[found->second];
      // A task that a person had rejected was integrated, too, and is to be done once more.
      if (reopened_.contains(found->second) && !task.to_verify) continue;
      task.commit = commit;
      done_[found->second] = true;
    }
    for (TaskIndex task = 0; task < done_.size(); ++task) {
      if (!done_[task]) continue;
      history_.done.push_back(task);
      history_.tasks[task].to_verify.reset();
      if (manifest_.tasks[task].checkpoint && !history_.tasks[task].text.empty())
        history_.decisions.push_back(DecisionLine(manifest_.tasks[task], history_.tasks[task].text));
    }
    return std::move(history_);
  }

 private:
  void AddAttempt(const AttemptRow& row) {
    const auto found = index_.find(row.task);
    if (found == index_.end()) return;
    TaskHistory& task = history_.tasks[found->second];
    task.attempts = std::max(task.attempts, row.attempt);
    task.model = row.model;
    const bool ok = row.outcome == Outcome::kOk;
    task.to_verify.reset();
    if (ok && (row.stage == AttemptStage::kAgentEnded || row.stage == AttemptStage::kVerified))
      task.to_verify = row;
    if (!row.message.empty()) task.failure = row.message;
    const bool ended = row.outcome.has_value();
    const Amount amount = ended ? ActualAmount(manifest_, row.model, ResultOf(row))
                                : PessimisticEstimate(manifest_, manifest_.tasks[found->second], row.model);
    history_.spent.tokens += amount.tokens;
    history_.spent.usd += amount.usd;
    AttemptRecord record{found->second,
                         row.attempt,
                         row.model,
                         row.outcome.value_or(Outcome::kCancelled),
                         ended ? row.message : "the runner died",
                         row.tokens,
                         row.usd,
                         TimeOf(row.started),
                         TimeOf(row.ended == 0 ? row.started : row.ended),
                         std::nullopt,
                         TimeOf(row.ended == 0 ? row.started : row.ended),
                         ok && row.stage == AttemptStage::kEnded && row.message.empty(),
                         row.kept_branch,
                         row.place == MainPlaceName(manifest_.tasks[found->second])};
    history_.attempts.push_back(std::move(record));
  }

  void AddTask(const TaskRow& row) {
    const auto found = index_.find(row.task);
    if (found == index_.end()) return;
    TaskHistory& task = history_.tasks[found->second];
    task.commit = row.commit;
    task.text = row.text;
    task.answer = row.answer;
    done_[found->second] = row.state == TaskState::kDone;
    if (row.state != TaskState::kDone && !row.commit.empty()) reopened_.insert(found->second);
    // Whoever resumes a run in which a task had failed wants it tried again from the beginning.
    if (row.state == TaskState::kFailed) task.model.clear();
  }

  const Manifest& manifest_;
  Journal& journal_;
  const std::string run_;
  std::unordered_map<std::string_view, TaskIndex> index_;
  std::set<TaskIndex> reopened_;
  std::vector<bool> done_;
  RunHistory history_;
};

}  // namespace

Result<RunHistory> ReadHistory(const Manifest& manifest, Journal& journal, const std::string& run,
                               const std::vector<std::pair<std::string, std::string>>& integrated) {
  return Reader(manifest, journal, run).Run(integrated);
}

}  // namespace gsd
