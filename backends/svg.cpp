// The DOT picture as SVG.
#include <fmt/format.h>

#include "backends/backend.h"
#include "backends/graph_view.h"
#include "backends/graphviz.h"

namespace gsd {
namespace {

// Layout takes too long beyond these, and nobody can read the picture. Within them it takes seconds.
constexpr size_t kMaxTasks = 1500, kMaxEdges = 4000, kMaxCrossedRanks = 15'000;

}  // namespace

Status EmitSvg(const CompileResult& result, std::string& out) {
  size_t tasks = 0;
  for (const PlanUnit& unit : result.plans.units) tasks += unit.superseded ? 0 : unit.plan.tasks.size();
  if (tasks > kMaxTasks) {
    return Error{
        fmt::format("svg: {} tasks are too many to lay out (at most {}); use --emit=dot", tasks, kMaxTasks)};
  }
  const GraphView view = ViewGraph(result.plans);
  const size_t edges = view.edges.size();
  if (edges > kMaxEdges) {
    return Error{
        fmt::format("svg: {} edges are too many to lay out (at most {}); use --emit=dot", edges, kMaxEdges)};
  }
  if (CrossedRanks(result.plans, view) > kMaxCrossedRanks) {
    return Error{
        fmt::format("svg: the {} edges are too long to lay out (they cross more than {} ranks together); use "
                    "--emit=dot",
                    edges, kMaxCrossedRanks)};
  }
  std::string dot;
  if (Status status = EmitDot(result, dot); !status) return status;
  Result<std::string> svg = RenderSvg(dot);
  if (!svg) return Error{svg.error()};
  out += *svg;
  return Ok();
}

}  // namespace gsd
