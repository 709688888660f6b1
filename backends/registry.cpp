#include <array>

#include "backends/backend.h"

namespace gsd {

std::span<const Backend> AllBackends() {
  static constexpr std::array kBackends = std::to_array<Backend>({
      {"annotated", ".md", "the plan with models, dependencies and its dependency graph written into it",
       EmitAnnotated},
      {"manifest", ".json", "what gsd-run executes: tasks, batches, schedule, budget", EmitManifest,
       StreamManifest},
      {"dot", ".dot", "the dependency graph as Graphviz source", EmitDot},
      {"svg", ".svg", "the dependency graph as a picture", EmitSvg},
      {"mermaid", ".mmd", "the dependency graph as a Mermaid flowchart", EmitMermaid},
      {"html", ".html", "one page: graph, tasks, schedule, costs, findings, source", EmitHtml},
      {"cost", ".cost.md", "what the plans cost, what they would cost otherwise, what would save most",
       EmitCost},
      {"cost-json", ".cost.json", "the same as JSON; --emit=cost=FILE.json is this", EmitCostJson},
      {"ast", ".ast.json", "the syntax tree of every plan with byte spans, as JSON", EmitAst},
  });
  return kBackends;
}

}  // namespace gsd
