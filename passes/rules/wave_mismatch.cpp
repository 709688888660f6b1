#include <algorithm>
#include <map>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The plans that each plan shares files with.
using Coupled = std::map<PlanIndex, std::set<PlanIndex>>;

// Plans that wait for something that is not among the plans of their phase: they may start any time later.
std::set<PlanIndex> WaitingForOthers(const PlanSet& plans) {
  std::set<PlanIndex> waiting;
  for (const PlanDependency& dependency : plans.graph.others) {
    if (dependency.state != PlanDependencyState::kNearest) waiting.insert(dependency.plan);
  }
  std::vector<const Phase*> phase_of(plans.units.size());
  for (const Phase& phase : plans.phases) {
    for (const PlanIndex plan : phase.plans) phase_of[plan.value] = &phase;
  }
  for (const PlanEdge& edge : plans.graph.edges) {
    if (phase_of[edge.from.value] != phase_of[edge.to.value]) waiting.insert(edge.to);
  }
  return waiting;
}

class PhaseCheck {
 public:
  PhaseCheck(const PlanSet& plans, const Phase& phase, const Coupled& coupled, Reporter& report)
      : plans_(plans), phase_(phase), coupled_(coupled), report_(report) {}

  void Run(const std::set<PlanIndex>& waiting) {
    std::vector<PlanIndex> members;
    for (const PlanIndex plan : phase_.plans) {
      if (plans_.units[plan.value].superseded) continue;
      // A plan on a circle has no wave, and neither have those behind it.
      if (plans_.graph.waves[plan.value] > 0) members.push_back(plan);
      wave_[plan] = DeclaredWave(plan).value_or(phase_.first_wave);
    }
    std::ranges::stable_sort(members, {}, [&](PlanIndex plan) { return plans_.graph.waves[plan.value]; });
    for (const PlanIndex plan : members) Check(plan, waiting.count(plan) > 0);
  }

 private:
  std::optional<int64_t> DeclaredWave(PlanIndex plan) const {
    constexpr int64_t kLargest = 1'000'000;  // beyond, it is no wave that could be counted to
    const auto wave = plans_.units[plan.value].plan.header.wave_value;
    return wave && *wave >= 0 && *wave <= kLargest ? wave : std::nullopt;
  }

  void Check(PlanIndex plan, bool may_be_later) {
    // The last of the plans that this one has to wait for.
    std::optional<PlanIndex> last;
    for (const uint32_t from : plans_.graph.digraph.Predecessors(plan.value)) {
      const auto known = wave_.find(PlanIndex{from});
      if (known == wave_.end()) continue;  // of another phase
      if (!last || known->second > wave_[*last]) last = known->first;
    }
    const int64_t needed = last ? wave_[*last] + 1 : phase_.first_wave;
    const PlanUnit& unit = plans_.units[plan.value];
    const auto declared = DeclaredWave(plan);
    if (!declared) {
      wave_[plan] = needed;
      return;
    }
    if (unit.finished() || *declared == needed) return;
    if (*declared < needed) {
      ReportTooEarly(unit, *declared, needed, last);
      wave_[plan] = needed;
    } else if (!may_be_later && !IsExplained(plan, needed, *declared)) {
      ReportTooLate(unit, *declared, needed, last);
    }
  }

  // Planners put a plan behind another one that it shares files with, without a word in depends_on.
  bool IsExplained(PlanIndex plan, int64_t needed, int64_t declared) const {
    const auto others = coupled_.find(plan);
    if (others == coupled_.end()) return false;
    return std::ranges::any_of(others->second, [&](PlanIndex other) {
      const auto wave = wave_.find(other);
      return wave != wave_.end() && wave->second >= needed && wave->second < declared;
    });
  }

  void ReportTooEarly(const PlanUnit& unit, int64_t declared, int64_t needed, std::optional<PlanIndex> last) {
    const Span span = unit.plan.header.wave.span;
    auto finding =
        last ? report_.At(span, "plan {} is in wave {}, but it depends on plan {}, which {} wave {}",
                          PlanName(unit), declared, PlanName(plans_.units[last->value]),
                          DeclaredWave(*last) == wave_[*last] ? "is in" : "belongs in", wave_[*last])
             : report_.At(span, "plan {} is in wave {}, but waves count from {}", PlanName(unit), declared,
                          needed);
    finding.SafeFix(fmt::format("write `wave: {}`", needed), {{span, std::to_string(needed)}});
  }

  // No fix: what is wrong may as well be depends_on.
  void ReportTooLate(const PlanUnit& unit, int64_t declared, int64_t needed, std::optional<PlanIndex> last) {
    const std::string reason = last ? fmt::format("depends on nothing later than plan {} of wave {}",
                                                  PlanName(plans_.units[last->value]), wave_[*last])
                                    : std::string("depends on no plan of its phase");
    report_
        .At(unit.plan.header.wave.span, "plan {} is in wave {}, but it {}", PlanName(unit), declared, reason)
        .Help(
            "a wave alone orders nothing: add what the plan waits for to its depends_on, or write `wave: {}`",
            needed);
  }

  const PlanSet& plans_;
  const Phase& phase_;
  const Coupled& coupled_;
  Reporter& report_;
  std::map<PlanIndex, int64_t> wave_;  // of each plan of the phase: declared, or what it should be
};

void Check(const PlanSet& plans, Reporter& report) {
  Coupled coupled;
  for (const PlanCoupling& coupling : plans.couplings) {
    coupled[coupling.first].insert(coupling.second);
    coupled[coupling.second].insert(coupling.first);
  }
  const std::set<PlanIndex> waiting = WaitingForOthers(plans);
  for (const Phase& phase : plans.phases) {
    if (phase.complete) PhaseCheck(plans, phase, coupled, report).Run(waiting);
  }
}

}  // namespace

extern constinit const Rule wave_mismatch = {
    {.name = "wave-mismatch",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A plan's `wave` does not agree with its depends_on.",
     .rationale =
         "Each wave waits for the one before, so a plan must be in a later wave than every plan of its phase "
         "that it depends on; tools that go by the number start it too early. A plan in a later wave than "
         "its dependencies ask for is only reported when nothing explains it: planners put a plan behind "
         "another one because both touch the same file, and that is right. A wave alone orders nothing "
         "where waves are computed from depends_on, so what the plan waits for belongs there. Waves count "
         "from 1, or from 0 in a phase that has a wave 0. Plans that have been executed, and phases of "
         "which not all plans are checked together, are left alone."},
    Check};

}  // namespace gsd::rules
