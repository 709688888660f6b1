#include "executor/run_page_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "executor/pricing.h"
#include "executor/text.h"

namespace gsd {
namespace {

AttemptBar::End EndOf(const AttemptRow& row, bool alive) {
  if (!row.outcome || row.stage != AttemptStage::kEnded)
    return alive ? AttemptBar::End::kRunning : AttemptBar::End::kLost;
  return *row.outcome == Outcome::kOk ? AttemptBar::End::kOk : AttemptBar::End::kFailed;
}

Amount AmountOf(const ProjectStatus& status, const AttemptRow& row) {
  AttemptResult result;
  result.tokens = row.tokens;
  result.usd = row.usd;
  static const Manifest kNone;
  return ActualAmount(status.manifest ? *status.manifest : kNone, row.model, result);
}

// Everything that is known to have happened at some time, sorted.
std::vector<int64_t> KnownTimes(const std::vector<AttemptRow>& attempts) {
  std::vector<int64_t> times;
  for (const AttemptRow& row : attempts) {
    times.push_back(row.started);
    if (row.outcome) times.push_back(row.ended);
  }
  std::sort(times.begin(), times.end());
  return times;
}

// When an attempt may have ended that nobody saw end: the last thing that is known before it was begun again.
// What the journal says is when somebody noticed, which may be days later.
int64_t LastSeen(const std::vector<AttemptRow>& attempts, const AttemptRow& lost,
                 const std::vector<int64_t>& times) {
  const AttemptRow* next = &lost + 1;  // by task, then attempt
  const bool again = next != attempts.data() + attempts.size() && next->task == lost.task;
  const auto after = again ? std::lower_bound(times.begin(), times.end(), next->started) : times.end();
  return after == times.begin() ? lost.started : *std::prev(after);
}

// What came after each attempt that did not end well: the next one at the same task.
void TellWhatCameNext(std::vector<AttemptBar>& bars) {
  std::map<std::string_view, AttemptBar*> last;
  for (AttemptBar& bar : bars) {
    AttemptBar*& before = last[bar.row->task];
    if (before != nullptr && before->end != AttemptBar::End::kOk) {
      before->next = before->row->model == bar.row->model ? fmt::format("again with {}", bar.row->model)
                                                          : fmt::format("escalated to {}", bar.row->model);
    }
    before = &bar;
  }
}

// "08-02:4" → "08-02"
std::string_view PlanOf(const AttemptBar& bar) {
  return std::string_view(bar.row->task).substr(0, bar.row->task.rfind(':'));
}
// "08-02" → "08-"
std::string_view PhaseOf(std::string_view plan) {
  const size_t dash = plan.find('-');
  return dash == plan.npos ? std::string_view() : plan.substr(0, dash + 1);
}

// The number alone tells tasks of one plan apart, "02:4" those of one phase.
void Label(std::vector<AttemptBar>& bars) {
  const auto all_like_first = [&](const auto& of) {
    return std::ranges::all_of(bars, [&](const AttemptBar& bar) { return of(bar) == of(bars.front()); });
  };
  const bool one_plan = all_like_first(PlanOf);
  const bool one_phase = all_like_first([](const AttemptBar& bar) { return PhaseOf(PlanOf(bar)); });
  for (AttemptBar& bar : bars) {
    if (bar.task == nullptr) continue;
    if (one_plan) {
      bar.label = std::to_string(bar.task->number);
    } else if (one_phase) {
      bar.label = bar.row->task.substr(PhaseOf(PlanOf(bar)).size());
    }
  }
}

}  // namespace

std::string_view EndName(const AttemptBar& bar) {
  if (bar.end == AttemptBar::End::kRunning) return "running";
  if (bar.end == AttemptBar::End::kLost) return "lost";
  return OutcomeName(*bar.row->outcome);
}

RunFigures CountRun(const ProjectStatus& status) {
  RunFigures figures;
  figures.run = &status.runs.at(status.chosen);
  figures.condition = RunCondition(*figures.run, status.holder);
  if (figures.run->state == RunState::kBudget) figures.condition = "stopped: budget";
  figures.simulated = figures.run->agent == "simulate";
  const bool alive = IsAlive(*figures.run, status.holder);

  std::unordered_map<std::string_view, const ManifestTask*> by_id;
  if (status.manifest)
    for (const ManifestTask& task : status.manifest->tasks) by_id.emplace(task.id, &task);
  size_t unknown = 0;
  for (const TaskRow& row : status.tasks) {
    figures.done += row.state == TaskState::kDone ? 1 : 0;
    figures.failed += row.state == TaskState::kFailed ? 1 : 0;
    unknown += by_id.contains(row.task) ? 0 : 1;
  }
  figures.tasks = by_id.size() + unknown;

  const std::vector<int64_t> times = KnownTimes(status.attempts);
  for (const AttemptRow& row : status.attempts) {
    if (row.started == 0) continue;
    AttemptBar bar;
    bar.row = &row;
    const auto task = by_id.find(row.task);
    bar.task = task == by_id.end() ? nullptr : task->second;
    bar.end = EndOf(row, alive);
    const int64_t end = bar.end == AttemptBar::End::kLost ? LastSeen(status.attempts, row, times)
                        : row.ended != 0                  ? row.ended
                                                          : status.now;
    bar.span = {row.started, std::max(end, row.started)};
    bar.amount = AmountOf(status, row);
    figures.spent.tokens += bar.amount.tokens;
    figures.spent.usd += bar.amount.usd;
    figures.without_tokens += row.tokens ? 0 : 1;
    figures.priced = figures.priced || (!row.usd && bar.amount.usd > 0);
    figures.reported = figures.reported || row.usd;
    figures.bars.push_back(std::move(bar));
  }
  std::stable_sort(figures.bars.begin(), figures.bars.end(),
                   [](const AttemptBar& a, const AttemptBar& b) { return a.span.begin < b.span.begin; });
  const std::vector<TimeSpan> spans = SpansOf(figures);
  const std::vector<size_t> lanes = AssignLanes(spans);
  int64_t busy_until = 0;
  for (size_t i = 0; i < lanes.size(); ++i) {
    figures.bars[i].lane = lanes[i];
    figures.lanes = std::max(figures.lanes, lanes[i] + 1);
    figures.work += Millis(std::max<int64_t>(spans[i].end - std::max(spans[i].begin, busy_until), 0));
    busy_until = std::max(busy_until, spans[i].end);
  }
  TellWhatCameNext(figures.bars);
  Label(figures.bars);
  return figures;
}

std::vector<TimeSpan> SpansOf(const RunFigures& figures) {
  std::vector<TimeSpan> spans;
  for (const AttemptBar& bar : figures.bars) spans.push_back(bar.span);
  return spans;
}

RunTrend TrendOf(const ProjectStatus& status) {
  const RunFigures figures = CountRun(status);
  RunTrend trend;
  trend.run = *figures.run;
  trend.condition = figures.condition;
  trend.done = figures.done;
  trend.tasks = figures.tasks;
  trend.attempts = figures.bars.size();
  for (const AttemptBar& bar : figures.bars)
    trend.failed_attempts += bar.end == AttemptBar::End::kFailed || bar.end == AttemptBar::End::kLost ? 1 : 0;
  if (!figures.bars.empty()) trend.time = figures.work;
  trend.tokens = figures.spent.tokens;
  trend.usd = figures.spent.usd;
  return trend;
}

std::string FormatUtc(int64_t ms) {
  if (ms <= 0) return "";
  std::string text = FormatTime(std::chrono::system_clock::time_point(Millis(ms)));
  if (const size_t t = text.find('T'); t != text.npos) text[t] = ' ';
  return text.substr(0, text.rfind('.'));
}

std::string FormatUsd(double usd) { return fmt::format("{:.{}f}", usd, usd != 0 && usd < 1 ? 4 : 2); }

}  // namespace gsd
