#include "backends/wave_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace gsd {

namespace {

// "a, b and c"; of a long list the first ones and how many more there are.
std::string ListOf(const std::vector<std::string>& items) {
  constexpr size_t kMostShown = 12;
  const size_t shown = items.size() <= kMostShown + 1 ? items.size() : kMostShown;
  std::string list;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) list += i + 1 == items.size() ? " and " : ", ";
    list += items[i];
  }
  if (shown < items.size()) list += fmt::format(" and {} more", items.size() - shown);
  return list;
}

std::string Counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What is known of a plan beside its edges.
struct PlanTies {
  std::vector<const PlanCoupling*> couplings;     // with plans that come later in the phase
  std::vector<const PlanDependency*> unresolved;  // words of depends_on that are no edge
};
using Ties = std::vector<PlanTies>;  // by plan

Ties TiesOf(const PlanSet& plans) {
  Ties ties(plans.units.size());
  for (const PlanCoupling& coupling : plans.couplings) {
    ties[std::min(coupling.first, coupling.second).value].couplings.push_back(&coupling);
  }
  for (const PlanDependency& other : plans.graph.others) {
    if (other.state != PlanDependencyState::kNearest) ties[other.plan.value].unresolved.push_back(&other);
  }
  return ties;
}

class PhaseReport {
 public:
  PhaseReport(const PlanSet& plans, const Phase& phase, const Ties& ties)
      : plans_(plans), phase_(phase), ties_(ties) {
    for (const PlanIndex plan : phase.plans) {
      if (Unit(plan).superseded) {
        superseded_.push_back(Name(plan));
      } else if (plans.graph.waves[plan.value] == 0) {
        circular_.push_back(Name(plan));
      } else {
        waves_[plans.graph.waves[plan.value] - 1 + phase.first_wave].push_back(plan);
      }
    }
  }

  std::string Write() {
    std::string body;
    std::vector<std::string> parallel;
    for (const auto& [wave, members] : waves_) {
      if (WriteWave(wave, members, body)) parallel.push_back(std::to_string(wave));
    }
    if (!circular_.empty())
      body += fmt::format("  in no wave: {}, on or behind a circle of dependencies\n", ListOf(circular_));
    if (!superseded_.empty()) body += fmt::format("  superseded: {}\n", ListOf(superseded_));
    const std::string verdict =
        open_ == 0 && circular_.empty() ? std::string("all done")
        : parallel.empty()
            ? std::string("nothing may run in parallel")
            : fmt::format("parallel in wave{} {}", parallel.size() == 1 ? "" : "s", ListOf(parallel));
    return fmt::format("phase {}: {} in {}, {}\n{}", phase_.folder.empty() ? "." : phase_.folder,
                       Counted(phase_.plans.size(), "plan"), Counted(waves_.size(), "wave"), verdict, body);
  }

 private:
  const PlanUnit& Unit(PlanIndex plan) const { return plans_.units[plan.value]; }
  const std::string& Name(PlanIndex plan) const { return Unit(plan).id.id; }
  std::string Names(const std::set<PlanIndex>& plans) const {
    std::vector<std::string> names;
    for (const PlanIndex plan : plans) names.push_back(Name(plan));
    return ListOf(names);
  }

  // True when there are several plans still to do, and all of them may run at once.
  bool WriteWave(int wave, const std::vector<PlanIndex>& members, std::string& out) {
    std::vector<std::string> names;
    std::set<PlanIndex> open;
    for (const PlanIndex plan : members) {
      names.push_back(Name(plan) + (Unit(plan).finished() ? " (done)" : ""));
      if (!Unit(plan).finished()) open.insert(plan);
    }
    open_ += open.size();
    std::vector<std::string> lines;
    DescribeSharedFiles(open, lines);
    DescribeReads(open, lines);
    DescribeDeclaredWaves(wave, open, lines);
    const bool parallel = open.size() > 1 && lines.empty();
    const std::string_view verdict = open.empty()          ? "done"
                                     : members.size() == 1 ? "alone"
                                     : open.size() == 1    ? "one is left"
                                     : parallel            ? "may run in parallel"
                                                           : "must not all run in parallel";
    for (const PlanIndex plan : open) DescribeDependencies(plan, lines);
    out += fmt::format("  wave {}: {}: {}\n", wave, ListOf(names), verdict);
    for (const std::string& line : lines) out += "    " + line + "\n";
    return parallel;
  }

  // One line for each group of plans that write the same files.
  void DescribeSharedFiles(const std::set<PlanIndex>& open, std::vector<std::string>& lines) const {
    std::map<std::string_view, std::set<PlanIndex>> writers;
    for (const PlanIndex plan : open) {
      for (const PlanCoupling* coupling : ties_[plan.value].couplings) {
        if (coupling->kind == CouplingKind::kSameFile && open.count(coupling->second) > 0)
          writers[coupling->path].insert({coupling->first, coupling->second});
      }
    }
    std::map<std::set<PlanIndex>, std::vector<std::string>> files;
    for (const auto& [path, plans] : writers) files[plans].push_back(fmt::format("`{}`", path));
    for (const auto& [plans, paths] : files) {
      lines.push_back(
          fmt::format("{} {} write {}", Names(plans), plans.size() == 2 ? "both" : "all", ListOf(paths)));
    }
  }

  // One line for each pair of plans of which one reads what the other makes.
  void DescribeReads(const std::set<PlanIndex>& open, std::vector<std::string>& lines) const {
    std::map<std::pair<PlanIndex, PlanIndex>, std::vector<std::string>> files;
    for (const PlanIndex plan : open) {
      for (const PlanCoupling* coupling : ties_[plan.value].couplings) {
        const bool reads = coupling->kind == CouplingKind::kReadsFile && coupling->is_new;
        if (reads && open.count(coupling->first) > 0 && open.count(coupling->second) > 0)
          files[{coupling->second, coupling->first}].push_back(fmt::format("`{}`", coupling->path));
      }
    }
    for (const auto& [plans, paths] : files) {
      lines.push_back(fmt::format("{} reads {}, which {} is still to write", Name(plans.first), ListOf(paths),
                                  Name(plans.second)));
    }
  }

  // A plan that its author put into a later wave than its dependencies do is meant to wait.
  void DescribeDeclaredWaves(int wave, const std::set<PlanIndex>& open,
                             std::vector<std::string>& lines) const {
    for (const PlanIndex plan : open) {
      const auto declared = Unit(plan).plan.header.wave_value;
      if (!declared || *declared <= wave) continue;
      lines.push_back(fmt::format("{} says `wave: {}`, but its depends_on let it start in wave {}",
                                  Name(plan), *declared, wave));
    }
  }

  void DescribeDependencies(PlanIndex plan, std::vector<std::string>& lines) const {
    std::vector<std::string> before;
    for (const uint32_t from : plans_.graph.digraph.Predecessors(plan.value)) {
      const PlanUnit& unit = plans_.units[from];
      before.push_back(unit.id.id + (unit.superseded ? " (superseded)" : unit.finished() ? " (done)" : ""));
    }
    for (const PlanDependency* other : ties_[plan.value].unresolved) {
      const std::string_view why = other->state == PlanDependencyState::kExternal    ? "not among these plans"
                                   : other->state == PlanDependencyState::kAmbiguous ? "several plans"
                                                                                     : "not known";
      before.push_back(fmt::format("`{}` ({})", other->ref.value, why));
    }
    if (!before.empty()) lines.push_back(fmt::format("{} waits for {}", Name(plan), ListOf(before)));
  }

  const PlanSet& plans_;
  const Phase& phase_;
  const Ties& ties_;
  std::map<int, std::vector<PlanIndex>> waves_;
  std::vector<std::string> superseded_, circular_;
  size_t open_ = 0;  // plans that are still to do
};

}  // namespace

std::string ExplainWaves(const PlanSet& plans) {
  const Ties ties = TiesOf(plans);
  std::string out;
  for (const Phase& phase : plans.phases) out += PhaseReport(plans, phase, ties).Write();
  return out;
}

}  // namespace gsd
