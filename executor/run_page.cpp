#include "executor/run_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "backends/html_document.h"
#include "executor/pricing.h"
#include "executor/run_page_css.h"
#include "executor/run_page_figures.h"
#include "executor/run_page_svg.h"
#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kMostText = 2000;  // bytes of a line of somebody's

std::string Count(double value) { return FormatCount(std::llround(value)); }

// 2026-11-22T12:15:00.250Z → 2026-11-22 12:15:00
std::string WithoutT(std::string time) {
  std::replace(time.begin(), time.end(), 'T', ' ');
  return time.substr(0, time.rfind('.'));
}

class PageWriter {
 public:
  explicit PageWriter(const RunToReport& run)
      : run_(run), status_(run.status), figures_(CountRun(run.status)), axis_(SpansOf(figures_)) {}

  std::string Write() {
    WriteHead();
    if (figures_.bars.empty()) {
      out_ += "<p>Nothing has been attempted yet.</p>\n";
    } else {
      WriteGantt();
      WriteSpending();
      WriteTokens();
    }
    if (status_.manifest) {
      WriteEstimates();
    } else {
      out_ +=
          "<p class=\"warning\">The run's manifest cannot be read: names, estimates and prices are "
          "missing.</p>\n";
    }
    WriteFailures();
    WriteAnswers();
    WriteMoments();
    out_ += "</main>\n<footer>gsd-run report. Times are UTC.</footer>\n";
    HtmlPage page;
    page.title = fmt::format("Run {}", figures_.run->id);
    page.style = RunCss();
    page.body = std::move(out_);
    return WriteHtmlPage(page);
  }

 private:
  template <typename... A>
  void Put(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<A>(args)...);
  }
  void Section(std::string_view id, std::string_view title) {
    Put("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n", id, title);
  }
  void Figure(std::string_view name, const std::string& value, const std::string& more) {
    Put("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name, value, more);
  }
  // `columns`: headings; those that begin with # are of numbers.
  void BeginTable(std::string_view caption, std::initializer_list<std::string_view> columns) {
    Put("<p class=\"caption\">{0}</p>\n<div class=\"wide\"><table aria-label=\"{0}\"><thead><tr>", caption);
    for (const std::string_view column : columns) {
      if (column.starts_with('#')) {
        Put("<th scope=\"col\" class=\"n\">{}</th>", column.substr(1));
      } else {
        Put("<th scope=\"col\">{}</th>", column);
      }
    }
    out_ += "</tr></thead><tbody>\n";
  }
  void EndTable() { out_ += "</tbody></table></div>\n"; }
  std::string NameOf(const AttemptBar& bar) const {
    return bar.task != nullptr ? Html(ShortName(*bar.task), kMostText) : "";
  }

  void WriteHead() {
    const RunRow& run = *figures_.run;
    Put("<header>\n<h1>Run {}</h1>\n<p>{}{}</p>\n", Html(run.id), Html(figures_.condition),
        run.agent.empty() ? "" : fmt::format(" · {}", Html(run.agent)));
    Put("<p class=\"muted\">{} to {}</p>\n</header>\n<main>\n", FormatUtc(run.started),
        run.ended != 0 ? FormatUtc(run.ended) : "now");
    if (figures_.simulated)
      out_ +=
          "<p class=\"warning\"><strong>A simulation: no agent worked.</strong> Times, tokens and dollars "
          "are as "
          "if one had.</p>\n";
    out_ += "<dl class=\"figures\">\n";
    Figure("Tasks done", fmt::format("{} of {}", figures_.done, figures_.tasks),
           fmt::format("{} failed", figures_.failed));
    Figure("Attempts", std::to_string(figures_.bars.size()), fmt::format("in {} slots", figures_.lanes));
    Figure("At work", FormatDuration(figures_.work), ExpectedTime());
    Figure("Tokens", Count(figures_.spent.tokens),
           run_.ceilings.tokens ? fmt::format("of {}", Count(*run_.ceilings.tokens)) : "no ceiling");
    Figure(
        "US dollars", FormatUsd(figures_.spent.usd),
        std::string(run_.ceilings.usd ? fmt::format("of {}", FormatUsd(*run_.ceilings.usd)) : "no ceiling") +
            (!figures_.priced    ? ""
             : figures_.reported ? ", partly at list prices"
                                 : ", at list prices"));
    out_ += "</dl>\n";
    if (figures_.without_tokens > 0 && figures_.without_tokens < figures_.bars.size())
      Put("<p class=\"muted\">At least: {} of {} attempts report no tokens.</p>\n", figures_.without_tokens,
          figures_.bars.size());
  }

  std::string ExpectedTime() const {
    if (!status_.manifest) return "";
    return fmt::format("expected {}",
                       FormatDuration(std::chrono::seconds(status_.manifest->schedule.dataflow_seconds)));
  }

  void WriteGantt() {
    Section("gantt", "Attempts");
    out_ += "<figure><div class=\"wide\">\n" + GanttSvg(figures_, axis_) + "</div>\n<figcaption>";
    out_ +=
        "<span class=\"swatch haiku\"></span> haiku <span class=\"swatch sonnet\"></span> sonnet "
        "<span class=\"swatch opus\"></span> opus · hatched: failed · dashed border: running"
        " · the time of agents, without verification</figcaption></figure>\n<details><summary>The attempts "
        "as a table</summary>\n";
    BeginTable("Attempts in the order in which they began",
               {"Task", "Name", "#Try", "Model", "Outcome", "#Slot", "Began", "#Time", "#Tokens", "#USD"});
    for (size_t i = 0; i < figures_.bars.size(); ++i) {
      const AttemptBar& bar = figures_.bars[i];
      Put("<tr id=\"attempt-{}\"><td>{}</td><td class=\"text\">{}</td><td "
          "class=\"n\">{}</td><td>{}</td><td>{}</td>"
          "<td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
          "class=\"n\">{}</td></tr>\n",
          i, Html(bar.row->task), NameOf(bar), bar.row->attempt, Html(bar.row->model), EndName(bar),
          bar.lane + 1, FormatUtc(bar.span.begin), FormatDuration(Millis(bar.span.end - bar.span.begin)),
          bar.row->tokens ? FormatCount(bar.row->tokens->Total()) : "",
          bar.amount.usd > 0 ? FormatUsd(bar.amount.usd) : "");
    }
    EndTable();
    out_ += "</details>\n</section>\n";
  }

  void WriteSpending() {
    std::vector<const AttemptBar*> by_end;
    for (const AttemptBar& bar : figures_.bars) by_end.push_back(&bar);
    std::stable_sort(by_end.begin(), by_end.end(),
                     [](const AttemptBar* a, const AttemptBar* b) { return a->span.end < b->span.end; });
    std::vector<SpendPoint> usd, tokens;
    Amount sum;
    for (const AttemptBar* bar : by_end) {
      sum.usd += bar->amount.usd;
      sum.tokens += bar->amount.tokens;
      usd.push_back({bar->span.end, sum.usd});
      tokens.push_back({bar->span.end, sum.tokens});
    }
    Section("spending", "Spending over time");
    if (sum.usd == 0 && sum.tokens == 0) {
      out_ += "<p>No attempt reports what it used.</p>\n</section>\n";
      return;
    }
    const auto chart = [&](const std::vector<SpendPoint>& points, std::optional<double> ceiling,
                           const std::string& unit) {
      Put("<figure><div class=\"wide\">\n{}</div>\n<figcaption>{}{}</figcaption></figure>\n",
          SpendSvg(points, axis_, ceiling, unit), unit,
          ceiling ? fmt::format(", of a budget of {}", ShortNumber(*ceiling)) : "");
    };
    if (sum.usd > 0) chart(usd, run_.ceilings.usd, "US dollars");
    if (sum.tokens > 0) chart(tokens, run_.ceilings.tokens, "Tokens");
    out_ += "<details><summary>The spending as a table</summary>\n";
    BeginTable("Sums after each attempt", {"When", "Task", "#Tokens", "#USD"});
    for (size_t i = 0; i < by_end.size(); ++i)
      Put("<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          FormatUtc(usd[i].time), Html(by_end[i]->row->task), Count(tokens[i].sum), FormatUsd(usd[i].sum));
    EndTable();
    out_ += "</details>\n</section>\n";
  }

  void WriteTokens() {
    struct Sum {
      TokenCounts tokens;
      size_t attempts = 0;
      double usd = 0;
    };
    std::map<std::string_view, Sum> models;
    int64_t most = 0;
    for (const AttemptBar& bar : figures_.bars) {
      Sum& sum = models[bar.row->model];
      ++sum.attempts;
      sum.usd += bar.amount.usd;
      if (!bar.row->tokens) continue;
      sum.tokens += *bar.row->tokens;
      most = std::max(most, sum.tokens.Total());
    }
    Section("tokens", "Tokens by model and kind");
    BeginTable("Tokens from the cache are not in the sum: budgets do not count them",
               {"Model", "#Attempts", "#Input", "#Output", "#Into the cache", "#Sum", "Share",
                "#From the cache", "#USD"});
    for (const auto& [model, sum] : models) {
      const TokenCounts& tokens = sum.tokens;
      Put("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
          "<td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td "
          "class=\"n\">{}</td></tr>\n",
          Html(model), sum.attempts, FormatCount(tokens.input), FormatCount(tokens.output),
          FormatCount(tokens.cache_creation), FormatCount(tokens.Total()),
          ShareSvg(static_cast<double>(tokens.Total()), 0, static_cast<double>(most)),
          FormatCount(tokens.cache_read), FormatUsd(sum.usd));
    }
    EndTable();
    out_ += "</section>\n";
  }

  // A bar of what was used, and a dashed frame for what was expected. The figures stand beside it.
  static std::string ShareSvg(double used, double expected, double most) {
    const double scale = most > 0 ? 156 / most : 0;
    std::string out = "<svg class=\"share\" aria-hidden=\"true\" viewBox=\"0 0 160 14\">";
    fmt::format_to(std::back_inserter(out),
                   "<rect class=\"used\" x=\"1\" y=\"3\" width=\"{:.1f}\" height=\"8\"/>", used * scale);
    if (expected > 0)
      fmt::format_to(std::back_inserter(out),
                     "<rect class=\"expected\" x=\"1\" y=\"1\" width=\"{:.1f}\" height=\"12\"/>",
                     expected * scale);
    return out + "</svg>";
  }

  void WriteEstimates() {
    struct Sum {
      double tokens = 0;
      int64_t ms = 0;
      size_t attempts = 0;
    };
    std::map<std::string_view, Sum> sums;
    double most = 0;
    for (const AttemptBar& bar : figures_.bars) {
      Sum& sum = sums[bar.row->task];
      ++sum.attempts;
      sum.tokens += bar.amount.tokens;
      sum.ms += bar.span.end - bar.span.begin;
      most = std::max(most, sum.tokens);
    }
    std::map<std::string_view, TaskState> states;
    for (const TaskRow& row : status_.tasks) states[row.task] = row.state;
    for (const ManifestTask& task : status_.manifest->tasks)
      if (!task.checkpoint) most = std::max(most, static_cast<double>(task.estimated_tokens.expected));
    Section("estimates", "Estimate against actual");
    BeginTable("All attempts at a task together; dashed frame: expected",
               {"Task", "Name", "State", "#Expected tokens", "#Used", "Both", "#Used / expected",
                "#Expected time", "#Took"});
    for (const ManifestTask& task : status_.manifest->tasks) {
      if (task.checkpoint) continue;
      const auto found = sums.find(task.id);
      const Sum sum = found == sums.end() ? Sum() : found->second;
      const auto expected = static_cast<double>(task.estimated_tokens.expected);
      const auto state = states.find(task.id);
      Put("<tr><td>{}</td><td class=\"text\">{}</td><td>{}</td><td class=\"n\">{}</td><td "
          "class=\"n\">{}</td><td>{}</td>"
          "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          Html(task.id), Html(ShortName(task), kMostText),
          TaskStateName(state == states.end() ? TaskState::kBlocked : state->second),
          FormatCount(task.estimated_tokens.expected), sum.tokens > 0 ? Count(sum.tokens) : "",
          ShareSvg(sum.tokens, expected, most),
          sum.tokens > 0 && expected > 0 ? fmt::format("{:.2f}", sum.tokens / expected) : "",
          FormatDuration(std::chrono::seconds(task.estimated_seconds.expected)),
          sum.attempts > 0 ? FormatDuration(Millis(sum.ms)) : "");
    }
    EndTable();
    out_ += "</section>\n";
  }

  void WriteFailures() {
    Section("failures", "Failures and escalations");
    const bool any = std::any_of(figures_.bars.begin(), figures_.bars.end(), [](const AttemptBar& bar) {
      return bar.end == AttemptBar::End::kFailed || bar.end == AttemptBar::End::kLost || !bar.next.empty();
    });
    if (!any) {
      out_ += "<p>None.</p>\n</section>\n";
      return;
    }
    BeginTable("Attempts that were not accepted", {"Task", "#Try", "Model", "Outcome", "Why", "Then"});
    for (const AttemptBar& bar : figures_.bars) {
      if (bar.end == AttemptBar::End::kOk || bar.end == AttemptBar::End::kRunning) continue;
      Put("<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td><td><strong class=\"error\">{}</strong></td>"
          "<td class=\"text\">{}{}</td><td>{}</td></tr>\n",
          Html(bar.row->task), bar.row->attempt, Html(bar.row->model), EndName(bar),
          bar.end == AttemptBar::End::kLost ? "the runner died, and nobody saw it end"
                                            : Html(bar.row->message, kMostText),
          bar.row->kept_branch.empty()
              ? ""
              : fmt::format(" (kept on <code>{}</code>)", Html(bar.row->kept_branch)),
          bar.next.empty() ? "not tried again" : Html(bar.next));
    }
    EndTable();
    for (const TaskRow& task : status_.tasks)
      if (task.state == TaskState::kFailed)
        Put("<p><strong class=\"error\">failed</strong> {}: {}</p>\n", Html(task.task),
            Html(task.message, kMostText));
    out_ += "</section>\n";
  }

  void WriteAnswers() {
    const bool waits = std::any_of(status_.tasks.begin(), status_.tasks.end(),
                                   [](const TaskRow& task) { return task.state == TaskState::kWaiting; });
    if (status_.answers.empty() && !waits) return;
    Section("checkpoints", "Checkpoints");
    for (const TaskRow& task : status_.tasks)
      if (task.state == TaskState::kWaiting)
        Put("<p><strong>waiting</strong> {} {}</p>\n", Html(task.task), Html(task.message, kMostText));
    if (!status_.answers.empty()) {
      BeginTable("What was answered", {"When", "Task", "Answer", "Words"});
      for (const AnswerRow& answer : status_.answers)
        Put("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>\n", FormatUtc(answer.at),
            Html(answer.task), AnswerKindName(answer.kind), Html(answer.text, kMostText));
      EndTable();
    }
    out_ += "</section>\n";
  }

  void WriteMoments() {
    if (run_.moments.empty()) return;
    Section("moments", "What else happened");
    if (run_.moments.size() == kMostMoments) Put("<p class=\"muted\">The first {}.</p>\n", kMostMoments);
    BeginTable("From events.jsonl", {"When", "What", "Task", "Detail"});
    for (const RunMoment& moment : run_.moments)
      Put("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>\n",
          Html(WithoutT(moment.time), 40), Html(moment.what), Html(moment.task, 200),
          Html(moment.detail, kMostText));
    EndTable();
    out_ += "</section>\n";
  }

  const RunToReport& run_;
  const ProjectStatus& status_;
  const RunFigures figures_;
  const TimeAxis axis_;
  std::string out_;
};

}  // namespace

std::string RunPage(const RunToReport& run) { return PageWriter(run).Write(); }

}  // namespace gsd
