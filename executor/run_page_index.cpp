#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>

#include "backends/html_document.h"
#include "executor/run_page_css.h"
#include "executor/run_page_figures.h"
#include "executor/run_page_svg.h"
#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kMostCharted = 60;

double DoneShare(const RunTrend& trend) {
  return trend.tasks == 0 ? 0 : 100 * static_cast<double>(trend.done) / static_cast<double>(trend.tasks);
}
// Nothing where no task is finished.
std::optional<double> TokensPerTask(const RunTrend& trend) {
  if (trend.done == 0) return std::nullopt;
  return trend.tokens / static_cast<double>(trend.done);
}

// `value`: nothing for a run that has none; it is left out.
void WriteTrend(const std::vector<RunTrend>& runs, const std::string& title,
                const std::function<std::optional<double>(const RunTrend&)>& value, std::string& out) {
  std::vector<TrendBar> bars;
  for (size_t i = std::min(runs.size(), kMostCharted); i-- > 0;) {
    if (const auto known = value(runs[i]))
      bars.push_back({runs[i].run.id, runs[i].page, *known, runs[i].run.state == RunState::kDone});
  }
  if (bars.empty()) return;
  fmt::format_to(std::back_inserter(out), "<figure>{}<figcaption>{}</figcaption></figure>\n",
                 TrendSvg(bars, title), title);
}

}  // namespace

std::string RunIndexPage(const std::vector<RunTrend>& runs) {
  std::string out;
  const auto into = std::back_inserter(out);
  fmt::format_to(into,
                 "<header>\n<h1>Runs</h1>\n<p class=\"muted\">{} in this project</p>\n</header>\n<main>\n",
                 runs.size());
  if (runs.size() > 1) {
    fmt::format_to(into,
                   "<section aria-labelledby=\"trends\">\n<h2 id=\"trends\">Trends</h2>\n<p "
                   "class=\"muted\">The oldest on the "
                   "left{}; dashed border: not all tasks done. The figures are in the table.</p>\n<div "
                   "class=\"trends\">\n",
                   runs.size() > kMostCharted ? fmt::format(", the newest {}", kMostCharted) : "");
    WriteTrend(
        runs, "US dollars", [](const RunTrend& t) { return t.usd; }, out);
    WriteTrend(
        runs, "Minutes at work",
        [](const RunTrend& t) {
          return t.time ? std::optional(static_cast<double>(t.time->count()) / 60000) : std::nullopt;
        },
        out);
    WriteTrend(runs, "Tasks done, in percent", DoneShare, out);
    WriteTrend(runs, "Tokens per finished task", TokensPerTask, out);
    out += "</div>\n</section>\n";
  }
  out +=
      "<section aria-labelledby=\"all\">\n<h2 id=\"all\">All runs</h2>\n<p class=\"caption\">The "
      "newest first; times are UTC</p>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">Run</th><th "
      "scope=\"col\">State</th><th "
      "scope=\"col\">Agent</th>"
      "<th scope=\"col\">Started</th><th scope=\"col\" class=\"n\">At work</th><th scope=\"col\" "
      "class=\"n\">Tasks done</th>"
      "<th scope=\"col\" class=\"n\">Attempts</th><th scope=\"col\" class=\"n\">Not accepted</th><th "
      "scope=\"col\" class=\"n\">Tokens</th>"
      "<th scope=\"col\" class=\"n\">Per finished task</th><th scope=\"col\" "
      "class=\"n\">USD</th></tr></thead><tbody>\n";
  for (const RunTrend& trend : runs) {
    const std::string id = Html(trend.run.id);
    const std::optional<double> per_task = TokensPerTask(trend);
    fmt::format_to(
        into,
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{} of {}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td></tr>\n",
        trend.page.empty() ? id : fmt::format("<a href=\"{}\">{}</a>", Html(trend.page), id),
        Html(trend.condition), Html(trend.run.agent), FormatUtc(trend.run.started),
        trend.time ? FormatDuration(*trend.time) : "", trend.done, trend.tasks, trend.attempts,
        trend.failed_attempts, FormatCount(std::llround(trend.tokens)),
        per_task ? FormatCount(std::llround(*per_task)) : "", FormatUsd(trend.usd));
  }
  out += "</tbody></table></div>\n</section>\n</main>\n<footer>gsd-run report --index</footer>\n";
  HtmlPage page;
  page.title = "Runs";
  page.style = RunCss();
  page.body = std::move(out);
  return WriteHtmlPage(page);
}

}  // namespace gsd
