#include <algorithm>
#include <map>
#include <tuple>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The files that one plan says it writes: its tasks' <files>, then files_modified. The first mention counts.
using Writes = std::map<std::string, Span, std::less<>>;
Writes WritesOf(const PlanUnit& unit) {
  Writes writes;
  const auto add = [&](const PathEntry& entry) {
    if (entry.kind != PathKind::kFile) return;
    std::string path = NormalizePath(entry.path);
    if (!path.empty()) writes.emplace(std::move(path), entry.span);
  };
  for (const Task& task : unit.plan.tasks) std::ranges::for_each(task.files, add);
  std::ranges::for_each(unit.plan.header.files_modified, add);
  return writes;
}

// Plans of different phases run one phase after the other, whatever they say of each other.
std::string PhaseOf(const PlanUnit& unit) {
  const size_t slash = unit.root_path.rfind('/');
  return (slash == std::string::npos ? std::string() : unit.root_path.substr(0, slash)) + '\n' +
         NormalizePlanName(unit.id.phase_number);
}

// Does the plan say when it runs? One that does not is put after the others by whoever runs it.
bool SaysWhen(const PlanUnit& unit) {
  return unit.plan.header.has_depends_on || unit.plan.header.wave_value.has_value();
}

struct Pair {
  PlanIndex first, second;
  auto operator<=>(const Pair&) const = default;
};

class Checker {
 public:
  Checker(const PlanSet& plans, Reporter& report)
      : plans_(plans), report_(report), reachability_(plans.graph.digraph) {}

  void Run() {
    std::map<std::string, std::vector<PlanIndex>> phases;
    for (uint32_t i = 0; i < plans_.units.size(); ++i) {
      const PlanUnit& unit = plans_.units[i];
      if (!unit.superseded && !unit.finished() && SaysWhen(unit) && plans_.graph.waves[i] > 0) {
        phases[PhaseOf(unit)].push_back({i});
      }
    }
    for (auto& [phase, members] : phases) {
      if (members.size() > 1) CheckPhase(members);
    }
  }

 private:
  void CheckPhase(std::vector<PlanIndex>& members) {
    // In an order that the dependencies allow, so that it is enough to compare neighbours: if each waits for
    // the one before it, all are in order.
    std::ranges::sort(members, {}, [&](PlanIndex plan) {
      const PlanUnit& unit = plans_.units[plan.value];
      return std::tuple(plans_.graph.waves[plan.value], unit.plan.header.wave_value.value_or(0), plan.value);
    });
    std::map<PlanIndex, Writes> writes;
    std::map<std::string_view, PlanIndex> last_writer;
    std::map<Pair, std::vector<std::string_view>> shared;
    for (const PlanIndex plan : members) {
      const Writes& own = writes.emplace(plan, WritesOf(plans_.units[plan.value])).first->second;
      for (const auto& [path, span] : own) {
        const auto [entry, fresh] = last_writer.emplace(path, plan);
        if (fresh) continue;
        if (reachability_.Comparable(entry->second.value, plan.value) == Reachability::Answer::kNo) {
          shared[{std::min(entry->second, plan), std::max(entry->second, plan)}].push_back(path);
        }
        entry->second = plan;
      }
    }
    for (const auto& [pair, paths] : shared)
      Report(pair, paths, writes.at(pair.first), writes.at(pair.second));
  }

  void Report(Pair pair, const std::vector<std::string_view>& paths, const Writes& first,
              const Writes& second) {
    const PlanUnit& one = plans_.units[pair.first.value];
    const PlanUnit& two = plans_.units[pair.second.value];
    std::vector<std::string> names;
    for (const std::string_view path : paths) names.push_back(Quoted(path));
    auto finding = report_.At(second.find(paths.front())->second,
                              "plans {} and {} both write {}, and neither waits for the other", one.id.id,
                              two.id.id, ListOf(names));
    finding.Label(first.find(paths.front())->second, "plan {} writes it here", one.id.id);
    const std::string advice = fmt::format("add {} to the depends_on of plan {}", one.id.id, two.id.id);
    const int computed = plans_.graph.waves[pair.first.value];
    const auto declared = one.plan.header.wave_value;
    const bool declared_alike = declared == two.plan.header.wave_value;
    if (computed != plans_.graph.waves[pair.second.value]) {
      finding.As(Severity::kWarning);
      finding.Help("a plan starts as soon as those that it depends on are done, so these two can overlap; {}",
                   advice);
    } else if (!declared_alike) {
      finding.As(Severity::kWarning);
      finding.Help("their depends_on put both into wave {}, whatever their `wave` says; {}", computed,
                   advice);
    } else {
      finding.Help("both are in wave {}, where plans run at the same time; {}", declared.value_or(computed),
                   advice);
    }
  }

  const PlanSet& plans_;
  Reporter& report_;
  Reachability reachability_;
};

void Check(const PlanSet& plans, Reporter& report) { Checker(plans, report).Run(); }

}  // namespace

extern constinit const Rule wave_write_conflict = {
    {.name = "wave-write-conflict",
     .category = "plan-graph",
     .severity = Severity::kError,
     .summary = "Two plans of a phase write the same file, and neither depends on the other.",
     .rationale =
         "Plans that do not depend on each other run at the same time, each in a work tree of its own; what "
         "both change cannot be merged, and the work of one is lost. Waves are computed from depends_on: a "
         "higher `wave` number alone does not keep two plans apart (such a pair is a warning). Reported "
         "once for a pair of plans, and where many plans share a file for each and the next; not for plans "
         "that have been executed, which run beside nothing any more. Let one plan depend on the other, or "
         "move the change of the file into one of them."},
    Check};

}  // namespace gsd::rules
