#include <cstdlib>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr int kMostApart = 3;

// "-2 for `fix` (simple-fix) and +3 for `design` (architecture)": what moved the computed score away from its
// start.
std::string Reasons(const Complexity& complexity) {
  std::vector<std::string> reasons;
  for (const ComplexitySignal& signal : complexity.signals) {
    std::set<std::string> words;
    for (const auto& word : signal.words) words.insert(Quoted(ToLower(word.value)));
    const std::string why = words.empty() ? "" : " for " + ListOf({words.begin(), words.end()}, 3);
    reasons.push_back(fmt::format("{:+}{} ({})", signal.weight, why, signal.name));
  }
  return reasons.empty() ? "no indicator fires" : ListOf(reasons);
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const TaskFacts& facts = unit.tasks[TaskId{i}];
      if (!facts.complexity.declared || facts.checkpoint) continue;
      const int declared = *facts.complexity.declared, computed = facts.complexity.computed;
      const std::string_view there = InfoOf(ModelForScore(declared)).name;
      const std::string_view here = InfoOf(ModelForScore(computed)).name;
      const bool opposite = std::abs(static_cast<int>(ModelForScore(declared)) -
                                     static_cast<int>(ModelForScore(computed))) == 2;
      const auto [written, span] = ValueOf(facts.complexity.declared_by);
      // A word such as `simple` is a band, not a number that could be 4 off.
      const bool far = ParseInt(written) && std::abs(declared - computed) > kMostApart;
      if (!far && !opposite) continue;
      report
          .At(span, "{} declares complexity {}, but its text looks like {}",
              TaskNoun(unit.plan.tasks[TaskId{i}]), declared, computed)
          .Help("the declared number is used ({}, not {}); computed from {}: {}", there, here,
                facts.complexity.start, Reasons(facts.complexity));
    }
  }
}

}  // namespace

extern constinit const Rule complexity_disagreement = {
    {.name = "complexity-disagreement",
     .category = "routing",
     .severity = Severity::kNote,
     .summary = "The complexity that a task declares is far from the one that its text suggests.",
     .rationale =
         "The declared number decides on the model, so a slip there is paid for: a weak model fails and is "
         "tried again, a strong one costs five times as much. The computed number is a guess from "
         "the text, so only a difference of 4 or more is reported, or one between haiku and opus; of a word "
         "such as "
         "`simple`, which is a band and no number, only the latter."},
    Check};

}  // namespace gsd::rules
