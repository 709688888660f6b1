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

std::string TitleOf(const PlanPage& page) {
  const auto& plans = page.manifest.plans;
  if (plans.size() == 1) return fmt::format("Plan {}", plans[0].id);
  return fmt::format("{} plans", plans.size());
}

void WriteHeader(const PlanPage& page, std::string& out) {
  const auto into = std::back_inserter(out);
  const Manifest& manifest = page.manifest;
  fmt::format_to(into,
                 "<header>\n<a class=\"skip\" href=\"#tasks\">Skip to the tasks</a>\n<h1>{}</h1>\n"
                 "<p class=\"muted\">{}</p>\n",
                 Html(TitleOf(page)), Html(DescribeSchedule(page.result.plans)));
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
