#include "executor/run_page_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "backends/html_document.h"
#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kMostBars = 2000;
constexpr double kWidth = 960, kLeft = 64, kRight = 12,
                 kPlot = kWidth - kLeft - kRight;  // of drawings, in pixels
constexpr double kRow = 30, kBar = 22, kAxis = 24;

std::string_view ClassOf(const AttemptBar& bar) {
  switch (bar.end) {
    case AttemptBar::End::kOk:
      return "ok";
    case AttemptBar::End::kFailed:
      return "failed";
    case AttemptBar::End::kRunning:
      return "running";
    case AttemptBar::End::kLost:
      return "lost";
  }
  return "";
}

// The classes that the style sheet has colours for.
std::string_view ModelClass(const std::string& model) {
  return model == "haiku" || model == "sonnet" || model == "opus" ? std::string_view(model) : "other";
}

template <typename... A>
void Put(std::string& out, fmt::format_string<A...> format, A&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<A>(args)...);
}

double X(double position) { return kLeft + position * kPlot; }

void TimeMarks(const TimeAxis& axis, double top, double bottom, std::string& out) {
  for (const TimeAxis::Pause& pause : axis.pauses())
    Put(out,
        "<rect class=\"pause\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>a pause "
        "of {}</title></rect>\n",
        X(pause.begin), top, (pause.end - pause.begin) * kPlot, bottom - top,
        FormatDuration(Millis(pause.length)));
  for (const TimeAxis::Tick& tick : axis.Ticks(8)) {
    const char* anchor = tick.position > 0.95 ? "end" : tick.position < 0.02 ? "start" : "middle";
    Put(out,
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"small\" text-anchor=\"{3}\" x=\"{0:.1f}\" y=\"{4:.1f}\">{5}</text>\n",
        X(tick.position), top, bottom, anchor, bottom + 16, tick.label);
  }
}

std::string BarTitle(const AttemptBar& bar) {
  return fmt::format("{}{}{}, attempt {}, {}: {}, {}", bar.row->task, bar.task != nullptr ? " " : "",
                     bar.task != nullptr ? ShortName(*bar.task) : "", bar.row->attempt, bar.row->model,
                     EndName(bar), FormatDuration(Millis(bar.span.end - bar.span.begin)));
}

}  // namespace

std::string GanttSvg(const RunFigures& figures, const TimeAxis& axis) {
  const size_t drawn = std::min(figures.bars.size(), kMostBars);
  size_t lanes = 0;
  for (size_t i = 0; i < drawn; ++i) lanes = std::max(lanes, figures.bars[i].lane + 1);
  const double bottom = static_cast<double>(lanes) * kRow + 4;
  std::string out;
  Put(out,
      "<svg class=\"gantt\" role=\"group\" aria-label=\"Attempts per slot\" viewBox=\"0 0 {} {:.0f}\">\n"
      "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\">"
      "<line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs>\n",
      kWidth, bottom + kAxis);
  TimeMarks(axis, 0, bottom, out);
  for (size_t lane = 0; lane < lanes; ++lane)
    Put(out, "<text x=\"0\" y=\"{:.1f}\">slot {}</text>\n", static_cast<double>(lane) * kRow + 20, lane + 1);
  for (size_t i = 0; i < drawn; ++i) {
    const AttemptBar& bar = figures.bars[i];
    const double x = X(axis.PositionOf(bar.span.begin));
    const double width = std::max(X(axis.PositionOf(bar.span.end)) - x, 2.0),
                 y = static_cast<double>(bar.lane) * kRow + 5;
    const std::string title = Html(BarTitle(bar), 300);
    const std::string box =
        fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"3\"", x, y, width, kBar);
    Put(out, "<a href=\"#attempt-{}\" class=\"bar {} {}\" aria-label=\"{}\"><title>{}</title><rect {}/>", i,
        ClassOf(bar), ModelClass(bar.row->model), title, title, box);
    if (bar.end == AttemptBar::End::kFailed || bar.end == AttemptBar::End::kLost)
      Put(out, "<rect class=\"over\" {}/>", box);
    // A digit is about six and a half pixels wide.
    for (const std::string& label : {bar.row->task, bar.label}) {
      if (label.empty() || static_cast<double>(label.size()) * 6.6 + 6 > width) continue;
      Put(out, "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x + 3, y + 15.5, Html(label));
      break;
    }
    out += "</a>\n";
  }
  out += "</svg>\n";
  return out;
}

std::string SpendSvg(const std::vector<SpendPoint>& points, const TimeAxis& axis,
                     std::optional<double> ceiling, const std::string& unit) {
  constexpr double kHeight = 180, kTop = 14, kBottom = kHeight - kAxis;
  const double spent = points.empty() ? 0 : points.back().sum;
  // A ceiling that is far away would press the line flat: then it is only said.
  const bool near = ceiling && *ceiling <= spent * 5;
  const double top = std::max({spent, near ? *ceiling : 0.0, 1e-9}) * 1.05;
  const auto y = [&](double value) { return kBottom - value / top * (kBottom - kTop); };
  std::string out;
  Put(out,
      "<svg class=\"spend\" role=\"img\" aria-label=\"Spending over time in {}: {} at the end{}\" "
      "viewBox=\"0 0 {} {}\">\n",
      unit, ShortNumber(spent), ceiling ? fmt::format(", budget {}", ShortNumber(*ceiling)) : ", no budget",
      kWidth, kHeight);
  TimeMarks(axis, kTop, kBottom, out);
  for (const double value : RoundValues(top))
    Put(out,
        "<line class=\"grid\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>"
        "<text class=\"small\" text-anchor=\"end\" x=\"{3}\" y=\"{4:.1f}\">{5}</text>\n",
        kLeft, y(value), kWidth - kRight, kLeft - 6, y(value) + 4, ShortNumber(value));
  Put(out, "<path class=\"line\" d=\"M{:.1f} {:.1f}", X(0), y(0));
  for (const SpendPoint& point : points)
    Put(out, "H{:.1f}V{:.1f}", X(axis.PositionOf(point.time)), y(point.sum));
  Put(out, "H{:.1f}\"/>\n", X(1));
  if (near)
    Put(out,
        "<line class=\"ceiling\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\">budget {5}</text>\n",
        kLeft, y(*ceiling), kWidth - kRight, kLeft + 6, y(*ceiling) + 15, ShortNumber(*ceiling));
  out += "</svg>\n";
  return out;
}

std::string TrendSvg(const std::vector<TrendBar>& bars, const std::string& title) {
  constexpr double kTrendWidth = 460, kHeight = 150, kTop = 8, kBottom = 140, kFrom = 52;
  double top = 1e-9;
  for (const TrendBar& bar : bars) top = std::max(top, bar.value);
  top *= 1.05;
  const double step =
      std::min((kTrendWidth - kFrom) / static_cast<double>(std::max<size_t>(bars.size(), 1)), 40.0);
  const auto y = [&](double value) { return kBottom - value / top * (kBottom - kTop); };
  std::string out;
  Put(out, "<svg class=\"trend\" role=\"group\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n", Html(title),
      kTrendWidth, kHeight);
  for (const double value : RoundValues(top))
    Put(out,
        "<line class=\"grid\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>"
        "<text class=\"small\" text-anchor=\"end\" x=\"{3}\" y=\"{4:.1f}\">{5}</text>\n",
        kFrom, y(value), kTrendWidth, kFrom - 6, y(value) + 4, ShortNumber(value));
  for (size_t i = 0; i < bars.size(); ++i) {
    const TrendBar& bar = bars[i];
    const std::string label = Html(fmt::format("{}: {}", bar.label, ShortNumber(bar.value)), 200);
    Put(out,
        "<a{} class=\"bar {}\"{}><title>{}</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"/></a>\n",
        bar.link.empty() ? "" : fmt::format(" href=\"{}\"", Html(bar.link)), bar.good ? "good" : "bad",
        bar.link.empty() ? "" : fmt::format(" aria-label=\"{}\"", label), label,
        kFrom + step * static_cast<double>(i) + 1, y(bar.value), std::max(step - 2, 1.0),
        std::max(kBottom - y(bar.value), 1.0));
  }
  out += "</svg>\n";
  return out;
}

std::string ShortNumber(double value) {
  if (value >= 999'500) return fmt::format("{:.3g} M", value / 1e6);
  if (value >= 9'950) return fmt::format("{:.3g} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

}  // namespace gsd
