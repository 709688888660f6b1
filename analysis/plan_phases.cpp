// What lies beside the plans: SUMMARY files, which say that a plan has been executed, and the ROADMAP, which
// lists the plans of each phase. Both are other people's Markdown: what is not understood says nothing.
#include "analysis/plan_phases.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"
#include "frontend/header.h"

namespace gsd {

namespace {

std::string Join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

// Phase and plan number in comparable form, "8-2"; "" when there are not both.
std::string NumbersOf(const PlanId& id) {
  if (id.phase_number.empty() || id.plan.empty()) return {};
  return NormalizePlanName(id.phase_number) + "-" + NormalizePlanName(id.plan);
}

std::string NumbersOfName(std::string_view stem) {
  const auto id = PlanIdFromFileName(stem);
  return id ? NumbersOf(*id) : std::string();
}

// The same of a plan's file. One number is the plan's in `plans/03-PLAN.md`, and the phase's in
// `08-x/08-PLAN.md`, which says nothing about the plan.
std::string NumbersOfPlan(const PlanUnit& unit) {
  const auto in_name = PlanIdFromFileName(FileNameOf(unit.root_path));
  if (!in_name) return {};
  const bool only_phase = in_name->phase_number.empty() &&
                          NormalizePlanName(in_name->plan) == NormalizePlanName(unit.id.phase_number);
  return only_phase ? std::string() : NumbersOf(unit.id);
}

// "08-01-auth" for "08-01-auth-SUMMARY.md" and `end` "summary.md", "" for "SUMMARY.md"; nothing for others.
std::optional<std::string_view> StemBefore(std::string_view name, std::string_view end) {
  if (name.size() < end.size() || !EqualsIgnoreCase(name.substr(name.size() - end.size()), end)) return {};
  name.remove_suffix(end.size());
  if (name.empty()) return name;
  if (name.back() != '-' && name.back() != '_') return {};
  return name.substr(0, name.size() - 1);
}

// A plan that stopped half-way has a summary, too, and so has one that was only simulated.
bool SaysUnfinished(const Workspace& workspace, const std::string& summary) {
  constexpr size_t kFrontMatterBytes = size_t{16} << 10;
  auto head = workspace.ReadHead(summary, kFrontMatterBytes);
  if (!head) return false;
  // Hardly any does: a look for the words spares reading the fields.
  const std::string fields =
      ToLower(std::string_view(*head).substr(0, head->find("\n---", head->find("---"))));
  if (fields.find("halted") == std::string::npos && fields.find("simulated") == std::string::npos)
    return false;
  const SourceFile file(FileId{0}, summary, std::move(*head));
  std::vector<SyntaxFact> ignored;  // a summary is nobody's plan: what is wrong in it is not reported
  uint32_t body_begin = 0;
  const Header header = ParseHeader(file, ignored, body_begin);
  const std::string_view status = Trim(header.status.value);
  return EqualsIgnoreCase(status, "halted") || EqualsIgnoreCase(status, "simulated");
}

// ---- the folder of a phase

class PhaseFolder {
 public:
  PhaseFolder(PlanSet& set, Phase& phase, const Workspace& workspace)
      : set_(set), phase_(phase), workspace_(workspace) {
    std::set<std::string, std::less<>> compiled;
    for (const PlanIndex plan : phase.plans) {
      const PlanUnit& unit = set.units[plan.value];
      const std::string_view name = FileNameOf(unit.root_path);
      compiled.emplace(name);
      const std::string numbers = NumbersOfPlan(unit);
      ++plan_numbers_[numbers];
      // A README that somebody compiles is no plan that a summary is written of.
      if (!LooksLikePlanFile(name)) continue;
      ++plan_files_;
      by_stem_.emplace(PlanStem(name), plan);
      by_numbers_.emplace(numbers, plan);
    }
    std::set<std::string, std::less<>> names = compiled;
    for (std::string& name : workspace.List(phase.folder)) names.insert(std::move(name));
    for (const std::string& name : names) {
      if (const auto stem = StemBefore(name, "summary.md")) {
        // Tools call the summary of `PLAN.md` both `SUMMARY.md` and `PLAN-SUMMARY.md`.
        const std::string_view of = EqualsIgnoreCase(*stem, "plan") ? std::string_view() : *stem;
        summaries_.push_back({name, ToLower(of), NumbersOfName(of)});
        summary_numbers_.insert(summaries_.back().numbers);
      } else if (name.ends_with(".md")) {
        stems_.insert(PlanStem(name));
        if (!LooksLikePlanFile(name) || compiled.count(name) > 0) continue;
        ++plan_numbers_[NumbersOfName(name)];
        ++plan_files_;
        phase.complete = false;
      }
    }
  }

  void PairSummaries() {
    for (const Summary& summary : summaries_) {
      const std::string path = Join(phase_.folder, summary.name);
      if (const auto plan = PlanOf(summary)) {
        std::string& known = set_.units[plan->value].summary;
        if (known.empty() && !SaysUnfinished(workspace_, path)) known = path;
      } else if (!summary.numbers.empty() && AllNumbered() && plan_numbers_.count(summary.numbers) == 0 &&
                 stems_.count(summary.stem) == 0) {
        phase_.orphan_summaries.push_back(path);
      }
    }
  }

  bool AllNumbered() const { return plan_numbers_.count("") == 0; }
  // Is there a plan of these numbers, or the summary of one that is gone?
  bool Has(const std::string& numbers) const {
    return plan_numbers_.count(numbers) > 0 || summary_numbers_.count(numbers) > 0;
  }

 private:
  struct Summary {
    std::string name, stem, numbers;
  };

  // "01-02-fix" of "01-02-FIX-PLAN.md", and of "01-02-FIX.md", which is a plan to those who call it so.
  static std::string PlanStem(std::string_view name) {
    return ToLower(
        StemBefore(name, "plan.md").value_or(name.substr(0, name.size() - std::min<size_t>(name.size(), 3))));
  }

  // By its whole name; else by its numbers, when only one plan has them.
  std::optional<PlanIndex> PlanOf(const Summary& summary) const {
    if (const auto same = by_stem_.find(summary.stem); same != by_stem_.end()) return same->second;
    if (plan_files_ == 1 && !by_stem_.empty()) {
      const auto& [stem, plan] = *by_stem_.begin();
      if ((stem.empty() || NamesFolder(stem)) && IsOfFolder(summary.stem)) return plan;
    }
    const auto files = plan_numbers_.find(summary.numbers);
    if (summary.numbers.empty() || files == plan_numbers_.end() || files->second != 1) return std::nullopt;
    const auto same = by_numbers_.find(summary.numbers);
    if (same == by_numbers_.end()) return std::nullopt;
    return same->second;
  }

  // "03" and "03-auth" in the folder "03-auth".
  bool NamesFolder(std::string_view word) const {
    const std::string_view folder = FileNameOf(phase_.folder);
    const std::string name = NormalizePlanName(word);
    if (name == NormalizePlanName(folder)) return true;
    const auto id = PlanIdFromFileName(folder);
    return id && id->phase_number.empty() && name == NormalizePlanName(id->plan);
  }
  // These, and "03-01": the first plan of the phase, which `PLAN.md` or `03-PLAN.md` alone in it is.
  bool IsOfFolder(std::string_view word) const {
    if (NamesFolder(word)) return true;
    const size_t dash = word.rfind('-');
    return dash != std::string_view::npos && NormalizePlanName(word.substr(dash + 1)) == "1" &&
           NamesFolder(word.substr(0, dash));
  }

  PlanSet& set_;
  Phase& phase_;
  const Workspace& workspace_;
  std::vector<Summary> summaries_;
  std::set<std::string> summary_numbers_;
  std::set<std::string> stems_;              // of every Markdown file
  std::map<std::string, int> plan_numbers_;  // how many plan files have them
  int plan_files_ = 0;                       // called like plans, compiled or not
  std::map<std::string, PlanIndex> by_stem_, by_numbers_;
};

// ---- the roadmap

// The lists of plans in a roadmap, by phase number.
struct RoadmapList {
  std::vector<RoadmapEntry> entries;
  bool ambiguous = false;  // several sections of this number list plans: milestones that count anew
};
using Roadmap = std::map<std::string, RoadmapList>;

// The number in a heading such as "### Phase 08: Features"; "" in any other.
std::string PhaseOfHeading(std::string_view heading) {
  const std::string lower = ToLower(heading);
  constexpr std::string_view kPhase = "phase ";
  const size_t at = lower.find(kPhase);
  if (at == std::string::npos) return {};
  const std::string_view rest = std::string_view(lower).substr(at + kPhase.size());
  const std::string_view number =
      rest.substr(0, rest.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz."));
  const auto id = PlanIdFromFileName(number);
  return id ? NormalizePlanName(id->plan) : std::string();
}

// The numbers of the plan that an item of a list is about: "- [x] 08-03-PLAN.md — …", "- [ ] 08-03: …",
// "- [08-03-auth-PLAN.md](…)". Without a checkbox it has to say PLAN.
std::string_view PlanOfItem(std::string_view line) {
  line = Trim(line);
  if (line.size() < 2 || (line[0] != '-' && line[0] != '*' && line[0] != '+') || line[1] != ' ') return {};
  line = Trim(line.substr(1));
  const bool checkbox = line.size() > 3 && line[0] == '[' && line[2] == ']';
  if (checkbox) line = Trim(line.substr(3));
  while (!line.empty() && (line[0] == '`' || line[0] == '*' || line[0] == '[' || line[0] == '~'))
    line.remove_prefix(1);
  if (const std::string_view plan = "Plan "; line.starts_with(plan)) line.remove_prefix(plan.size());
  size_t end = 0;
  while (end < line.size() && (IsWordChar(line[end]) || line[end] == '-' || line[end] == '.')) ++end;
  std::string_view word = line.substr(0, end);
  while (word.ends_with('.')) word.remove_suffix(1);
  const bool says_plan = word.ends_with("-PLAN.md") || word.ends_with("-PLAN");
  return says_plan || checkbox ? word : std::string_view();
}

Roadmap ReadRoadmap(std::string_view text) {
  Roadmap roadmap;
  std::string phase;  // of the section that we are in
  size_t level = 0;   // of its heading
  uint32_t number = 0;
  std::set<std::string> done;  // phases whose section with a list has ended
  const auto leave = [&] {
    if (roadmap.count(phase) > 0) done.insert(phase);
    phase.clear();
  };
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) {
      const size_t here = std::min(line.find_first_not_of('#'), line.size());
      std::string next = PhaseOfHeading(line.substr(here));
      if (next.empty() && here > level) continue;  // a part of this section
      leave();
      phase = std::move(next);
      level = here;
      continue;
    }
    if (phase.empty()) continue;
    const std::string_view word = PlanOfItem(line);
    const auto id = PlanIdFromFileName(word);
    if (!id || NormalizePlanName(id->phase_number) != phase) continue;
    RoadmapList& list = roadmap[phase];
    list.ambiguous = list.ambiguous || done.count(phase) > 0;
    list.entries.push_back({std::string(word), number});
  }
  return roadmap;
}

class Roadmaps {
 public:
  explicit Roadmaps(const Workspace& workspace) : workspace_(workspace) {}

  // Of `.planning/phases/08-x`: `.planning/ROADMAP.md`. Archived milestones have none of their own.
  static std::string PathFor(std::string_view phase_folder) {
    const std::string_view phases = FolderOf(phase_folder);
    if (FileNameOf(phases) != "phases") return {};
    return Join(FolderOf(phases), "ROADMAP.md");
  }

  const Roadmap& At(const std::string& path) {
    constexpr size_t kMostBytes = size_t{4} << 20;
    const auto [known, is_new] = read_.try_emplace(path);
    if (is_new) known->second = ReadRoadmap(workspace_.ReadHead(path, kMostBytes).value_or(""));
    return known->second;
  }

 private:
  const Workspace& workspace_;
  std::map<std::string, Roadmap> read_;
};

void CompareWithRoadmap(const PlanSet& set, const PhaseFolder& files, Roadmaps& roadmaps, Phase& phase) {
  const std::string path = Roadmaps::PathFor(phase.folder);
  if (path.empty() || !phase.complete) return;
  const std::string number = NormalizePlanName(set.units[phase.plans.front().value].id.phase_number);
  const Roadmap& roadmap = roadmaps.At(path);
  const auto list = roadmap.find(number);
  if (list == roadmap.end() || list->second.ambiguous || !files.AllNumbered()) return;
  phase.roadmap.path = path;
  phase.roadmap.line = list->second.entries.front().line;
  std::set<std::string> listed;
  for (const RoadmapEntry& entry : list->second.entries) {
    const std::string numbers = NumbersOfName(entry.plan);
    if (listed.insert(numbers).second && !files.Has(numbers)) phase.roadmap.missing.push_back(entry);
  }
  for (const PlanIndex plan : phase.plans) {
    const PlanUnit& unit = set.units[plan.value];
    if (!unit.superseded && listed.count(NumbersOfPlan(unit)) == 0) phase.roadmap.unlisted.push_back(plan);
  }
}

}  // namespace

void ComparePhases(PlanSet& set, const Workspace& workspace) {
  std::map<std::string_view, std::vector<PlanIndex>> folders;
  for (uint32_t p = 0; p < set.units.size(); ++p) folders[FolderOf(set.units[p].root_path)].push_back({p});
  Roadmaps roadmaps(workspace);
  for (auto& [folder, plans] : folders) {
    Phase phase{
        .folder = std::string(folder), .plans = std::move(plans), .orphan_summaries = {}, .roadmap = {}};
    for (const PlanIndex plan : phase.plans) {
      const PlanUnit& unit = set.units[plan.value];
      if (!unit.superseded && unit.plan.header.wave_value == 0) phase.first_wave = 0;
    }
    PhaseFolder files(set, phase, workspace);
    files.PairSummaries();
    CompareWithRoadmap(set, files, roadmaps, phase);
    set.phases.push_back(std::move(phase));
  }
}

}  // namespace gsd
