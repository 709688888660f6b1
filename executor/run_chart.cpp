#include "executor/run_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <set>
#include <utility>

namespace gsd {
namespace {

// A pause is shown as long as this share of the work, and is one when it is longer than that and than a
// minute.
constexpr double kPauseShare = 0.06;
constexpr int64_t kShortestPause = 60'000;

std::vector<TimeSpan> Merge(std::vector<TimeSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const TimeSpan& a, const TimeSpan& b) { return a.begin < b.begin; });
  std::vector<TimeSpan> merged;
  for (const TimeSpan& span : spans) {
    if (!merged.empty() && span.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, span.end);
    } else {
      merged.push_back(span);
    }
  }
  return merged;
}

std::string TickLabel(int64_t ms) {
  const int64_t seconds = ms / 1000;
  if (ms % 1000 != 0) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (seconds % 3600 == 0 && seconds > 0) return fmt::format("{} h", seconds / 3600);
  if (seconds % 60 == 0 && seconds > 0)
    return seconds < 7200 ? fmt::format("{} min", seconds / 60)
                          : fmt::format("{}:{:02} h", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} s", seconds);
}

}  // namespace

std::vector<size_t> AssignLanes(const std::vector<TimeSpan>& spans) {
  using Busy = std::pair<int64_t, size_t>;  // until when, lane
  std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy;
  std::set<size_t> free;
  std::vector<size_t> lanes;
  for (const TimeSpan& span : spans) {
    for (; !busy.empty() && busy.top().first <= span.begin; busy.pop()) free.insert(busy.top().second);
    if (free.empty()) free.insert(busy.size());
    const size_t lane = *free.begin();
    free.erase(free.begin());
    busy.emplace(span.end, lane);
    lanes.push_back(lane);
  }
  return lanes;
}

TimeAxis::TimeAxis(std::vector<TimeSpan> busy) {
  const std::vector<TimeSpan> merged = Merge(std::move(busy));
  double work = 0;
  for (const TimeSpan& span : merged) work += static_cast<double>(span.end - span.begin);
  const double shortest = std::max(static_cast<double>(kShortestPause), work * kPauseShare);
  double shown = 0;
  const auto add = [&](int64_t begin, int64_t end, double length) {
    pieces_.push_back({begin, end, shown, shown + length});
    shown += length;
  };
  std::vector<size_t> pauses;
  for (size_t i = 0; i < merged.size(); ++i) {
    if (i > 0) {
      const int64_t idle = merged[i].begin - merged[i - 1].end;
      const bool pause = static_cast<double>(idle) > shortest;
      if (pause) pauses.push_back(pieces_.size());
      add(merged[i - 1].end, merged[i].begin,
          pause ? std::max(work * kPauseShare, 1.0) : static_cast<double>(idle));
    }
    add(merged[i].begin, merged[i].end, static_cast<double>(merged[i].end - merged[i].begin));
  }
  shown_ = std::max(shown, 1.0);
  for (const size_t i : pauses) {
    const Piece& piece = pieces_[i];
    pauses_.push_back({piece.from / shown_, piece.to / shown_, piece.end - piece.begin});
  }
}

double TimeAxis::PositionOf(int64_t time) const {
  const auto after = std::lower_bound(pieces_.begin(), pieces_.end(), time,
                                      [](const Piece& piece, int64_t t) { return piece.end < t; });
  if (after == pieces_.end()) return pieces_.empty() ? 0 : pieces_.back().to / shown_;
  if (time <= after->begin) return after->from / shown_;
  const double share =
      static_cast<double>(time - after->begin) / static_cast<double>(after->end - after->begin);
  return (after->from + share * (after->to - after->from)) / shown_;
}

std::vector<TimeAxis::Tick> TimeAxis::Ticks(size_t most) const {
  constexpr int64_t kSteps[] = {100,     200,     500,     1000,     2000,     5000,    10000,
                                20000,   30000,   60000,   120000,   300000,   600000,  1200000,
                                1800000, 3600000, 7200000, 14400000, 21600000, 43200000};
  double work = shown_;
  for (const Pause& pause : pauses_) work -= (pause.end - pause.begin) * shown_;
  int64_t step = kSteps[0];
  for (const int64_t candidate : kSteps) {
    step = candidate;
    if (work / static_cast<double>(step) <= static_cast<double>(std::max<size_t>(most, 1))) break;
  }
  while (work / static_cast<double>(step) > static_cast<double>(std::max<size_t>(most, 1))) step *= 2;
  std::vector<Tick> ticks;
  for (int64_t at = 0; static_cast<double>(at) <= work; at += step) {
    double shown = static_cast<double>(at);
    for (const Pause& pause : pauses_)
      if (pause.begin * shown_ <= shown) shown += (pause.end - pause.begin) * shown_;
    ticks.push_back({std::min(shown / shown_, 1.0), TickLabel(at)});
  }
  return ticks;
}

std::vector<double> RoundValues(double top) {
  std::vector<double> values = {0};
  if (!(top > 0) || !std::isfinite(top)) return values;
  const double power = std::pow(10, std::floor(std::log10(top / 4)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = power * factor;
    if (top / step <= 4) break;
  }
  for (int i = 1; i * step <= top * 1.0001 && i <= 4; ++i) values.push_back(i * step);
  return values;
}

}  // namespace gsd
