// A compilation as one page: graph, tasks, schedule, costs, findings, source. Readable without its script,
// which only moves the picture and shows one task at a time.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "backends/graph_view.h"
#include "backends/html_document.h"
#include "backends/html_sections.h"
#include "backends/json_writer.h"

namespace gsd {
namespace {

PlanPage PageOf(const CompileResult& result) {
  PlanPage page{result, BuildManifest(result), {}, {}};
  std::vector<bool> critical(result.plans.tasks.size());
  for (const uint32_t task : result.plans.critical_path.tasks) critical[task] = true;
  for (uint32_t task = 0; task < result.plans.tasks.size(); ++task) {
    if (!IsScheduled(result.plans, task)) continue;
    const ManifestTask& told = page.manifest.tasks[page.tasks.size()];
    page.by_id.emplace(told.id, task);
    page.tasks.push_back({task, &told, critical[task]});
  }
  return page;
}

// The phase when all plans are of one, else the folder that holds all of them.
std::string TitleOf(const PlanPage& page) {
  const auto& plans = page.manifest.plans;
  if (plans.size() == 1) return fmt::format("Plan {}", plans[0].id);
  if (plans.empty()) return "0 plans";
  const std::string& phase = plans[0].phase;
  const bool one_phase = std::ranges::all_of(plans, [&](const ManifestPlan& p) { return p.phase == phase; });
  std::string_view folder = plans[0].path;
  for (const ManifestPlan& plan : plans) {
    const auto [end, unused] = std::ranges::mismatch(folder, plan.path);
    folder = folder.substr(0, static_cast<size_t>(end - folder.begin()));
    folder = folder.substr(0, folder.rfind('/') == folder.npos ? 0 : folder.rfind('/') + 1);
  }
  if (one_phase && !phase.empty()) return fmt::format("Phase {}: {} plans", phase, plans.size());
  return folder.empty() ? fmt::format("{} plans", plans.size())
                        : fmt::format("{} plans in {}", plans.size(), folder.substr(0, folder.size() - 1));
}

// "Finished: 08-01, 08-02."; "" when none is. What is finished is shown as if it were run again.
std::string FinishedPlans(const PlanSet& plans) {
  std::string ids;
  size_t finished = 0, shown = 0;
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    ++shown;
    if (!unit.finished()) continue;
    ++finished;
    ids += (ids.empty() ? "" : ", ") + unit.id.id;
  }
  if (finished == 0) return {};
  return fmt::format("Finished: {}. The page shows {} as if run again.",
                     finished == shown && shown > 1 ? "all plans" : ids, finished == 1 ? "it" : "them");
}

void WriteHeader(const PlanPage& page, std::string& out) {
  const auto into = std::back_inserter(out);
  const Manifest& manifest = page.manifest;
  fmt::format_to(into,
                 "<header>\n<a class=\"skip\" href=\"#tasks\">Skip to the tasks</a>\n<h1>{}</h1>\n"
                 "<p class=\"muted\">{}</p>\n",
                 Html(TitleOf(page)), Html(DescribeSchedule(page.result.plans)));
  if (const std::string finished = FinishedPlans(page.result.plans); !finished.empty())
    fmt::format_to(into, "<p><strong>{}</strong></p>\n", Html(finished));
  if (manifest.plans.size() == 1 && !manifest.plans[0].objective.empty()) {
    fmt::format_to(
        into,
        "<details class=\"objective\"><summary>Objective</summary><pre class=\"wrap\">{}</pre></details>\n",
        Html(manifest.plans[0].objective));
  }
  out += "<nav class=\"screen\" aria-label=\"Sections\">";
  constexpr std::pair<const char*, const char*> kSections[] = {
      {"graph", "Graph"}, {"tasks", "Tasks"},       {"batches", "Batches"}, {"critical", "Critical path"},
      {"costs", "Costs"}, {"findings", "Findings"}, {"source", "Source"}};
  for (const auto& [id, name] : kSections) fmt::format_to(into, "<a href=\"#{}\">{}</a> ", id, name);
  out += "</nav>\n</header>\n";
}

// What the script needs to go from a task to its neighbours.
std::string DataOf(const PlanPage& page) {
  std::unordered_map<uint32_t, std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> around;
  for (const GraphEdge& edge : ViewGraph(page.result.plans).edges) {
    around[edge.to].first.push_back(edge.from);
    around[edge.from].second.push_back(edge.to);
  }
  std::string out;
  JsonWriter json(out, 0);
  const auto numbers = [&](std::string_view name, const std::vector<uint32_t>& values) {
    json.Key(name);
    json.BeginArray();
    for (const uint32_t value : values) json.Int(value);
    json.EndArray();
  };
  json.BeginArray();
  for (const PageTask& task : page.tasks) {
    json.BeginObject();
    json.Member("task", static_cast<int64_t>(task.union_task));
    numbers("before", around[task.union_task].first);
    numbers("after", around[task.union_task].second);
    json.EndObject();
  }
  json.EndArray();
  return out;
}

}  // namespace

std::string TaskLink(const PlanPage& page, const std::string& id) {
  const auto found = page.by_id.find(id);
  if (found == page.by_id.end()) return Html(id);
  return fmt::format("<a href=\"#task-{}\">{}</a>", found->second, Html(id));
}

Status EmitHtml(const CompileResult& result, std::string& out) {
  const PlanPage page = PageOf(result);
  HtmlPage html;
  html.title = TitleOf(page);
  html.style = PlanCss();
  html.script = PlanJs();
  html.data = DataOf(page);
  WriteHeader(page, html.body);
  html.body += "<main>\n<div class=\"workbench\">\n<div class=\"left\">\n";
  WriteGraphSection(page, html.body);
  html.body += "</div>\n<div class=\"right\">\n";
  WriteTasksSection(page, html.body);
  html.body += "</div>\n</div>\n";
  WriteScheduleSections(page, html.body);
  WriteFindingsSection(page, html.body);
  WriteSourceSection(page, html.body);
  fmt::format_to(std::back_inserter(html.body), "</main>\n<footer>{}</footer>\n", Html(result.generator));
  out += WriteHtmlPage(html);
  return Ok();
}

}  // namespace gsd
