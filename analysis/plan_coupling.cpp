// Which files tie plans of one phase together. The files that a phase writes are put into a table, and each
// plan's text is read once against it, word by word. Shared documents of the planning itself (ROADMAP, STATE
// …) tie nothing: whoever runs the plans writes them.
#include "analysis/plan_coupling.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "analysis/path_words.h"
#include "analysis/plan_resolution.h"
#include "analysis/steps.h"

namespace gsd {

namespace {

// Of more plans that write one file, and of more pairs in a phase, the first ones are enough to say what is
// wrong.
constexpr size_t kMostWriters = 16;
constexpr size_t kMostCouplings = 100'000;

struct Writer {
  PlanIndex plan;
  Span span;
};

bool IsPlanningDocument(std::string_view path) {
  return path.ends_with(".md") && (path.starts_with(".planning/") || path.find("/.planning/") != path.npos);
}

class PhaseCoupling {
 public:
  PhaseCoupling(PlanSet& set, const Phase& phase, const Workspace& workspace)
      : set_(set), phase_(phase), workspace_(workspace) {}

  void Run() {
    for (const PlanIndex plan : phase_.plans) {
      if (!set_.units[plan.value].superseded) AddWrites(plan);
    }
    for (const PlanIndex plan : phase_.plans) {
      if (!set_.units[plan.value].superseded) ReadPlan(plan);
    }
  }

 private:
  void AddWrites(PlanIndex plan) {
    const Plan& text = set_.units[plan.value].plan;
    for (const Task& task : text.tasks) {
      for (const PathEntry& entry : task.files) AddWrite(plan, entry);
    }
    for (const PathEntry& entry : text.header.files_modified) AddWrite(plan, entry);
  }

  void AddWrite(PlanIndex plan, const PathEntry& entry) {
    if (entry.kind != PathKind::kFile) return;
    std::string path = NormalizePath(entry.path);
    if (path.empty() || IsPlanningDocument(path)) return;
    std::vector<Writer>& writers = writers_[path];
    if (!writers.empty() && writers.back().plan == plan) return;  // plan by plan: no need to look further
    if (writers.size() == kMostWriters) return;
    for (const Writer& other : writers) {
      Add({other.plan, plan, CouplingKind::kSameFile, path, false, other.span, entry.span});
    }
    writers.push_back({plan, entry.span});
  }

  // What the agent is told to read and to do; not what checks the result.
  void ReadPlan(PlanIndex plan) {
    const PlanUnit& unit = set_.units[plan.value];
    for (const Reference& reference : unit.plan.references) {
      if (!reference.in_execution_context) Name(plan, reference.path.path, reference.path.span, true);
    }
    for (const Task& task : unit.plan.tasks) {
      for (const PathEntry& entry : task.read_first) Name(plan, entry.path, entry.span, true);
    }
    for (const Task& task : unit.plan.tasks) {
      for (const Element& element : task.elements) {
        if (element.tag != Tag::kAction) continue;
        ForEachPathWord(unit.source->Slice(element.body),
                        [&](std::string_view word) { Name(plan, word, unit.source->SpanOf(word), false); });
      }
    }
  }

  void Name(PlanIndex plan, std::string_view word, Span span, bool reads) {
    const auto found = writers_.find(NormalizedView(word));
    if (found == writers_.end()) return;
    const auto& [path, writers] = *found;
    // A plan that writes the file itself shares it: that has been said above.
    if (std::any_of(writers.begin(), writers.end(), [&](const Writer& w) { return w.plan == plan; })) return;
    const auto kind = reads ? CouplingKind::kReadsFile : CouplingKind::kMentionsFile;
    const bool is_new = reads && !workspace_.Stat(path).has_value();
    for (const Writer& writer : writers) Add({writer.plan, plan, kind, path, is_new, writer.span, span});
  }

  // Each file once for a pair.
  void Add(PlanCoupling coupling) {
    if (known_.size() >= kMostCouplings) return;
    if (!known_.emplace(coupling.first, coupling.second, coupling.path).second) return;
    set_.couplings.push_back(std::move(coupling));
  }

  PlanSet& set_;
  const Phase& phase_;
  const Workspace& workspace_;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::vector<Writer>, Hash, std::equal_to<>> writers_;
  std::set<std::tuple<PlanIndex, PlanIndex, std::string>> known_;
};

// What a plan of another phase writes is there before, or will be there anyway.
void MarkWrittenElsewhere(PlanSet& set) {
  std::unordered_map<std::string, std::set<std::string_view>> phases;  // that write a wanted path
  for (const PlanCoupling& coupling : set.couplings) {
    if (coupling.is_new) phases.try_emplace(coupling.path);
  }
  if (phases.empty()) return;
  for (const PlanUnit& unit : set.units) {
    const auto mark = [&](const PathEntry& entry) {
      const auto wanted = phases.find(NormalizePath(entry.path));
      if (wanted != phases.end()) wanted->second.insert(FolderOf(unit.root_path));
    };
    for (const Task& task : unit.plan.tasks) std::for_each(task.files.begin(), task.files.end(), mark);
    const auto& listed = unit.plan.header.files_modified;
    std::for_each(listed.begin(), listed.end(), mark);
  }
  for (PlanCoupling& coupling : set.couplings) {
    if (coupling.is_new) coupling.is_new = phases.at(coupling.path).size() == 1;
  }
}

}  // namespace

void FindCouplings(PlanSet& set, const Workspace& workspace) {
  for (const Phase& phase : set.phases) {
    // Plans that have all been executed are in nobody's way.
    const bool to_do =
        std::ranges::any_of(phase.plans, [&](PlanIndex plan) { return !set.units[plan.value].finished(); });
    if (to_do && phase.plans.size() > 1) PhaseCoupling(set, phase, workspace).Run();
  }
  MarkWrittenElsewhere(set);
}

}  // namespace gsd
