#include "executor/run_learner.h"

#include <fmt/format.h>

namespace gsd {

namespace {

// The run's loop waits meanwhile; another process has the lock for milliseconds.
constexpr Millis kPatience{500};
constexpr size_t kMostUnwritten = 10'000;

}  // namespace

Status RunLearner::Write() {
  const auto file = ProjectStatsPath(root_, true);
  if (!file.ok()) return Error{file.error()};
  StatsStore store(*file, kPatience);
  Status written = Ok();
  size_t done = 0;
  while (done < unwritten_.size()) {
    written = store.Record(unwritten_[done]);
    if (!written.ok()) break;
    ++done;
  }
  unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(done));
  if (std::string note = store.TakeNote(); !note.empty()) notes_.push_back(std::move(note));
  return written;
}

void RunLearner::Settled(const AttemptRecord& attempt) {
  const auto record = TokenRecordOf(manifest_.tasks[attempt.task], attempt);
  if (!record) return;
  counts_ = counts_ || record->tokens;
  if (!counts_) {
    if (held_back_.size() < kMostUnwritten) held_back_.push_back(*record);
    return;
  }
  // A disk that has failed once is asked again at the end, not at every attempt.
  const bool trying = unwritten_.empty();
  held_back_.push_back(*record);
  for (TokenRecord& known : std::exchange(held_back_, {}))
    if (unwritten_.size() < kMostUnwritten) unwritten_.push_back(std::move(known));
  learned_ = true;
  if (trying) (void)Write().ok();
}

std::vector<std::string> RunLearner::Finish() {
  if (!learned_) return {};
  const Status written = Write();
  if (!written.ok())
    notes_.push_back(
        fmt::format("{} attempts are missing from the statistics: {}", unwritten_.size(), written.error()));
  if (const auto file = ProjectStatsPath(root_, false); file.ok() && written.ok()) {
    StatsStore store(*file, kPatience);
    if (const auto folded = store.Fold(); !folded.ok()) notes_.push_back(folded.error());
    if (std::string note = store.TakeNote(); !note.empty()) notes_.push_back(std::move(note));
  }
  return std::exchange(notes_, {});
}

}  // namespace gsd
