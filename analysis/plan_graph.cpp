// People write a dependency on a plan in a dozen ways. A word is tried from the most exact reading to the
// loosest:
//   1. a file or folder path, a plan's file name, its id with or without its slug; "1.2" for the plan 1-2 of
//      the same folder;
//   2. a bare plan number, in the same phase;
//   3. a phase: "Phase 7", "07-slug".
// What is not among the compiled plans is looked for on disk, so that one plan can be linted alone. Phases
// that are not there at all are taken as done and archived: nobody could check them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/plan_resolution.h"

namespace gsd {

std::string_view FolderOf(std::string_view root_path) {
  const size_t slash = root_path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : root_path.substr(0, slash);
}

namespace {

constexpr size_t kMostCycles = 100;

// A dependency without what people put around it: quotes, "@", ".md", "-PLAN", a folder in front.
struct Wanted {
  std::string folder;       // normalised last folder, or ""
  std::string name;         // normalised, e.g. "1-2-setup", "2", "phase 7"
  std::string id;           // "1-2" when the name begins with two numbers, else ""
  std::string bare_number;  // "2", "6b" when that is all there is
  std::string dotted;       // "1-2" when that is written as "1.2", which may be a phase, too
  std::string phase;        // "7", "8b" when a phase is meant or may be meant
  bool only_phase = false;  // "Phase 7"
};

bool IsNumberName(std::string_view name) {
  size_t i = 0;
  while (i < name.size() && IsDigit(name[i])) ++i;
  if (i == 0) return false;
  if (i < name.size() && IsAlpha(name[i])) ++i;
  return i == name.size();
}

// "1.2" → "1-2"; "" for anything but two numbers.
std::string DashForDot(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || !IsNumberName(name.substr(0, dot)) ||
      !IsNumberName(name.substr(dot + 1)))
    return {};
  return NormalizePlanName(name.substr(0, dot)) + "-" + NormalizePlanName(name.substr(dot + 1));
}

Wanted ReadWord(std::string_view word) {
  Wanted wanted;
  word = Trim(word);
  if (word.starts_with('@')) word.remove_prefix(1);
  if (const size_t note = word.find(" ("); note != std::string_view::npos) word = Trim(word.substr(0, note));
  while (word.ends_with('/')) word.remove_suffix(1);
  const std::string_view last = FileNameOf(word);
  if (last.size() < word.size())
    wanted.folder = NormalizePlanName(FileNameOf(word.substr(0, word.size() - last.size() - 1)));
  std::string name = NormalizePlanName(last);
  const auto drop = [&](std::string_view end) {
    if (name.size() > end.size() && name.ends_with(end)) name.resize(name.size() - end.size());
  };
  drop(".md");
  drop("-plan");
  drop("-summary");
  for (const std::string_view start : {"plan-", "plan "}) {
    if (name.size() > start.size() && name.starts_with(start)) name = name.substr(start.size());
  }
  wanted.name = name;
  wanted.dotted = DashForDot(name);
  for (const std::string_view start : {"phase ", "phase-"}) {
    if (!name.starts_with(start)) continue;
    wanted.only_phase = true;
    const std::string rest = name.substr(start.size());
    wanted.phase = rest.substr(0, rest.find_first_of(" :-"));
    return wanted;
  }
  if (name.size() > 1 && name[0] == 'p' && IsNumberName(std::string_view(name).substr(1)))
    name = name.substr(1);
  if (IsNumberName(name)) {
    wanted.bare_number = NormalizePlanName(name);
    wanted.phase = wanted.bare_number;
    return wanted;
  }
  if (const auto id = PlanIdFromFileName(name)) {
    if (!id->phase_number.empty()) {
      wanted.id = NormalizePlanName(id->id);
      wanted.phase = NormalizePlanName(id->phase_number);
    } else {
      wanted.phase = NormalizePlanName(id->plan);  // "01-foundation": a phase's slug, or a plan's
    }
  }
  return wanted;
}

// Every name that one plan goes by, normalised.
struct Names {
  std::string folder, stem, id, plan, phase;
};

class Resolver {
 public:
  Resolver(const std::vector<PlanUnit>& units, const Workspace& workspace)
      : units_(units), workspace_(workspace) {
    for (const PlanUnit& unit : units) {
      Names names;
      names.folder = NormalizePlanName(FileNameOf(FolderOf(unit.root_path)));
      names.stem = ReadWord(FileNameOf(unit.root_path)).name;
      names.id = NormalizePlanName(unit.id.phase_number + "-" + unit.id.plan);
      names.plan = NormalizePlanName(unit.id.plan);
      names.phase = NormalizePlanName(unit.id.phase_number);
      const auto index = static_cast<uint32_t>(names_.size());
      by_name_[names.stem].push_back(index);
      if (names.id != names.stem) by_name_[names.id].push_back(index);
      const std::string declared = NormalizePlanName(unit.plan.header.plan.value);
      if (!declared.empty() && declared != names.stem && declared != names.id && !IsNumberName(declared)) {
        by_name_[declared].push_back(index);
      }
      by_folder_[std::string(FolderOf(unit.root_path))].push_back(index);
      by_folder_name_[names.folder].push_back(index);
      by_phase_[names.phase].push_back(index);
      names_.push_back(std::move(names));
    }
  }

  PlanGraph Run() {
    for (uint32_t p = 0; p < units_.size(); ++p) {
      for (const DependencyRef& ref : units_[p].plan.header.depends_on) Resolve(p, ref);
    }
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    for (const PlanEdge& edge : graph_.edges) pairs.emplace_back(edge.from.value, edge.to.value);
    graph_.digraph = Digraph(units_.size(), pairs);
    for (const auto& nodes : ElementaryCycles(graph_.digraph, kMostCycles)) {
      std::vector<PlanIndex> cycle;
      for (const uint32_t node : nodes) cycle.push_back(PlanIndex{node});
      graph_.cycles.push_back(std::move(cycle));
    }
    ComputeWaves();
    return std::move(graph_);
  }

 private:
  using Found = std::vector<uint32_t>;

  // Waves count inside a phase: edges between phases do not raise them.
  void ComputeWaves() {
    graph_.waves.assign(units_.size(), 0);
    for (const uint32_t p : TopologicalOrder(graph_.digraph)) {
      int wave = 1;
      for (const uint32_t from : graph_.digraph.Predecessors(p)) {
        if (SamePhase(from, p)) wave = std::max(wave, graph_.waves[from] + 1);
      }
      graph_.waves[p] = wave;
    }
  }

  bool SamePhase(uint32_t a, uint32_t b) const {
    return FolderOf(units_[a].root_path) == FolderOf(units_[b].root_path);
  }

  void Resolve(uint32_t p, const DependencyRef& ref) {
    const Wanted wanted = ReadWord(ref.value);
    if (wanted.name.empty()) return;
    Found found = FindPlans(p, wanted);
    if (found.size() > 1) KeepPhase(p, found);
    if (found.size() > 1) {
      const Found all = found;
      KeepNearest(p, found);
      if (found.size() == 1) AddNearest(p, ref, found[0], all);
    }
    if (found.size() == 1) return AddEdge(found[0], p, ref);
    if (found.size() > 1) return AddOther(p, ref, PlanDependencyState::kAmbiguous, found);
    const Found phase = FindPhase(p, wanted);
    if (!phase.empty()) {
      for (const uint32_t from : phase) AddEdge(from, p, ref);
      return;
    }
    AddOther(p, ref, IsExternal(p, wanted) ? PlanDependencyState::kExternal : PlanDependencyState::kUnknown,
             {});
  }

  Found FindPlans(uint32_t p, const Wanted& wanted) const {
    if (wanted.only_phase) return {};
    Found found;
    if (!wanted.folder.empty()) {
      const auto in_folder = by_folder_name_.find(wanted.folder);
      if (in_folder != by_folder_name_.end()) {
        for (const uint32_t q : in_folder->second) {
          if (Matches(q, wanted)) found.push_back(q);
        }
      }
      if (!found.empty()) return found;
    }
    if (!wanted.bare_number.empty()) {
      for (const uint32_t q : by_folder_.at(std::string(FolderOf(units_[p].root_path)))) {
        if (names_[q].plan == wanted.bare_number) found.push_back(q);
      }
      // "depends_on: [1]" in plan 1: the phase before is meant.
      if (found.size() == 1 && found[0] == p && wanted.bare_number != names_[p].phase &&
          by_phase_.count(wanted.phase) > 0) {
        found.clear();
      }
      return found;
    }
    if (found = FindDotted(p, wanted); !found.empty()) return found;
    for (const std::string* key : {&wanted.name, &wanted.id}) {
      if (key->empty() || !found.empty()) continue;
      if (const auto by_name = by_name_.find(*key); by_name != by_name_.end()) found = by_name->second;
    }
    return found;
  }

  // "1.2" beside a plan 1-2 means that plan, unless a file of the folder is called just so.
  Found FindDotted(uint32_t p, const Wanted& wanted) const {
    if (wanted.dotted.empty()) return {};
    Found found;
    for (const uint32_t q : by_folder_.at(std::string(FolderOf(units_[p].root_path)))) {
      if (names_[q].stem == wanted.name) return {q};
      if (q != p && names_[q].id == wanted.dotted) found.push_back(q);
    }
    return found;
  }

  bool Matches(uint32_t q, const Wanted& wanted) const {
    const Names& names = names_[q];
    return names.stem == wanted.name || (!wanted.id.empty() && names.id == wanted.id) ||
           (!wanted.bare_number.empty() && names.plan == wanted.bare_number);
  }

  template <typename Condition>
  static void KeepIfAny(Found& found, const Condition& condition) {
    Found kept;
    std::copy_if(found.begin(), found.end(), std::back_inserter(kept), condition);
    if (!kept.empty()) found = std::move(kept);
  }

  // Of several plans with one name, those of the same phase are meant, and not those that are superseded.
  void KeepPhase(uint32_t p, Found& found) const {
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    KeepIfAny(found, [&](uint32_t q) { return SamePhase(p, q); });
    KeepIfAny(found, [&](uint32_t q) { return !units_[q].superseded; });
  }

  // … else those of the same place (milestone).
  void KeepNearest(uint32_t p, Found& found) const {
    KeepIfAny(found, [&](uint32_t q) {
      return FolderOf(FolderOf(units_[q].root_path)) == FolderOf(FolderOf(units_[p].root_path));
    });
  }

  Found FindPhase(uint32_t p, const Wanted& wanted) const {
    Found found;
    if (const auto folder = by_folder_name_.find(wanted.name); folder != by_folder_name_.end()) {
      found = folder->second;
    } else if (!wanted.phase.empty() && wanted.id.empty()) {
      if (const auto phase = by_phase_.find(wanted.phase); phase != by_phase_.end()) found = phase->second;
    }
    std::erase_if(found, [&](uint32_t q) { return q == p || SamePhase(p, q); });
    KeepPhase(p, found);
    KeepNearest(p, found);
    return found;
  }

  // Something on disk that the word may mean, or a phase of which nothing is there to check.
  bool IsExternal(uint32_t p, const Wanted& wanted) {
    const std::string folder(FolderOf(units_[p].root_path));
    if (FolderHas(folder, wanted)) return true;
    const std::string above(FolderOf(folder));
    bool phase_exists = false;
    const std::string other_phase = wanted.phase.empty() || !wanted.bare_number.empty() ? "" : wanted.phase;
    for (const std::string& name : Look(above).folders) {
      const std::string plain = NormalizePlanName(name);
      if (plain == wanted.name || plain == wanted.folder) return true;
      const bool same_number =
          !wanted.phase.empty() && (plain == wanted.phase || plain.starts_with(wanted.phase + "-"));
      if (!same_number) continue;
      if (wanted.only_phase || wanted.id.empty()) return true;
      phase_exists = true;
      if (FolderHas(above + "/" + name, wanted)) return true;
    }
    // Plans of another phase that is not on disk (archived, or never checked in) cannot be judged.
    const bool own_phase = !other_phase.empty() && other_phase == names_[p].phase;
    if (wanted.only_phase) return true;
    return !phase_exists && !other_phase.empty() && !own_phase;
  }

  bool FolderHas(const std::string& path, const Wanted& wanted) {
    const Folder& folder = Look(path);
    return std::any_of(folder.plans.begin(), folder.plans.end(), [&](const Wanted& there) {
      return there.name == wanted.name || (!wanted.id.empty() && there.id == wanted.id) ||
             (!wanted.bare_number.empty() && there.bare_number == wanted.bare_number);
    });
  }

  // What a folder on disk holds, read once.
  struct Folder {
    std::vector<std::string> folders;  // without the slash
    std::vector<Wanted> plans;         // plans and summaries; bare_number is the number of the plan
  };

  const Folder& Look(const std::string& path) {
    const auto [known, is_new] = looked_at_.try_emplace(path);
    Folder& folder = known->second;
    if (!is_new) return folder;
    for (const std::string& name : workspace_.List(path)) {
      if (name.ends_with('/')) {
        folder.folders.push_back(name.substr(0, name.size() - 1));
        continue;
      }
      const std::string lower = ToLower(name);
      const bool plan = lower.ends_with(".md") && (lower.find("plan") != std::string::npos ||
                                                   lower.find("summary") != std::string::npos);
      if (!plan) continue;
      Wanted there = ReadWord(name);
      if (const auto id = PlanIdFromFileName(name)) there.bare_number = NormalizePlanName(id->plan);
      folder.plans.push_back(std::move(there));
    }
    return folder;
  }

  void AddEdge(uint32_t from, uint32_t to, const DependencyRef& ref) {
    const PlanEdge edge{PlanIndex{from}, PlanIndex{to}, ref};
    (from == to ? graph_.self_dependencies : graph_.edges).push_back(edge);
  }

  void AddOther(uint32_t p, const DependencyRef& ref, PlanDependencyState state, const Found& candidates) {
    PlanDependency other{PlanIndex{p}, ref, state, {}, {}};
    for (const uint32_t q : candidates) other.candidates.push_back(units_[q].root_path);
    if (state == PlanDependencyState::kUnknown) {
      std::vector<std::string_view> ids;
      for (const uint32_t q : by_folder_.at(std::string(FolderOf(units_[p].root_path)))) {
        if (q != p) ids.push_back(units_[q].id.id);
      }
      other.suggestion = ClosestMatch(ref.value, ids);
    }
    graph_.others.push_back(std::move(other));
  }

  // The word means `chosen` only because the others in `all` are farther away.
  void AddNearest(uint32_t p, const DependencyRef& ref, uint32_t chosen, const Found& all) {
    PlanDependency doubtful{PlanIndex{p}, ref, PlanDependencyState::kNearest, {}, {units_[chosen].root_path}};
    for (const uint32_t q : all) {
      if (q != chosen) doubtful.candidates.push_back(units_[q].root_path);
    }
    std::string exact = names_[chosen].folder.empty() ? "" : ExactName(units_[chosen].root_path);
    if (!exact.empty() && FindPlans(p, ReadWord(exact)) == Found{chosen})
      doubtful.suggestion = std::move(exact);
    graph_.others.push_back(std::move(doubtful));
  }

  // "01-foundation/01-01" of ".planning/phases/01-foundation/01-01-PLAN.md".
  static std::string ExactName(std::string_view root_path) {
    std::string_view name = FileNameOf(root_path);
    for (const std::string_view end : {".md", "-PLAN"}) {
      if (name.ends_with(end) && name.size() > end.size()) name.remove_suffix(end.size());
    }
    return std::string(FileNameOf(FolderOf(root_path))) + "/" + std::string(name);
  }

  const std::vector<PlanUnit>& units_;
  const Workspace& workspace_;
  std::vector<Names> names_;
  std::map<std::string, Found> by_name_, by_folder_, by_folder_name_, by_phase_;
  std::map<std::string, Folder> looked_at_;
  PlanGraph graph_;
};

}  // namespace

PlanGraph BuildPlanGraph(const std::vector<PlanUnit>& units, const Workspace& workspace) {
  return Resolver(units, workspace).Run();
}

}  // namespace gsd
