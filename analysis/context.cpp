#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"

namespace gsd {

namespace {

constexpr int64_t kBytesPerToken = 4;  // as the format's users calibrate

class ContextMeter {
 public:
  ContextMeter(PlanSet& set, const Workspace& workspace) : set_(set), workspace_(workspace) {
    for (const std::string& path : set.paths) produced_.insert(path);
    for (const PlanUnit& unit : set.units) {
      compiled_.insert(unit.root_path);
      for (const PathEntry& entry : unit.plan.header.files_modified) produced_.insert(NormalizePath(entry.path));
    }
  }

  void Run() {
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      const int64_t plan_bytes = CheckReferences(PlanIndex{p});
      int64_t inherited = 0;
      PlanUnit& unit = set_.units[p];
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
        const Task& task = unit.plan.tasks[TaskId{t}];
        TaskFacts& facts = unit.tasks[TaskId{t}];
        const int64_t bytes = task.span.size() + plan_bytes + TaskBytes(task);
        facts.context_tokens = bytes / kBytesPerToken;
        if (!facts.inherited_context) continue;
        // The main session still holds what earlier tasks in it have said.
        facts.context_tokens += inherited;
        inherited += facts.estimate.tokens.expected;
      }
    }
  }

 private:
  // Looks the plan's @ references up; returns the bytes of those that exist.
  int64_t CheckReferences(PlanIndex p) {
    const PlanUnit& unit = set_.units[p.value];
    int64_t bytes = 0;
    std::unordered_set<std::string_view> counted;
    for (const Reference& reference : unit.plan.references) {
      CheckedReference checked{p, reference.path, PathState::kNotChecked};
      const PathKind kind = reference.path.kind;
      if (!reference.in_execution_context && (kind == PathKind::kFile || kind == PathKind::kDirectory)) {
        int64_t size = 0;
        checked.state = StateOf(reference.path.path, size);
        if (counted.insert(reference.path.path).second) bytes += size;
      }
      set_.references.push_back(checked);
    }
    return bytes;
  }

  PathState StateOf(std::string_view written, int64_t& size) {
    const std::string path = NormalizePath(written);
    if (path.empty()) return PathState::kOutside;
    if (const auto info = Stat(path)) {
      size = info->bytes;
      return PathState::kExists;
    }
    if (produced_.count(path) > 0 || IsSummaryOfPlan(path)) return PathState::kProduced;
    if (written.ends_with('/') && IsProducedFolder(path)) return PathState::kProduced;
    return set_.options.check_references ? PathState::kMissing : PathState::kNotChecked;
  }

  // 08-01-SUMMARY.md is written when 08-01-PLAN.md has been executed.
  bool IsSummaryOfPlan(const std::string& path) {
    constexpr std::string_view kSummary = "SUMMARY.md";
    if (!path.ends_with(kSummary)) return false;
    const std::string plan = path.substr(0, path.size() - kSummary.size()) + "PLAN.md";
    return compiled_.count(plan) > 0 || Stat(plan).has_value();
  }

  bool IsProducedFolder(const std::string& folder) const {
    return std::any_of(set_.paths.begin(), set_.paths.end(),
                       [&](const std::string& path) { return path.starts_with(folder + "/"); });
  }

  // Existing files that the task works on or must read, each once.
  int64_t TaskBytes(const Task& task) {
    int64_t bytes = 0;
    std::unordered_set<std::string> counted;
    for (const auto* list : {&task.files, &task.read_first}) {
      for (const PathEntry& entry : *list) {
        if (entry.kind != PathKind::kFile) continue;
        std::string path = NormalizePath(entry.path);
        if (path.empty() || !counted.insert(path).second) continue;
        if (const auto info = Stat(path)) bytes += info->bytes;
      }
    }
    return bytes;
  }

  std::optional<FileInfo> Stat(const std::string& path) {
    const auto [known, is_new] = stats_.try_emplace(path);
    if (is_new) known->second = workspace_.Stat(path);
    return known->second;
  }

  PlanSet& set_;
  const Workspace& workspace_;
  std::unordered_set<std::string> produced_, compiled_;
  std::unordered_map<std::string, std::optional<FileInfo>> stats_;
};

}  // namespace

void MeasureContext(PlanSet& set, const Workspace& workspace) { ContextMeter(set, workspace).Run(); }

}  // namespace gsd
