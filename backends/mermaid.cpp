// The graph as a Mermaid flowchart, for Markdown hosts that draw it.
//
// Labels are quoted, and in them everything that Mermaid or the HTML it makes could read as syntax is written
// as a character code (`#quot;` is `"`): quotes, brackets, backticks (a Markdown string), `%%` (a comment),
// `#` itself.
#include <fmt/format.h>

#include <iterator>

#include "backends/backend.h"
#include "backends/graph_view.h"

namespace gsd {
namespace {

constexpr size_t kLabelColumns = 32, kLabelLines = 3;

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const std::string& line : WrapName(text, SIZE_MAX, 1)) {
    for (const char c : line) {
      if (c == '"') {
        escaped += "#quot;";
      } else if (std::string_view("#<>&`%;{}[]()|\\*_~").find(c) != std::string_view::npos) {
        fmt::format_to(std::back_inserter(escaped), "#{};", static_cast<int>(c));
      } else {
        escaped += c;
      }
    }
  }
  return escaped;
}

class MermaidWriter {
 public:
  MermaidWriter(const PlanSet& plans, std::string& out)
      : plans_(plans), view_(ViewGraph(plans)), boxed_(plans.tasks.size()), sink_(out) {}

  void Write() {
    Line("flowchart TD");
    for (uint32_t i = 0; i < plans_.batches.size(); ++i) {
      const Batch& batch = plans_.batches[i];
      if (!batch.can_parallelize) continue;
      Line("  subgraph batch{}[\"Batch {} ‖\"]", i + 1, i + 1);
      for (const uint32_t task : batch.tasks) {
        boxed_[task] = true;
        WriteNode(task, "    ");
      }
      Line("  end");
    }
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      if (!boxed_[task] && IsScheduled(plans_, task)) WriteNode(task, "  ");
    }
    for (const GraphEdge& edge : view_.edges) WriteEdge(edge);
    WriteLinkStyle(plan_links_, "stroke:#90a4ae");
    WriteLinkStyle(conflict_links_, "stroke:#c62828");
    Line("  classDef haiku fill:#f1f8e9,stroke:#455a64,color:#000");
    Line("  classDef sonnet fill:#bbdefb,stroke:#455a64,color:#000");
    Line("  classDef opus fill:#b39ddb,stroke:#311b92,color:#000");
    Line("  classDef checkpoint fill:#fff8e1,stroke:#455a64,color:#000");
    Line("  classDef critical stroke:#000,stroke-width:3px");
    std::string critical;
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      if (view_.critical[task])
        fmt::format_to(std::back_inserter(critical), "{}t{}", critical.empty() ? "" : ",", task);
    }
    if (!critical.empty()) Line("  class {} critical", critical);
  }

 private:
  template <typename... A>
  void Line(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(sink_), format, std::forward<A>(args)...);
    sink_ += '\n';
  }

  void WriteNode(uint32_t union_task, std::string_view indent) {
    const Task& task = plans_.TaskAt(union_task);
    const TaskFacts& facts = FactsOf(plans_, union_task);
    const std::string_view name = NameWithoutNumber(task.name.value);
    // Numbers are unique only inside of a plan.
    const std::string number =
        view_.plans.size() > 1 ? plans_.TaskName(union_task) : fmt::format("Task {}", task.number);
    std::string label;
    for (const std::string& line :
         WrapName(name.empty() ? number : fmt::format("{}: {}", number, name), kLabelColumns, kLabelLines)) {
      label += Escaped(line) + "<br/>";
    }
    label += Escaped(DescribeRun(task, facts));
    if (facts.checkpoint) {
      Line("{}t{}{{{{\"{}\"}}}}:::checkpoint", indent, union_task, label);
    } else {
      Line("{}t{}[\"{}\"]:::{}", indent, union_task, label, InfoOf(facts.routed.model).name);
    }
  }

  void WriteEdge(const GraphEdge& edge) {
    const bool dotted =
        edge.origin.source == EdgeSource::kInferred || edge.origin.source == EdgeSource::kConflict;
    const std::string_view arrow = dotted ? "-.->" : edge.critical ? "==>" : "-->";
    const std::string_view text = edge.origin.source == EdgeSource::kConflict ? "|\"same file\"|" : "";
    Line("  t{} {}{} t{}", edge.from, arrow, text, edge.to);
    if (edge.origin.source == EdgeSource::kPlan) plan_links_.push_back(links_);
    if (edge.origin.source == EdgeSource::kConflict) conflict_links_.push_back(links_);
    ++links_;
  }

  void WriteLinkStyle(const std::vector<size_t>& links, std::string_view style) {
    if (!links.empty()) Line("  linkStyle {} {}", fmt::join(links, ","), style);
  }

  const PlanSet& plans_;
  const GraphView view_;
  std::vector<bool> boxed_;  // by union task: drawn inside of its batch
  std::vector<size_t> plan_links_, conflict_links_;
  size_t links_ = 0;
  std::string& sink_;
};

}  // namespace

Status EmitMermaid(const CompileResult& result, std::string& out) {
  MermaidWriter(result.plans, out).Write();
  return Ok();
}

}  // namespace gsd
