#include "driver/gsdc_compile.h"

#include <atomic>
#include <thread>

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

}  // namespace

Status ReadTexts(std::vector<PlanInput>& inputs) {
  for (PlanInput& input : inputs) {
    if (Status status = ReadText(input); !status) return status;
  }
  return Ok();
}

Result<ParsedPlans> ParsePlans(std::vector<PlanInput> inputs, int jobs) {
  ParsedPlans parsed;
  parsed.sources.resize(inputs.size());
  parsed.plans.resize(inputs.size());
  std::vector<std::string> errors(inputs.size());
  // A file is parsed as soon as it is read, while its bytes are still in the processor's cache.
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < inputs.size(); i = next++) {
      PlanInput& input = inputs[i];
      if (Status status = ReadText(input); !status) {
        errors[i] = status.error();
        continue;
      }
      parsed.sources[i] = std::make_unique<SourceFile>(FileId{static_cast<uint32_t>(i)},
                                                       std::move(input.path), std::move(input.text));
      parsed.plans[i] = {parsed.sources[i].get(), ParsePlan(*parsed.sources[i]), std::move(input.root_path)};
    }
  };
  {
    std::vector<std::jthread> others;
    const size_t wanted = std::min(static_cast<size_t>(std::max(jobs, 1)), (inputs.size() + 7) / 8);
    for (size_t i = 1; i < wanted; ++i) others.emplace_back(work);
    work();
  }
  for (std::string& error : errors) {
    if (!error.empty()) return Error{std::move(error)};
  }
  return parsed;
}

Compilation Compile(ParsedPlans parsed, const AnalysisOptions& analysis, const RuleSelection& rules,
                    const Workspace& workspace) {
  Compilation compilation;
  compilation.sources = std::move(parsed.sources);
  // From here the plans are immutable.
  compilation.plans = Analyze(std::move(parsed.plans), analysis, workspace);
  compilation.diagnostics = RunRules(compilation.plans, rules);
  return compilation;
}

Compilation Compile(std::vector<PlanInput> inputs, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace) {
  auto parsed = ParsePlans(std::move(inputs), 1);
  GSD_CHECK(parsed);  // plans in memory need no reading
  return Compile(std::move(*parsed), analysis, rules, workspace);
}

}  // namespace gsd
