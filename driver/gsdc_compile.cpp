#include "driver/gsdc_compile.h"

#include "driver/parallel.h"
#include "frontend/files.h"
#include "frontend/parser.h"

namespace gsd {

namespace {

Status ReadText(PlanInput& input) {
  if (!input.unread) return Ok();
  auto text = ReadWholeFile(input.path, kMostPlanBytes);
  if (!text) return Error{text.error()};
  input.text = std::move(*text);
  input.unread = false;
  return Ok();
}

Status FirstError(std::vector<std::string>& errors) {
  for (std::string& error : errors) {
    if (!error.empty()) return Error{std::move(error)};
  }
  return Ok();
}

}  // namespace

Status ReadTexts(std::vector<PlanInput>& inputs, int jobs) {
  std::vector<std::string> errors(inputs.size());
  ParallelFor(inputs.size(), jobs, [&](size_t i) {
    if (Status status = ReadText(inputs[i]); !status) errors[i] = status.error();
  });
  return FirstError(errors);
}

Result<ParsedPlans> ParsePlans(std::vector<PlanInput> inputs, int jobs) {
  ParsedPlans parsed;
  parsed.sources.resize(inputs.size());
  parsed.plans.resize(inputs.size());
  std::vector<std::string> errors(inputs.size());
  // A file is parsed as soon as it is read, while its bytes are still in the processor's cache.
  ParallelFor(inputs.size(), jobs, [&](size_t i) {
    PlanInput& input = inputs[i];
    if (Status status = ReadText(input); !status) {
      errors[i] = status.error();
      return;
    }
    parsed.sources[i] = std::make_unique<SourceFile>(FileId{static_cast<uint32_t>(i)}, std::move(input.path),
                                                     std::move(input.text));
    parsed.plans[i] = {parsed.sources[i].get(), ParsePlan(*parsed.sources[i]), std::move(input.root_path)};
  });
  if (Status status = FirstError(errors); !status) return Error{status.error()};
  return parsed;
}

Compilation Recompose(std::vector<PlanInput> inputs, std::vector<Diagnostic> findings) {
  Compilation compilation;
  for (PlanInput& input : inputs) {
    const FileId id{static_cast<uint32_t>(compilation.sources.size())};
    compilation.sources.push_back(
        std::make_unique<SourceFile>(id, std::move(input.path), std::move(input.text)));
    compilation.plans.sources.push_back(compilation.sources.back().get());
    PlanUnit unit;
    unit.source = compilation.sources.back().get();
    unit.plan.file = id;
    unit.root_path = std::move(input.root_path);
    compilation.plans.units.push_back(std::move(unit));
  }
  compilation.diagnostics = std::move(findings);
  return compilation;
}

Compilation Compile(ParsedPlans parsed, const AnalysisOptions& analysis, const RuleSelection& rules,
                    const Workspace& workspace, int jobs) {
  constexpr size_t kWorthThreads = size_t{1} << 20;  // bytes
  size_t bytes = 0;
  for (const auto& source : parsed.sources) bytes += source->text().size();
  Compilation compilation;
  compilation.sources = std::move(parsed.sources);
  // From here the plans are immutable.
  compilation.plans = Analyze(std::move(parsed.plans), analysis, workspace);
  compilation.diagnostics =
      RunRules(compilation.plans, rules, [&](size_t count, const std::function<void(size_t)>& work) {
        ParallelFor(count, bytes < kWorthThreads ? 1 : jobs, work);
      });
  return compilation;
}

Compilation Compile(std::vector<PlanInput> inputs, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace) {
  auto parsed = ParsePlans(std::move(inputs), 1);
  GSD_CHECK(parsed);  // plans in memory need no reading
  return Compile(std::move(*parsed), analysis, rules, workspace, 1);
}

}  // namespace gsd
