#include "executor/live_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "frontend/utf8.h"

namespace gsd {
namespace {

constexpr size_t kWideScreen = 90;  // columns

// East Asian wide and fullwidth characters, emoji, and symbols that some terminals draw as such.
bool IsWide(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr Range kWide[] = {
      {0x1100, 0x115F},   {0x231A, 0x23FF},  {0x25A0, 0x27BF}, {0x2B00, 0x2BFF},   {0x2E80, 0x303E},
      {0x3041, 0xA4CF},   {0xA960, 0xA97F},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
      {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF},
      {0x1F000, 0x1FBFF}, {0x20000, 0x3FFFD}};
  return std::any_of(std::begin(kWide), std::end(kWide),
                     [&](const Range& range) { return range.first <= c && c <= range.last; });
}

// The first character of a text: its bytes and columns. A broken byte is drawn as U+FFFD.
struct Character {
  size_t bytes, columns;
};
Character FirstOf(std::string_view text) {
  const size_t length = Utf8SequenceLength(text.substr(0, 4));
  if (length == 0) return {1, 1};
  return {length, IsWide(DecodeUtf8(text.substr(0, length))) ? 2U : 1U};
}

// To the left of a column, or cut to it.
std::string Left(std::string_view text, size_t columns) {
  std::string cell = Fit(text, columns);
  cell.append(columns - ColumnsOf(cell), ' ');
  return cell;
}

std::string Percent(double part, double whole) {
  return whole > 0 ? fmt::format(" ({:.0f} %)", 100 * part / whole) : "";
}

std::string Spending(const LiveView& view) {
  const auto tokens = [](double count) { return FormatCount(static_cast<int64_t>(count)); };
  std::string text = tokens(view.spent.tokens);
  if (view.ceilings.tokens) text += fmt::format(" of {}", tokens(*view.ceilings.tokens));
  text += " tokens";
  if (view.ceilings.tokens) text += Percent(view.spent.tokens, *view.ceilings.tokens);
  if (view.spent.usd > 0 || view.ceilings.usd) {
    text += fmt::format(", {:.2f}", view.spent.usd);
    if (view.ceilings.usd) text += fmt::format(" of {:.2f}", *view.ceilings.usd);
    text += " USD";
    if (view.ceilings.usd) text += Percent(view.spent.usd, *view.ceilings.usd);
  }
  return text;
}

// The columns of a row before the task's title. A narrow terminal has no room for what was expected.
std::string Columns(bool wide, std::string_view elapsed, std::string_view expected, std::string_view model,
                    std::string_view attempt, std::string_view tokens, std::string_view step) {
  std::string text = fmt::format("  {:>11}", elapsed);
  if (wide) text += fmt::format("  {:>11}", expected);
  return text + fmt::format("  {}  {:>3}  {:>8}  {:<6}  ", Left(model, 6), attempt, tokens, step);
}

std::string Row(const Manifest& manifest, const LiveTask& running, bool wide) {
  const ManifestTask& task = manifest.tasks[running.task];
  const std::string tokens = running.tokens_before > 0 ? FormatCount(running.tokens_before) + "+"
                                                       : "~" + FormatCount(task.estimated_tokens.expected);
  return Columns(wide, FormatDuration(running.elapsed),
                 FormatDuration(std::chrono::seconds(task.estimated_seconds.expected)),
                 OneLine(running.model), std::to_string(running.attempt), tokens,
                 running.verifying ? "verify" : "agent") +
         TaskTitle(task);
}

}  // namespace

size_t ColumnsOf(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character first = FirstOf(text);
    columns += first.columns;
    text.remove_prefix(first.bytes);
  }
  return columns;
}

std::string Fit(std::string_view text, size_t columns) {
  size_t used = 0, end = 0;
  while (end < text.size()) {
    const Character next = FirstOf(text.substr(end));
    if (used + next.columns > columns) break;
    used += next.columns;
    end += next.bytes;
  }
  return std::string(text.substr(0, end));
}

std::vector<std::string> LiveTable(const Manifest& manifest, const LiveView& view, Screen screen) {
  // In order of importance; shown from the least to the most important, so that this one stays in its place.
  std::vector<std::string> footer;
  std::string counts = fmt::format("  {} of {} done, {} running, {} failed", view.done, view.total,
                                   view.running.size(), view.failed);
  if (view.waiting > 0) counts += fmt::format(", {} waiting for a person", view.waiting);
  footer.push_back(std::move(counts));
  footer.push_back("  " + Spending(view));
  if (view.remaining) {
    footer.push_back(
        fmt::format("  about {} left, done about {}", FormatDuration(*view.remaining), view.finish));
  }
  if (!view.next.empty()) {
    std::string next = "  next: ";
    for (const TaskIndex task : view.next)
      next += (task == view.next.front() ? "" : ", ") + TaskTitle(manifest.tasks[task]);
    footer.push_back(std::move(next));
  }

  const size_t rows = screen.rows > 1 ? screen.rows - 1 : 1;  // the cursor stands in one
  footer.resize(std::min(footer.size(), rows));
  const size_t room = rows - footer.size();
  std::vector<std::string> lines;
  if (!view.running.empty() && room > 1) {
    const bool wide = screen.columns >= kWideScreen;
    lines.push_back(Columns(wide, "elapsed", "expected", "model", "try", "tokens", "step") + "task");
    const bool all = view.running.size() < room;
    const size_t shown = all ? view.running.size() : room - 2;
    for (size_t i = 0; i < shown; ++i) lines.push_back(Row(manifest, view.running[i], wide));
    if (!all) lines.push_back(fmt::format("  and {} more", view.running.size() - shown));
  }
  lines.insert(lines.end(), std::make_move_iterator(footer.rbegin()), std::make_move_iterator(footer.rend()));
  // The last column stays free: some terminals wrap when it is written.
  for (std::string& line : lines) line = Fit(line, screen.columns > 1 ? screen.columns - 1 : 1);
  return lines;
}

std::vector<TaskIndex> NextTasks(const Scheduler& scheduler, size_t most) {
  std::vector<TaskIndex> tasks;
  for (TaskIndex task = 0; task < scheduler.count(); ++task) {
    const TaskState state = scheduler.state(task);
    if (state == TaskState::kReady || state == TaskState::kBlocked || state == TaskState::kDelayed)
      tasks.push_back(task);
  }
  const auto before = [&](TaskIndex a, TaskIndex b) {
    const bool a_ready = scheduler.state(a) == TaskState::kReady,
               b_ready = scheduler.state(b) == TaskState::kReady;
    if (a_ready != b_ready) return a_ready;
    const int64_t a_path = scheduler.remaining_path(a), b_path = scheduler.remaining_path(b);
    return a_path != b_path ? a_path > b_path : a < b;
  };
  const auto middle = tasks.begin() + static_cast<ptrdiff_t>(std::min(most, tasks.size()));
  std::partial_sort(tasks.begin(), middle, tasks.end(), before);
  tasks.erase(middle, tasks.end());
  return tasks;
}

std::optional<Millis> EstimateRemaining(const Manifest& manifest, const Scheduler& scheduler,
                                        const std::vector<LiveTask>& running, size_t slots, Pace pace) {
  const double scale =
      pace.expected > Millis(0) && pace.actual > Millis(0)
          ? static_cast<double>(pace.actual.count()) / static_cast<double>(pace.expected.count())
          : 1;
  double work = 0, path = 0;  // milliseconds
  const auto add = [&](TaskIndex task, double done) {
    const double own = 1000.0 * scale * static_cast<double>(manifest.tasks[task].estimated_seconds.expected);
    const double whole = 1000.0 * scale * static_cast<double>(scheduler.remaining_path(task));
    const double left = std::max(own - done, 0.0);
    work += left;
    path = std::max(path, whole - own + left);
  };
  for (const LiveTask& task : running) add(task.task, static_cast<double>(task.elapsed.count()));
  bool goes_on = !running.empty();
  for (TaskIndex task = 0; task < scheduler.count(); ++task) {
    const TaskState state = scheduler.state(task);
    const bool soon = state == TaskState::kReady || state == TaskState::kDelayed;
    goes_on = goes_on || soon;
    if (soon || state == TaskState::kBlocked) add(task, 0);
  }
  if (!goes_on) return std::nullopt;
  return Millis(static_cast<int64_t>(std::max(path, work / static_cast<double>(std::max<size_t>(slots, 1)))));
}

}  // namespace gsd
