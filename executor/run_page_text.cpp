// A run on a terminal: a line per slot with its attempts side by side, then a line per attempt.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backends/escaped_text.h"
#include "executor/live_table.h"
#include "executor/run_page_figures.h"
#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kLeastColumns = 20;  // less is no terminal that anybody reads
constexpr size_t kMostLanes = 64;

// One character cell of a lane; the second of a wide character is empty.
struct Cell {
  std::string text = " ";
  const char* style = "";
};

class TextWriter {
 public:
  TextWriter(const RunToReport& run, const RunTextOptions& options)
      : run_(run), options_(options), figures_(CountRun(run.status)), axis_(SpansOf(figures_)) {
    options_.columns = std::max(options_.columns, kLeastColumns);
  }

  std::string Write() {
    WriteHead();
    if (figures_.bars.empty()) {
      Line("nothing has been attempted");
    } else {
      WriteChart();
      WriteAttempts();
    }
    for (const TaskRow& task : run_.status.tasks)
      if (task.state == TaskState::kFailed || task.state == TaskState::kWaiting)
        Line(fmt::format("{} {}: {}", task.task, TaskStateName(task.state), task.message));
    return std::move(out_);
  }

 private:
  // Never wider than the terminal, and nothing in it but characters that it can show.
  std::string Shown(std::string_view text, size_t columns) const {
    std::string line = EscapedLine(text);
    if (!options_.utf8)
      for (char& c : line)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return ColumnsOf(line) <= columns ? line : Fit(line, columns - 1) + (options_.utf8 ? "…" : "~");
  }
  void Line(std::string_view text) { out_ += Shown(text, options_.columns) + '\n'; }

  void WriteHead() {
    const Amount& spent = figures_.spent;
    if (figures_.simulated) Line("SIMULATION: no agent worked; times, tokens and dollars are as if");
    Line(fmt::format("run {}: {}, {} of {} tasks done", figures_.run->id, figures_.condition, figures_.done,
                     figures_.tasks));
    Line(fmt::format("{} attempts, {} at work, {} tokens, {} USD{}", figures_.bars.size(),
                     FormatDuration(figures_.work), FormatCount(std::llround(spent.tokens)),
                     FormatUsd(spent.usd),
                     run_.ceilings.usd ? fmt::format(" of {}", FormatUsd(*run_.ceilings.usd)) : ""));
    out_ += '\n';
  }

  std::string_view FillOf(AttemptBar::End end) const {
    switch (end) {
      case AttemptBar::End::kOk:
        return options_.utf8 ? "█" : "#";
      case AttemptBar::End::kFailed:
        return options_.utf8 ? "▒" : "x";
      case AttemptBar::End::kRunning:
        return options_.utf8 ? "░" : "~";
      case AttemptBar::End::kLost:
        return "?";
    }
    return "";
  }
  static const char* StyleOf(AttemptBar::End end) {
    return end == AttemptBar::End::kOk        ? "\x1b[32m"
           : end == AttemptBar::End::kRunning ? "\x1b[33m"
                                              : "\x1b[31m";
  }

  void WriteChart() {
    const size_t label = fmt::formatted_size("slot {}  ", figures_.lanes);
    const size_t width = options_.columns - label;
    std::vector<std::vector<Cell>> lanes(std::min(figures_.lanes, kMostLanes), std::vector<Cell>(width));
    for (const AttemptBar& bar : figures_.bars)
      if (bar.lane < lanes.size()) Draw(bar, lanes[bar.lane]);
    for (const TimeAxis::Pause& pause : axis_.pauses()) {
      const size_t at = Column((pause.begin + pause.end) / 2, width);
      for (auto& lane : lanes)
        if (lane[at].text == " ") lane[at].text = ":";
    }
    WriteTicks(label, width);
    for (size_t i = 0; i < lanes.size(); ++i)
      WriteLane(fmt::format("{:<{}}", fmt::format("slot {}", i + 1), label), lanes[i]);
    if (figures_.lanes > lanes.size()) Line(fmt::format("and {} more slots", figures_.lanes - lanes.size()));
    Line(fmt::format("{0} ok  {1} failed  {2} running  ? lost{3}", FillOf(AttemptBar::End::kOk),
                     FillOf(AttemptBar::End::kFailed), FillOf(AttemptBar::End::kRunning),
                     axis_.pauses().empty() ? "" : "  : a pause, shortened"));
    out_ += '\n';
  }

  static size_t Column(double position, size_t width) {
    return std::min(static_cast<size_t>(position * static_cast<double>(width)), width - 1);
  }

  // "[03-01:2 ███]": as much of it as there is room for.
  void Draw(const AttemptBar& bar, std::vector<Cell>& lane) const {
    const size_t begin = Column(axis_.PositionOf(bar.span.begin), lane.size());
    const size_t end = std::max(
        begin + 1, static_cast<size_t>(axis_.PositionOf(bar.span.end) * static_cast<double>(lane.size())));
    for (size_t i = begin; i < std::min(end, lane.size()); ++i)
      lane[i] = {std::string(FillOf(bar.end)), StyleOf(bar.end)};
    if (end - begin < 3) return;
    lane[begin].text = "[";
    lane[end - 1].text = "]";
    std::string name = Shown(bar.row->task, 40);
    const size_t room = end - begin - 2;
    if (ColumnsOf(name) > room) name = Shown(bar.label, 40);
    if (ColumnsOf(name) > room) return;
    size_t at = begin + 1;
    while (!name.empty()) {
      // The first character alone: the shortest piece that is not empty.
      std::string first;
      for (size_t columns = 1; first.empty() && columns <= 4; ++columns) first = Fit(name, columns);
      if (first.empty()) return;
      const size_t columns = ColumnsOf(first);
      lane[at].text = first;
      for (size_t i = 1; i < columns; ++i) lane[at + i].text.clear();
      at += columns;
      name.erase(0, first.size());
    }
  }

  void WriteLane(std::string_view label, const std::vector<Cell>& lane) {
    std::string line(label);
    const char* style = "";
    for (const Cell& cell : lane) {
      if (options_.color && cell.style != style) {
        if (*style != '\0') line += "\x1b[0m";
        line += cell.style;
        style = cell.style;
      }
      line += cell.text;
    }
    if (options_.color && *style != '\0') line += "\x1b[0m";
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + '\n';
  }

  void WriteTicks(size_t label, size_t width) {
    std::string line(label, ' ');
    for (const TimeAxis::Tick& tick : axis_.Ticks(width / 12)) {
      const size_t at = label + static_cast<size_t>(tick.position * static_cast<double>(width));
      if (at < line.size() || at + tick.label.size() > label + width) continue;
      line.append(at - line.size(), ' ');
      line += tick.label + "  ";
    }
    Line(Trim(line).empty() ? line : line.substr(0, line.find_last_not_of(' ') + 1));
  }

  void WriteAttempts() {
    size_t task_width = 4;
    for (const AttemptBar& bar : figures_.bars)
      task_width = std::max(task_width, ColumnsOf(Shown(bar.row->task, 16)));
    const auto padded = [&](std::string text, size_t columns) {
      return text.append(columns - std::min(columns, ColumnsOf(text)), ' ');
    };
    const auto row = [&](std::string_view task, std::string_view attempt, std::string_view model,
                         std::string_view end, std::string_view time, std::string_view tokens,
                         std::string_view usd, std::string_view name) {
      Line(fmt::format("{}  {:>3}  {}  {}  {:>11}  {:>9}  {:>8}  {}", padded(Shown(task, 16), task_width),
                       attempt, padded(Shown(model, 8), 8), padded(Shown(end, 9), 9), time, tokens, usd,
                       name));
    };
    row("TASK", "TRY", "MODEL", "OUTCOME", "TIME", "TOKENS", "USD", "NAME");
    for (const AttemptBar& bar : figures_.bars) {
      row(bar.row->task, std::to_string(bar.row->attempt), bar.row->model, EndName(bar),
          FormatDuration(Millis(bar.span.end - bar.span.begin)),
          bar.row->tokens ? FormatCount(bar.row->tokens->Total()) : "",
          bar.amount.usd > 0 ? FormatUsd(bar.amount.usd) : "",
          bar.task != nullptr ? ShortName(*bar.task) : "");
    }
  }

  const RunToReport& run_;
  RunTextOptions options_;
  const RunFigures figures_;
  const TimeAxis axis_;
  std::string out_;
};

}  // namespace

std::string RunText(const RunToReport& run, const RunTextOptions& options) {
  return TextWriter(run, options).Write();
}

}  // namespace gsd
