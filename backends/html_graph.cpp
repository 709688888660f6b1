// The picture of svg.cpp for a page: its nodes become links to their tasks, its colours the page's, which has
// two sets of them. What is read here is what Graphviz writes: one element a line, texts escaped.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "backends/graph_view.h"
#include "backends/html_document.h"
#include "backends/html_sections.h"

namespace gsd {
namespace {

std::string ClassOf(const PlanSet& plans, uint32_t task, bool critical) {
  const TaskFacts& facts = FactsOf(plans, task);
  std::string name = facts.checkpoint ? "person" : std::string(InfoOf(facts.routed.model).name);
  if (critical) name += " critical";
  return name;
}

// What a screen reader says of a node, and a pointer that rests on it.
std::string LabelOf(const PlanPage& page, const PageTask& task) {
  const PlanSet& plans = page.result.plans;
  const TaskFacts& facts = FactsOf(plans, task.union_task);
  return fmt::format("{}: {}. {}{}", task.task->id, NameWithoutNumber(task.task->name),
                     DescribeRun(plans.TaskAt(task.union_task), facts),
                     task.critical ? ", on the critical path" : "");
}

class GraphRewriter {
 public:
  explicit GraphRewriter(const PlanPage& page) : page_(page), by_task_(page.result.plans.tasks.size()) {
    for (const PageTask& task : page.tasks) by_task_[task.union_task] = &task;
  }

  std::string Rewrite(std::string_view svg) {
    const size_t begin = svg.find("<svg ");
    if (begin == svg.npos) return {};
    for (const std::string_view line : Split(svg.substr(begin), '\n')) WriteLine(line);
    return std::move(out_);
  }

 private:
  void WriteLine(std::string_view line) {
    if (line.starts_with("<!--")) return;
    if (line.starts_with("<svg ")) {
      out_ += "<svg role=\"group\" aria-label=\"Dependency graph\" ";
      out_ += line.substr(5);
    } else if (line.find("class=\"node\"") != line.npos) {
      in_node_ = true;
      held_ = line;
      return;
    } else if (line.starts_with("<title>")) {
      if (in_node_) WriteNode(line);
      return;  // Graphviz's own names say nothing to people
    } else if (const size_t anchor = line.find("<a xlink:title=\""); anchor != line.npos) {
      WriteAnchor(line, anchor);
    } else {
      out_ += line;
    }
    if (line == "</g>") in_node_ = false, task_ = nullptr;
    out_ += '\n';
  }

  void WriteNode(std::string_view title) {
    const auto number = ParseInt(title.substr(8, title.find('<', 8) - 8));  // <title>t12</title>
    task_ = number && *number >= 0 && static_cast<size_t>(*number) < by_task_.size()
                ? by_task_[static_cast<size_t>(*number)]
                : nullptr;
    if (task_ == nullptr) {
      out_ += held_;
      out_ += '\n';
      return;
    }
    fmt::format_to(std::back_inserter(out_), "<g class=\"node {}\" id=\"node-{}\">\n",
                   ClassOf(page_.result.plans, task_->union_task, task_->critical), task_->union_task);
  }

  // Of a node or of an edge, where it is the reason for it.
  void WriteAnchor(std::string_view line, size_t at) {
    const size_t begin = line.find('"', at) + 1;
    const std::string_view tooltip = line.substr(begin, line.find('"', begin) - begin);
    out_ += line.substr(0, at);
    if (task_ == nullptr) {
      fmt::format_to(std::back_inserter(out_), "<a><title>{}</title>", tooltip);
      return;
    }
    const std::string label = Html(LabelOf(page_, *task_));
    fmt::format_to(std::back_inserter(out_), "<a href=\"#task-{}\" aria-label=\"{}\"><title>{}</title>",
                   task_->union_task, label, tooltip);
  }

  const PlanPage& page_;
  std::vector<const PageTask*> by_task_;
  std::string_view held_;
  bool in_node_ = false;
  const PageTask* task_ = nullptr;
  std::string out_;
};

}  // namespace

void WriteGraphSection(const PlanPage& page, std::string& out) {
  out += "<section id=\"graph\" aria-labelledby=\"graph-title\">\n<h2 id=\"graph-title\">Graph</h2>\n";
  std::string svg;
  if (page.tasks.empty()) {
    out += "<p>There is no task to draw.</p>\n";
  } else if (const Status drawn = EmitSvg(page.result, svg); !drawn) {
    fmt::format_to(std::back_inserter(out),
                   "<p>There is no picture: {}. The tasks below say what each waits for.</p>\n",
                   Html(drawn.error()));
  } else {
    out +=
        "<div class=\"tools screen\" hidden><button type=\"button\" data-zoom=\"1.25\" aria-label=\"Zoom "
        "in\">+</button> "
        "<button type=\"button\" data-zoom=\"0.8\" aria-label=\"Zoom out\">−</button> "
        "<button type=\"button\" data-zoom=\"0\">Fit</button> "
        "<span class=\"muted\">Drag to move, Ctrl and wheel to zoom; arrow keys go from task to "
        "task.</span></div>\n"
        "<div class=\"picture\">";
    out += GraphRewriter(page).Rewrite(svg);
    out +=
        "</div>\n<p class=\"muted legend\"><span class=\"swatch haiku\"></span> haiku "
        "<span class=\"swatch sonnet\"></span> sonnet <span class=\"swatch opus\"></span> opus (double "
        "border) "
        "<span class=\"swatch person\"></span> checkpoint (octagon) · thick border: critical path · dashed "
        "arrow: not declared, found by gsdc";
    const PlanSet& plans = page.result.plans;
    const bool circle = std::ranges::any_of(page.tasks, [&](const PageTask& task) {
      return task.union_task < plans.levels.size() && plans.levels[task.union_task] == kNoLevel;
    });
    if (circle) out += " · <span class=\"swatch circle\"></span> waits in a circle (dashed red frame)";
    out += "</p>\n";
  }
  out += "</section>\n";
}

}  // namespace gsd
