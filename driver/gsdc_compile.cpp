#include "driver/gsdc_compile.h"

#include "frontend/parser.h"

namespace gsd {

Compilation Compile(std::vector<PlanInput> inputs, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace) {
  Compilation compilation;
  std::vector<ParsedPlan> parsed;
  parsed.reserve(inputs.size());
  for (PlanInput& input : inputs) {
    const FileId id{static_cast<uint32_t>(compilation.sources.size())};
    compilation.sources.push_back(
        std::make_unique<SourceFile>(id, std::move(input.path), std::move(input.text)));
    const SourceFile& source = *compilation.sources.back();
    parsed.push_back({&source, ParsePlan(source), std::move(input.root_path)});
  }
  // From here the plans are immutable.
  compilation.plans = Analyze(std::move(parsed), analysis, workspace);
  compilation.diagnostics = RunRules(compilation.plans, rules);
  return compilation;
}

}  // namespace gsd
