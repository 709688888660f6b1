// The graph as Graphviz source. Models differ in lightness as well as in hue, so that a black and white print
// tells them apart; edges that others imply are left out, they hide the structure that a reader looks for.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "backends/backend.h"
#include "backends/graph_view.h"

namespace gsd {
namespace {

constexpr size_t kLabelColumns = 32, kLabelLines = 3;
constexpr size_t kManyCrossedRanks = 2000;  // the picture is laid out in a hurry: it is no map any more
constexpr size_t kMaxOrdered = 16;          // tasks of a batch whose order is kept: it can cost crossings

// Inside of "…": quotes and backslashes belong to DOT, ampersands to its HTML entities.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const std::string& line : WrapName(text, SIZE_MAX, 1)) {
    for (const char c : line) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
      if (c == '&') quoted += "amp;";
    }
  }
  quoted += '"';
  return quoted;
}

std::string JoinedLines(const std::vector<std::string>& lines) {
  std::string joined = "\"";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) joined += "\\n";
    const std::string quoted = Quoted(lines[i]);
    joined.append(quoted, 1, quoted.size() - 2);
  }
  joined += '"';
  return joined;
}

std::string_view FillOf(Model model) {
  switch (model) {
    case Model::kHaiku:
      return "#f1f8e9";
    case Model::kSonnet:
      return "#bbdefb";
    case Model::kOpus:
      return "#b39ddb";
  }
  return "";
}

class DotWriter {
 public:
  DotWriter(const PlanSet& plans, std::string& out)
      : plans_(plans), view_(ViewGraph(plans)), many_plans_(view_.plans.size() > 1), sink_(out) {}

  void Write() {
    Line("digraph plan {{");
    Line("  graph [rankdir=TB, newrank=true, nodesep=0.35, ranksep=0.45, labelloc=t, fontsize=13,");
    Line("         fontname=\"Helvetica,Arial,sans-serif\", label={}];", JoinedLines(TitleLines()));
    if (CrossedRanks(plans_, view_) > kManyCrossedRanks)
      Line("  graph [nslimit=0.2, nslimit1=0.2, mclimit=0.05, searchsize=5];");
    Line(
        "  node [shape=box, style=\"rounded,filled\", fontsize=11, fontname=\"Helvetica,Arial,sans-serif\",");
    Line("        margin=\"0.16,0.09\", color=\"#455a64\", fillcolor=white];");
    Line("  edge [color=\"#546e7a\", arrowsize=0.7, fontsize=9, fontname=\"Helvetica,Arial,sans-serif\"];");
    GroupBatches();
    for (const PlanIndex plan : view_.plans) WritePlan(plan);
    for (const uint32_t batch : spread_batches_) {
      std::string nodes;
      for (const uint32_t task : plans_.batches[batch].tasks) nodes += fmt::format(" t{};", task);
      Line("  {{ rank=same;{} }}", nodes);
    }
    for (const GraphEdge& edge : view_.edges) WriteEdge(edge);
    Line("}}");
  }

 private:
  template <typename... A>
  void Line(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(sink_), format, std::forward<A>(args)...);
    sink_ += '\n';
  }

  std::vector<std::string> TitleLines() const {
    std::vector<std::string> lines;
    if (view_.plans.size() == 1) {
      const PlanId& id = plans_.units[view_.plans[0].value].id;
      lines.push_back(id.phase.empty() || id.phase == id.id ? fmt::format("Plan {}", id.id)
                                                            : fmt::format("Plan {} ({})", id.id, id.phase));
    }
    lines.push_back(DescribeSchedule(plans_));
    return lines;
  }

  // Batches that run in parallel become boxes when they lie in one plan, else a common rank: boxes cannot
  // cross.
  void GroupBatches() {
    box_of_.assign(plans_.tasks.size(), kNoBox);
    for (uint32_t i = 0; i < plans_.batches.size(); ++i) {
      const Batch& batch = plans_.batches[i];
      if (!batch.can_parallelize) continue;
      const PlanIndex plan = plans_.tasks[batch.tasks.front()].plan;
      const bool one_plan = std::all_of(batch.tasks.begin(), batch.tasks.end(),
                                        [&](uint32_t task) { return plans_.tasks[task].plan == plan; });
      if (!one_plan) {
        spread_batches_.push_back(i);
        continue;
      }
      for (const uint32_t task : batch.tasks) box_of_[task] = i;
    }
  }

  void WritePlan(PlanIndex plan) {
    const PlanUnit& unit = plans_.units[plan.value];
    if (many_plans_) {
      Line("  subgraph cluster_plan_{} {{", plan.value);
      Line("    graph [label={}, labeljust=l, fontsize=12, style=rounded, color=\"#90a4ae\", margin=12];",
           Quoted(fmt::format("{}{}{}{}", unit.id.id, unit.id.slug.empty() ? "" : " ", unit.id.slug,
                              unit.finished() ? " (finished)" : "")));
    }
    // In document order, each batch where its first task stands.
    const uint32_t first = plans_.first_task[plan.value];
    for (uint32_t task = first; task < first + unit.plan.tasks.size(); ++task) {
      if (box_of_[task] == kNoBox) {
        WriteNode(task, "    ");
      } else if (task == plans_.batches[box_of_[task]].tasks.front()) {
        WriteBatch(box_of_[task]);
      }
    }
    if (many_plans_) Line("  }}");
  }

  void WriteBatch(uint32_t number) {
    const std::vector<uint32_t>& tasks = plans_.batches[number].tasks;
    const auto slots = static_cast<size_t>(std::max(1, plans_.options.max_parallel));
    Line("    subgraph cluster_batch_{} {{", number + 1);
    Line(
        "      graph [rank=same, label=\"Batch {} ‖ {} at once\", labeljust=l, fontsize=10, "
        "style=\"rounded,dashed\",",
        number + 1, std::min(tasks.size(), slots));
    Line("             color=\"#607d8b\", fontcolor=\"#37474f\", margin=10];");
    for (const uint32_t task : tasks) WriteNode(task, "      ");
    // Left to right as in the plan, which layout alone does not keep.
    if (tasks.size() <= kMaxOrdered) {
      for (size_t i = 1; i < tasks.size(); ++i)
        Line("      t{} -> t{} [style=invis];", tasks[i - 1], tasks[i]);
    }
    Line("    }}");
  }

  void WriteNode(uint32_t union_task, std::string_view indent) {
    const Task& task = plans_.TaskAt(union_task);
    const TaskFacts& facts = FactsOf(plans_, union_task);
    const std::string_view name = NameWithoutNumber(task.name.value);
    std::vector<std::string> lines =
        WrapName(name.empty() ? fmt::format("{}", task.number) : fmt::format("{}: {}", task.number, name),
                 kLabelColumns, kLabelLines);
    lines.push_back(DescribeRun(task, facts));
    std::string more;
    if (facts.checkpoint) {
      more = ", shape=octagon, style=filled, fillcolor=\"#fff8e1\", margin=\"0.02,0.02\"";
    } else {
      more = fmt::format(", fillcolor=\"{}\"", FillOf(facts.routed.model));
      if (facts.routed.model == Model::kOpus) more += ", peripheries=2";
    }
    if (view_.critical[union_task]) more += ", penwidth=2.4, color=black";
    const bool on_cycle = union_task < plans_.levels.size() && plans_.levels[union_task] == kNoLevel;
    if (on_cycle) more += ", color=\"#c62828\", style=\"filled,dashed\"";
    Line("{}t{} [label={}, tooltip={}{}];", indent, union_task, JoinedLines(lines),
         Quoted(fmt::format("{} — {}", plans_.TaskName(union_task), DescribeRoute(facts))), more);
  }

  void WriteEdge(const GraphEdge& edge) {
    std::string attributes;
    const auto add = [&](std::string_view attribute) {
      if (!attributes.empty()) attributes += ", ";
      attributes += attribute;
    };
    switch (edge.origin.source) {
      case EdgeSource::kDeclared:
        break;
      case EdgeSource::kInferred:
        add("style=dashed");
        break;
      case EdgeSource::kConflict:
        add("style=dashed, color=\"#c62828\"");
        break;
      case EdgeSource::kPlan:
        add("color=\"#b0bec5\"");
        break;
    }
    if (edge.critical) {
      add("penwidth=2.4");
      if (edge.origin.source != EdgeSource::kConflict) add("color=black");
    }
    if (!edge.origin.reason.empty()) {
      const std::string reason =
          Quoted(fmt::format("{}: {}", EdgeSourceName(edge.origin.source), edge.origin.reason));
      add(fmt::format("edgetooltip={}", reason));
    }
    Line("  t{} -> t{}{};", edge.from, edge.to, attributes.empty() ? "" : fmt::format(" [{}]", attributes));
  }

  const PlanSet& plans_;
  const GraphView view_;
  const bool many_plans_;
  std::string& sink_;
  static constexpr uint32_t kNoBox = UINT32_MAX;
  std::vector<uint32_t> box_of_;          // by union task: the batch that is drawn around it
  std::vector<uint32_t> spread_batches_;  // over several plans
};

}  // namespace

Status EmitDot(const CompileResult& result, std::string& out) {
  DotWriter(result.plans, out).Write();
  return Ok();
}

}  // namespace gsd
