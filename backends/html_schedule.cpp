#include <fmt/format.h>

#include <iterator>
#include <map>

#include "analysis/cost_report.h"
#include "backends/graph_view.h"
#include "backends/html_document.h"
#include "backends/html_sections.h"

namespace gsd {
namespace {

std::string Usd(double usd) { return fmt::format("{:.2f} USD", usd); }
std::string Percent(double share) { return fmt::format("{:.0f} %", share * 100); }

std::string Saved(double share) {
  if (share >= 0.005) return Percent(share);
  return share <= -0.005 ? fmt::format("nothing: {} more", Percent(-share)) : "nothing";
}

// How long a person takes is not guessed.
std::string TimeOf(const ManifestTask& task) {
  const int64_t seconds = task.estimated_seconds.expected;
  return task.checkpoint && seconds == 0 ? "a person" : DescribeSeconds(seconds);
}

// What the manifest does not have.
struct PlanCosts {
  CostSum sum;
  double fresh_sonnet = 0;  // USD: every task in a session of its own
};
PlanCosts CostsOf(const PlanSet& plans) {
  PlanCosts costs;
  const PriceList& prices = plans.options.prices;
  for (uint32_t task = 0; task < plans.tasks.size(); ++task) {
    const TaskFacts& facts = FactsOf(plans, task);
    if (!IsScheduled(plans, task) || facts.checkpoint) continue;
    costs.sum.Add(prices, facts);
    costs.fresh_sonnet += CostOf(prices, Model::kSonnet,
                                 static_cast<double>(TokensOn(Model::kSonnet, facts.estimate).expected));
  }
  return costs;
}

class ScheduleWriter {
 public:
  ScheduleWriter(const PlanPage& page, std::string& out) : page_(page), manifest_(page.manifest), out_(out) {
    for (const ManifestTask& task : manifest_.tasks) by_id_.emplace(task.id, &task);
  }

  void Batches() {
    Section("batches", "Batches");
    if (manifest_.batches.empty()) {
      out_ += "<p>None.</p>\n</section>\n";
      return;
    }
    out_ +=
        "<div class=\"wide\"><table><thead><tr><th "
        "class=\"n\">Batch</th><th>Tasks</th><th>How</th></tr></thead><tbody>\n";
    for (const ManifestBatch& batch : manifest_.batches) {
      Put("<tr><td class=\"n\">{}</td><td class=\"text\">{}</td><td>{}</td></tr>\n", batch.batch_number,
          Links(batch.tasks),
          batch.can_parallelize     ? "at the same time"
          : batch.tasks.size() == 1 ? "one task"
                                    : "one after the other");
    }
    out_ += "</tbody></table></div>\n";
    const ManifestSchedule& times = manifest_.schedule;
    out_ +=
        "<p>Batches are the waves of the plan. gsd-run does not wait for a whole batch: it starts each task "
        "as "
        "soon as all that the task waits for is done, beside tasks of other batches.</p>\n";
    Put("<p>Expected: {} one after the other, {} batch by batch, {} when each task starts as soon as it "
        "can.</p>\n"
        "</section>\n",
        DescribeSeconds(times.sequential_seconds), DescribeSeconds(times.batch_seconds),
        DescribeSeconds(times.dataflow_seconds));
  }

  void CriticalPath() {
    Section("critical", "Critical path");
    int64_t seconds = 0;
    out_ +=
        "<div class=\"wide\"><table><thead><tr><th>Task</th><th>Name</th><th class=\"n\">Expected</th>"
        "<th class=\"n\">Ends after</th></tr></thead><tbody>\n";
    for (const std::string& id : manifest_.schedule.critical_path) {
      const auto found = by_id_.find(id);
      if (found == by_id_.end()) continue;
      seconds += found->second->estimated_seconds.expected;
      Put("<tr><td>{}</td><td class=\"text\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          TaskLink(page_, id), Html(NameWithoutNumber(found->second->name)), TimeOf(*found->second),
          DescribeSeconds(seconds));
    }
    out_ += "</tbody></table></div>\n</section>\n";
  }

  void Costs() {
    const ManifestBudget& budget = manifest_.budget;
    Section("costs", "Costs");
    out_ += "<dl class=\"figures\">\n";
    const PlanCosts costs = CostsOf(page_.result.plans);
    const auto tokens = [](int64_t count) { return fmt::format("{} tokens", Grouped(count)); };
    Figure("Expected", tokens(budget.estimated_tokens.expected),
           fmt::format("{}; {} with retries", Usd(budget.estimated_usd), Usd(costs.sum.usd_with_retries)));
    Figure("Low estimate", tokens(budget.estimated_tokens.low), Usd(costs.sum.usd.low));
    Figure("High estimate", tokens(budget.estimated_tokens.high), Usd(costs.sum.usd.high));
    Figure("Budget", fmt::format("{} tokens", Grouped(budget.tokens)),
           budget.usd ? Usd(*budget.usd) : "no ceiling in USD");
    Figure("In one session of sonnet", Usd(budget.baseline_usd), tokens(budget.baseline_tokens));
    Figure("Saved", Saved(budget.savings), "against one session of sonnet");
    if (costs.fresh_sonnet > 0)
      Figure("Saved", Saved(1 - budget.estimated_usd / costs.fresh_sonnet),
             fmt::format("against a fresh session of sonnet for each task, {}", Usd(costs.fresh_sonnet)));
    Figure("In the main session", Percent(budget.main_context_share), "of all tokens");
    out_ +=
        "</dl>\n<h3>By model</h3>\n<div class=\"wide\"><table><thead><tr><th>Model</th>"
        "<th class=\"n\">Tasks</th><th class=\"n\">Expected tokens</th><th class=\"n\">High "
        "estimate</th></tr></thead><tbody>\n";
    struct Sum {
      int64_t tasks = 0, expected = 0, high = 0;
    };
    std::map<std::string_view, Sum> sums;
    for (const ManifestTask& task : manifest_.tasks) {
      if (task.checkpoint) continue;
      Sum& sum = sums[task.model];
      ++sum.tasks;
      sum.expected += task.estimated_tokens.expected;
      sum.high += task.estimated_tokens.high;
    }
    for (const ManifestModel& model : manifest_.models) {
      const Sum sum = sums[model.name];
      if (sum.tasks == 0) continue;
      Put("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          Html(model.name), sum.tasks, Grouped(sum.expected), Grouped(sum.high));
    }
    out_ += "</tbody></table></div>\n</section>\n";
  }

 private:
  template <typename... A>
  void Put(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<A>(args)...);
  }
  void Section(std::string_view id, std::string_view title) {
    Put("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n", id, title);
  }
  void Figure(std::string_view name, const std::string& value, const std::string& more) {
    Put("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name, value, more);
  }
  std::string Links(const std::vector<std::string>& ids) const {
    std::string html;
    for (const std::string& id : ids) html += (html.empty() ? "" : ", ") + TaskLink(page_, id);
    return html;
  }

  const PlanPage& page_;
  const Manifest& manifest_;
  std::string& out_;
  std::map<std::string_view, const ManifestTask*> by_id_;
};

}  // namespace

void WriteScheduleSections(const PlanPage& page, std::string& out) {
  ScheduleWriter writer(page, out);
  writer.Batches();
  writer.CriticalPath();
  writer.Costs();
}

}  // namespace gsd
