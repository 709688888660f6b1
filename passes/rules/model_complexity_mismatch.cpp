#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

struct Band {
  int low, high;
};

// The design document gives each model's band several times, differently; what one of them allows is no
// mistake.
constexpr Band BandOf(Model model) {
  switch (model) {
    case Model::kHaiku:
      return {1, 4};
    case Model::kSonnet:
      return {4, 9};
    case Model::kOpus:
      return {9, 10};
  }
  return {1, 10};
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const TaskFacts& facts = unit.tasks[TaskId{i}];
      const auto [written, model_span] = ValueOf(facts.routed.declared_by);
      const std::optional<Model> model = ModelFromName(written);
      // Only what the plan itself says is held against it: a computed score is a guess about words.
      if (!model || !facts.complexity.declared) continue;
      const int score = *facts.complexity.declared;
      const Band band = BandOf(*model);
      if (band.low <= score && score <= band.high) continue;
      const std::string_view name = InfoOf(*model).name;
      const std::string_view better = InfoOf(ModelForScore(score)).name;
      const bool weak = score > band.high;
      const auto [declared, complexity_span] = ValueOf(facts.complexity.declared_by);
      const std::string number = std::to_string(score);
      const std::string shown = declared == number ? number : fmt::format("`{}` ({})", declared, number);
      report
          .At(model_span, "{} has complexity {}, but {} is meant for {} to {}",
              TaskNoun(unit.plan.tasks[TaskId{i}]), shown, name, band.low, band.high)
          .Label(complexity_span, "the complexity")
          .Help("{}", weak ? "it is likely to fail and be repeated" : "it is dearer than need be")
          .UnsafeFix(fmt::format("change the model to {}", better), {{model_span, std::string(better)}});
    }
  }
}

}  // namespace

extern constinit const Rule model_complexity_mismatch = {
    {.name = "model-complexity-mismatch",
     .category = "routing",
     .severity = Severity::kWarning,
     .fixable = Fixable::kUnsafe,
     .summary = "The model that a task names does not fit the complexity that the task names.",
     .rationale =
         "A model that is too weak fails and is tried again, which costs more than the right one would "
         "have; one that is too strong costs five times as much for the same result. haiku is for 1 to 4, "
         "sonnet for 4 to 9, opus for 9 and 10: the widest bands that the design document gives."},
    Check};

}  // namespace gsd::rules
