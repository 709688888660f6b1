#include "executor/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace gsd {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";
constexpr const char* kDim = "2";

Screen ScreenOf(std::FILE* stream) {
  winsize size = {};
  Screen screen;
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return screen;
  screen.columns = size.ws_col;
  if (size.ws_row > 0) screen.rows = size.ws_row;
  return screen;
}

// "14:05", with the date when it is not soon.
std::string FinishTime(std::chrono::system_clock::time_point time, Millis from_now) {
  const std::string text =
      FormatLocalTime(std::chrono::duration_cast<Millis>(time.time_since_epoch()).count());
  return from_now > std::chrono::hours(12) ? text : text.substr(text.find(' ') + 1);
}

}  // namespace

Progress::Progress(const Manifest& manifest, const Scheduler& scheduler, std::FILE* out,
                   ProgressOptions options)
    : manifest_(manifest),
      scheduler_(scheduler),
      out_(out),
      options_(options),
      done_(scheduler.CountIn(TaskState::kDone)) {}

std::string Progress::Paint(const char* code, const std::string& text) const {
  return options_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string Progress::Counter() const {
  const size_t total = manifest_.tasks.size();
  return fmt::format("[{:>{}}/{}]", done_, fmt::formatted_size("{}", total), total);
}

void Progress::Line(const std::string& text) {
  Erase();
  std::fputs(text.c_str(), out_);
  std::fputc('\n', out_);
  if (!options_.live) std::fflush(out_);
}

// A terminal that has become narrower since has wrapped what was drawn.
void Progress::Erase() {
  if (drawn_.empty()) return;
  const size_t columns = ScreenOf(out_).columns;
  size_t rows = 0;
  for (const size_t width : drawn_) rows += std::max<size_t>((width + columns - 1) / columns, 1);
  std::fputs(fmt::format("\x1b[{}A\r\x1b[J", rows).c_str(), out_);
  drawn_.clear();
}

void Progress::Draw(const RunEvent& event) {
  Erase();
  LiveView view;
  for (const auto& [task, running] : running_) {
    const auto before = tokens_before_.find(task);
    view.running.push_back({task, running.attempt, running.model, event.at - running.since, running.verifying,
                            before == tokens_before_.end() ? 0 : before->second});
  }
  view.total = manifest_.tasks.size();
  view.done = done_;
  view.failed = failed_;
  view.waiting = waiting_.size();
  view.spent = event.spent;
  view.ceilings = options_.ceilings;
  // Both look at all tasks: not for each of thousands of events.
  constexpr Millis kForecastAge{200};
  constexpr size_t kShownNext = 3;
  if (!forecast_ || event.at - forecast_->at >= kForecastAge) {
    forecast_ = {event.at, event.today, NextTasks(scheduler_, kShownNext),
                 EstimateRemaining(manifest_, scheduler_, view.running, options_.slots, pace_)};
  }
  view.next = forecast_->next;
  view.remaining = forecast_->remaining;
  if (view.remaining) view.finish = FinishTime(forecast_->today + *view.remaining, *view.remaining);
  for (const std::string& line : LiveTable(manifest_, view, ScreenOf(out_))) {
    std::fputs(fmt::format("{}\n", Paint(kDim, line)).c_str(), out_);
    drawn_.push_back(ColumnsOf(line));
  }
  std::fflush(out_);
}

void Progress::On(const RunEvent& event) {
  const auto title = [&] { return TaskTitle(manifest_.tasks[event.task]); };
  switch (event.kind) {
    case RunEventKind::kTaskStarted:
      running_[event.task] = {event.at, event.attempt, std::string(event.model)};
      if (!options_.quiet)
        Line(fmt::format("{} start  {} ({}{})", Counter(), title(), OneLine(event.model),
                         event.attempt > 1 ? fmt::format(", attempt {}", event.attempt) : ""));
      break;
    case RunEventKind::kTaskFinished: {
      running_.erase(event.task);
      waiting_.erase(event.task);
      const AttemptResult& result = *event.result;
      const bool ok = result.outcome == Outcome::kOk;
      const bool cancelled = result.outcome == Outcome::kCancelled;
      if (ok) {
        ++done_;
        // What an earlier part of the run did took no time now.
        if (result.ended > result.started) {
          pace_.expected += std::chrono::seconds(manifest_.tasks[event.task].estimated_seconds.expected);
          pace_.actual += result.ended - result.started;
        }
      }
      if (!ok && !cancelled) ++failed_;
      if (options_.quiet) break;
      std::string text = fmt::format("{} {} {}  {}", Counter(),
                                     Paint(ok ? kGreen : kRed, ok          ? "done  "
                                                               : cancelled ? "ended "
                                                                           : "FAILED"),
                                     title(), FormatDuration(result.ended - result.started));
      if (result.tokens) text += fmt::format(", {} tokens", FormatCount(result.tokens->Total()));
      if (!ok) text += ": " + OneLine(result.message);
      Line(text);
      break;
    }
    case RunEventKind::kCheckpointApproved:
      waiting_.erase(event.task);
      if (questions_ > 0) --questions_;
      ++done_;
      if (!options_.quiet) Line(fmt::format("{} passed {} ({})", Counter(), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kCheckpointRejected:
      waiting_.erase(event.task);
      if (questions_ > 0) --questions_;
      if (!options_.quiet)
        Line(fmt::format("{} {} {} ({})", Counter(), Paint(kRed, "reject"), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kTaskVerifying:
      running_[event.task].verifying = true;
      if (!options_.quiet) Line(fmt::format("{} verify {}", Counter(), title()));
      break;
    case RunEventKind::kTaskRetried: {
      running_.erase(event.task);
      if (event.result->tokens) tokens_before_[event.task] += event.result->tokens->Total();
      if (options_.quiet) break;
      const Millis wait = event.until ? *event.until - event.at : Millis(0);
      Line(fmt::format("{} {} {}: {}; next with {}{}", Counter(), Paint(kYellow, "again "), title(),
                       OneLine(event.detail), OneLine(event.model),
                       wait > Millis(0) ? " in " + FormatDuration(wait) : ""));
      break;
    }
    case RunEventKind::kScopeWarning:
      if (!options_.quiet) {
        Line(fmt::format("{} {} {} changed what it did not declare: {}", Counter(), Paint(kYellow, "scope "),
                         title(), OneLine(event.detail)));
      }
      break;
    case RunEventKind::kWorkKept:
      if (!options_.quiet)
        Line(fmt::format("{} kept   {}: on branch {}", Counter(), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kNote:
      Line(fmt::format("{} note   {}: {}", Counter(), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kBudgetReached:
      if (!options_.quiet) {
        Line(fmt::format("{} {} {}: does not fit into what remains of the budget: {}", Counter(),
                         Paint(kYellow, "budget"), title(), OneLine(event.detail)));
      }
      break;
    case RunEventKind::kProviderPaused:
      Line(fmt::format("{}: nothing starts for {}: {}", Paint(kYellow, "paused"),
                       FormatDuration(event.until ? *event.until - event.at : Millis(0)),
                       OneLine(event.detail)));
      break;
    case RunEventKind::kProviderResumed:
      if (!options_.quiet) Line("going on");
      break;
    case RunEventKind::kCheckpointWaiting:
      waiting_.insert(event.task);
      if (options_.asks) ++questions_;
      if (!options_.quiet) Line(fmt::format("{} {} {}", Counter(), Paint(kYellow, "waits "), title()));
      break;
    case RunEventKind::kTaskSkipped:
      if (!options_.quiet) Line(fmt::format("{} {} {}", Counter(), Paint(kYellow, "skip  "), title()));
      break;
    case RunEventKind::kDraining:
      Line(fmt::format("interrupted: nothing new starts; waiting for {} running. Ctrl-C again ends them.",
                       running_.size()));
      break;
    case RunEventKind::kStopping:
      Line(fmt::format("ending {} running", running_.size()));
      break;
    default:
      break;
  }
  if (!options_.live || options_.quiet) {
    if (options_.live) std::fflush(out_);
    return;
  }
  if (event.kind == RunEventKind::kContinued) drawn_.clear();  // the shell has written below it meanwhile
  if (event.kind == RunEventKind::kRunFinished) {
    Erase();
    std::fflush(out_);
  } else if (questions_ == 0 && event.kind != RunEventKind::kTaskReady &&
             event.kind != RunEventKind::kRunStarted) {
    Draw(event);
  }
}

}  // namespace gsd
