#include "executor/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "executor/text.h"

namespace gsd {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";
constexpr const char* kDim = "2";

struct Screen {
  size_t columns = 80, rows = 24;
};

Screen ScreenOf(std::FILE* stream) {
  winsize size = {};
  Screen screen;
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return screen;
  screen.columns = size.ws_col;
  if (size.ws_row > 0) screen.rows = size.ws_row;
  return screen;
}

// At most `columns` characters, so that the line cannot wrap. Characters of East Asian scripts and symbols
// from U+1100 on count as two columns: too short is harmless, too long would spoil the redrawing.
std::string Fit(std::string_view text, size_t columns) {
  size_t used = 0, i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const size_t width = lead >= 0xE1 ? 2 : 1;
    if (used + width > columns) break;
    used += width;
    i = std::min(i + length, text.size());
  }
  return std::string(text.substr(0, i));
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

void Progress::Erase() {
  if (drawn_lines_ > 0) std::fputs(fmt::format("\x1b[{}A\r\x1b[J", drawn_lines_).c_str(), out_);
  drawn_lines_ = 0;
}

void Progress::Draw(Millis now) {
  Erase();
  const Screen screen = ScreenOf(out_);
  const size_t room = screen.rows > 4 ? screen.rows - 3 : 1;
  const auto line = [&](const std::string& text) {
    std::fputs(fmt::format("{}\n", Paint(kDim, Fit(text, screen.columns - 1))).c_str(), out_);
    ++drawn_lines_;
  };
  size_t shown = 0;
  for (const auto& [task, since] : running_) {
    if (shown++ == room) break;
    const ManifestTask& of = manifest_.tasks[task];
    line(fmt::format("  {} / {}  {} ({})", FormatDuration(now - since),
                     FormatDuration(std::chrono::seconds(of.estimated_seconds.expected)), TaskTitle(of),
                     OneLine(of.model)));
  }
  std::string next;
  for (TaskIndex task = 0; task < scheduler_.count() && next.empty(); ++task)
    if (scheduler_.state(task) == TaskState::kReady) next = ", next " + TaskTitle(manifest_.tasks[task]);
  line(fmt::format("  {} of {} done, {} running, {} failed{}", done_, manifest_.tasks.size(), running_.size(),
                   failed_, next));
  std::fflush(out_);
}

void Progress::On(const RunEvent& event) {
  const auto title = [&] { return TaskTitle(manifest_.tasks[event.task]); };
  switch (event.kind) {
    case RunEventKind::kTaskStarted:
      running_[event.task] = event.at;
      if (!options_.quiet)
        Line(fmt::format("{} start  {} ({}{})", Counter(), title(), OneLine(event.model),
                         event.attempt > 1 ? fmt::format(", attempt {}", event.attempt) : ""));
      break;
    case RunEventKind::kTaskFinished: {
      running_.erase(event.task);
      const AttemptResult& result = *event.result;
      const bool ok = result.outcome == Outcome::kOk;
      const bool cancelled = result.outcome == Outcome::kCancelled;
      if (ok) ++done_;
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
      if (questions_ > 0) --questions_;
      ++done_;
      if (!options_.quiet) Line(fmt::format("{} passed {} ({})", Counter(), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kCheckpointRejected:
      if (questions_ > 0) --questions_;
      if (!options_.quiet)
        Line(fmt::format("{} {} {} ({})", Counter(), Paint(kRed, "reject"), title(), OneLine(event.detail)));
      break;
    case RunEventKind::kTaskVerifying:
      if (!options_.quiet) Line(fmt::format("{} verify {}", Counter(), title()));
      break;
    case RunEventKind::kTaskRetried: {
      running_.erase(event.task);
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
        Line(fmt::format("{} {} {}: does not fit into what remains of the budget", Counter(),
                         Paint(kYellow, "budget"), title()));
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
  if (event.kind == RunEventKind::kRunFinished) {
    Erase();
    std::fflush(out_);
  } else if (questions_ == 0 && event.kind != RunEventKind::kTaskReady &&
             event.kind != RunEventKind::kRunStarted) {
    Draw(event.at);
  }
}

}  // namespace gsd
