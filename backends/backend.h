// Facts and diagnostics → bytes. Deterministic: no clock, no environment, no locale.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/plan_set.h"
#include "backends/findings.h"
#include "backends/manifest.h"
#include "frontend/diagnostic.h"

namespace gsd {

// What a compilation ends with.
struct CompileResult {
  const PlanSet& plans;
  std::string generator;      // "gsdc 0.1.0"
  std::string manifest_root;  // the project root, relative to where the manifest goes
  bool refresh = false;       // --refresh: computed values replace written ones when annotating
  const std::vector<Diagnostic>* diagnostics = nullptr;  // what was found, in order; null: not asked
};

// One kind of output, e.g. `--emit=dot`. `emit` appends to `out`, or says why it cannot; `stream`, of outputs
// that grow large, hands the same bytes on piece by piece.
struct Backend {
  std::string_view name, extension, summary;
  Status (*emit)(const CompileResult& result, std::string& out);
  void (*stream)(const CompileResult& result, const Drain& drain) = nullptr;
};

// annotated, manifest, dot, svg, mermaid, html, cost, cost-json, ast; in this order. `annotated` takes
// exactly one plan.
std::span<const Backend> AllBackends();

Status EmitAnnotated(const CompileResult& result, std::string& out);
Status EmitManifest(const CompileResult& result, std::string& out);
void StreamManifest(const CompileResult& result, const Drain& drain);
Status EmitDot(const CompileResult& result, std::string& out);
Status EmitSvg(const CompileResult& result, std::string& out);
Status EmitMermaid(const CompileResult& result, std::string& out);
Status EmitHtml(const CompileResult& result, std::string& out);
Status EmitCost(const CompileResult& result, std::string& out);
Status EmitCostJson(const CompileResult& result, std::string& out);
Status EmitAst(const CompileResult& result, std::string& out);

// What annotating one plan of the set changes: insertions, and replacements of what gsdc wrote itself.
struct Annotation {
  std::vector<Edit> edits;
  bool refused = false;  // what would be written would read differently: nothing is safe to insert
};
Annotation Annotate(const PlanSet& plans, PlanIndex plan, bool refresh);
// The annotated form of one plan of the set; an error where annotating is refused.
Result<std::string> AnnotatePlan(const PlanSet& plans, PlanIndex plan, bool refresh);
Manifest BuildManifest(const CompileResult& result);

struct TextOptions {
  bool color = false;
  bool quiet = false;  // no source excerpts: one line per finding
  int columns = 0;     // of the terminal, which an excerpt must not be wider than; 0: not known
};

// `path:line:column: error: message [rule]`, the source line with carets, labels, help, and a line of counts;
// the other formats are in diagnostic_formats.h.
void WriteTextDiagnostics(const FileTable& files, const std::vector<Diagnostic>& diagnostics,
                          const TextOptions& options, std::string& out);
void WriteJsonDiagnostics(const FileTable& files, const std::vector<Diagnostic>& diagnostics,
                          std::string& out);

}  // namespace gsd
