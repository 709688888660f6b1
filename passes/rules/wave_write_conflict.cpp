#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"
#include "passes/wide_paths.h"

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

// The folders and globs among them.
struct WideWrite {
  PlanIndex plan;
  const PathEntry* entry;
  WidePath path;
};
void AddWideWrites(PlanIndex plan, const PlanUnit& unit, std::vector<WideWrite>& out) {
  const auto add = [&](const PathEntry& entry) {
    if (auto path = ReadWidePath(entry)) out.push_back({plan, &entry, std::move(*path)});
  };
  for (const Task& task : unit.plan.tasks) std::ranges::for_each(task.files, add);
  std::ranges::for_each(unit.plan.header.files_modified, add);
}

// Plans of different phases run one phase after the other, whatever they say of each other.
std::string PhaseOf(const PlanUnit& unit) {
  const size_t slash = unit.root_path.rfind('/');
  return (slash == std::string::npos ? std::string() : unit.root_path.substr(0, slash)) + '\n' +
         NormalizePlanName(unit.id.phase_number);
}

// Of different `wave`s, whoever runs plans wave by wave never runs both, and in a manifest the later one
// waits.
bool AreInDifferentWaves(const PlanUnit& one, const PlanUnit& two) {
  const auto first = one.plan.header.wave_value, second = two.plan.header.wave_value;
  return first && second && *first != *second;
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
      if (unit.open() && SaysWhen(unit) && plans_.graph.waves[i] > 0) {
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
    std::set<Pair> known;
    for (const auto& [pair, paths] : shared) known.insert(pair);
    CheckWideWrites(members, writes, known);
  }

  // A folder or a glob of one plan, and a file of another in it; pairs that share a file are known.
  void CheckWideWrites(const std::vector<PlanIndex>& members, const std::map<PlanIndex, Writes>& writes,
                       std::set<Pair>& known) {
    std::vector<WideWrite> wide;
    for (const PlanIndex plan : members) AddWideWrites(plan, plans_.units[plan.value], wide);
    if (wide.empty()) return;
    std::multimap<std::string_view, PlanIndex> files;
    for (const auto& [plan, own] : writes) {
      for (const auto& [path, span] : own) files.emplace(path, plan);
    }
    int looks = 0;
    for (const WideWrite& write : wide) {
      for (auto file = files.lower_bound(write.path.literal);
           file != files.end() && file->first.starts_with(write.path.literal); ++file) {
        constexpr int kMostLooks = 20'000;  // in a phase
        if (++looks > kMostLooks) return;
        const auto [path, other] = *file;
        const Pair pair{std::min(write.plan, other), std::max(write.plan, other)};
        if (other == write.plan || known.count(pair) > 0 || !Covers(write.path, path) ||
            reachability_.Comparable(other.value, write.plan.value) != Reachability::Answer::kNo)
          continue;
        known.insert(pair);
        ReportWide(write, other, path, writes.at(other));
      }
    }
  }

  // Somebody who says only the folder may well mean other files of it: a warning.
  void ReportWide(const WideWrite& write, PlanIndex other, std::string_view path, const Writes& writes) {
    const PlanUnit& one = plans_.units[write.plan.value];
    const PlanUnit& two = plans_.units[other.value];
    report_
        .At(write.entry->span,
            "plan {} writes {}, and plan {} writes {}, which is one of these files; neither "
            "waits for the other",
            PlanName(one), Quoted(write.entry->path), PlanName(two), Quoted(path))
        .As(AreInDifferentWaves(one, two) ? Severity::kNote : Severity::kWarning)
        .Label(writes.find(path)->second, "plan {} writes it here", PlanName(two))
        .Help("name the files, or let one of the plans depend on the other");
  }

  void Report(Pair pair, const std::vector<std::string_view>& paths, const Writes& first,
              const Writes& second) {
    const PlanUnit& one = plans_.units[pair.first.value];
    const PlanUnit& two = plans_.units[pair.second.value];
    std::vector<std::string> names;
    for (const std::string_view path : paths) names.push_back(Quoted(path));
    auto finding = report_.At(second.find(paths.front())->second,
                              "plans {} and {} both write {}, and neither waits for the other", PlanName(one),
                              PlanName(two), ListOf(names));
    finding.Label(first.find(paths.front())->second, "plan {} writes it here", PlanName(one));
    const std::string advice =
        fmt::format("add {} to the depends_on of plan {}", PlanName(one), PlanName(two));
    const int computed = plans_.graph.waves[pair.first.value];
    if (AreInDifferentWaves(one, two)) {
      finding.As(Severity::kNote);
      finding.Help("their `wave` alone keeps them apart, which not every tool reads; {}", advice);
    } else if (computed != plans_.graph.waves[pair.second.value]) {
      finding.As(Severity::kWarning);
      finding.Help("a plan starts as soon as those that it depends on are done, so these two can overlap; {}",
                   advice);
    } else {
      finding.Help("both are in wave {}, where plans run at the same time; {}",
                   one.plan.header.wave_value.value_or(computed), advice);
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
         "both change cannot be merged, and the work of one is lost. Waves are computed from depends_on; a "
         "pair "
         "that only different `wave` numbers keep apart is a note: whoever runs plans wave by wave never "
         "runs "
         "both at once, and in a manifest the later one waits. Reported once for a pair of plans, and where "
         "many plans share a file for each and the next; not for plans "
         "that have been executed, which run beside nothing any more. Let one plan depend on the other, or "
         "move the change of the file into one of them. A folder or glob of one plan that covers a file of "
         "the "
         "other is a warning. Lock files (`package-lock.json`, `Cargo.lock`) count as all others do: they "
         "are "
         "rewritten as a whole, and two of them cannot be merged."},
    Check};

}  // namespace gsd::rules
