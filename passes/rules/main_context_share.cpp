#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr double kMostShare = 0.2;        // "10-20 %"
constexpr double kWorthMentioning = 0.1;  // of the window: a short main session does no harm

// A task that somebody put into the main session, and what it is expected to need there.
struct Inherited {
  std::string name;
  Span span;
  int64_t tokens;
};

// The attribute by which somebody decided it: context-mode="inherited", or a bash agent, which inherits.
std::optional<Span> DecidedBy(const Task& task) {
  for (const std::string_view name : {"context-mode", "subagent"}) {
    const auto [value, span] = ValueOf(FindAttribute(task, name));
    if (value == "inherited" || value == "bash") return span;
  }
  return std::nullopt;
}

void Check(const PlanSet& plans, Reporter& report) {
  if (plans.main_context_share <= kMostShare) return;
  std::vector<Inherited> inherited;
  int64_t main_tokens = 0;
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (uint32_t i = 0; i < unit.plan.tasks.size(); ++i) {
      const TaskFacts& facts = unit.tasks[TaskId{i}];
      if (facts.checkpoint || !facts.inherited_context) continue;
      const int64_t tokens = TokensOn(facts.routed.model, facts.estimate).expected;
      main_tokens += tokens;
      const Task& task = unit.plan.tasks[TaskId{i}];
      if (const auto span = DecidedBy(task))
        inherited.push_back({TaskNounIn(plans, unit, task), *span, tokens});
    }
  }
  const auto window = static_cast<double>(WindowOf(plans, plans.baseline_model));
  if (inherited.empty() || static_cast<double>(main_tokens) <= kWorthMentioning * window) return;
  std::ranges::stable_sort(inherited, std::ranges::greater{}, &Inherited::tokens);
  auto finding = report.At(
      inherited.front().span,
      "{:.0f} % of all tokens are spent in the main session ({} of {}); the aim is {:.0f} %",
      100 * plans.main_context_share, Grouped(main_tokens), Grouped(plans.tokens.expected), 100 * kMostShare);
  constexpr size_t kLabels = 3;
  for (size_t i = 0; i < std::min(inherited.size(), kLabels); ++i)
    finding.Label(inherited[i].span, "{}: about {} tokens", inherited[i].name, Grouped(inherited[i].tokens));
  finding.Help("start tasks fresh that do not need what was said before them: context-mode=\"fresh\"");
}

}  // namespace

extern constinit const Rule main_context_share = {
    {.name = "main-context-share",
     .category = "budget",
     .severity = Severity::kWarning,
     .summary = "Over a fifth of all tokens is spent in the main session.",
     .rationale =
         "What is done in the main session stays in its context, and every later step pays for it, in money "
         "and in quality. The design aims at 10 to 20 % there: decisions and checkpoints, while the work is "
         "done by agents that start fresh. Only plans in which somebody put tasks into the main session are "
         "reported, and only when these need over a tenth of the model's window: a short session does no "
         "harm."},
    Check};

}  // namespace gsd::rules
