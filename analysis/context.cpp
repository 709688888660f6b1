#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"

namespace gsd {

namespace {

constexpr int64_t kBytesPerToken = 4;  // as the format's users calibrate
// Below this no window is under pressure, and nobody asks which files it is.
constexpr int64_t kWorthNaming = 1'000;  // tokens

// The files that a task, or the plan for all its tasks, will read.
class ReadList {
 public:
  void Add(std::string_view path, int64_t bytes) {
    if (bytes <= 0) return;
    ++files_;
    bytes_ += bytes;
    constexpr size_t kMostNamed = 3;
    if (largest_.size() == kMostNamed && bytes <= largest_.back().second) return;
    const auto place =
        std::find_if(largest_.begin(), largest_.end(), [&](const auto& file) { return file.second < bytes; });
    largest_.emplace(place, path, bytes);
    if (largest_.size() > kMostNamed) largest_.pop_back();
  }
  void Add(const ReadList& other) {
    const int64_t files = files_ + other.files_, bytes = bytes_ + other.bytes_;
    for (const auto& [path, size] : other.largest_) Add(path, size);
    files_ = files;
    bytes_ = bytes;
  }
  int64_t bytes() const { return bytes_; }
  ContextRead Finish(bool named) const {
    ContextRead read{files_, bytes_, {}};
    if (named) {
      for (const auto& [path, bytes] : largest_) read.largest.push_back({std::string(path), bytes});
    }
    return read;
  }

 private:
  int64_t files_ = 0, bytes_ = 0;
  std::vector<std::pair<std::string_view, int64_t>> largest_;  // paths that outlive the list
};

class ContextMeter {
 public:
  ContextMeter(PlanSet& set, const Workspace& workspace)
      : set_(set), workspace_(workspace), written_bytes_(set.paths.size(), kNotLooked) {}

  void Run() {
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      std::unordered_set<std::string> counted;  // what the plan's references have brought in already
      const ReadList plan_reads = CheckReferences(PlanIndex{p}, counted);
      int64_t inherited = 0;
      PlanUnit& unit = set_.units[p];
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
        const Task& task = unit.plan.tasks[TaskId{t}];
        TaskFacts& facts = unit.tasks[TaskId{t}];
        ReadList reads = TaskReads(task, facts, counted);
        reads.Add(plan_reads);
        facts.context_tokens = (task.span.size() + reads.bytes()) / kBytesPerToken;
        facts.reads = reads.Finish(facts.context_tokens >= kWorthNaming);
        if (!facts.inherited_context) continue;
        // The main session still holds what earlier tasks in it have said.
        facts.context_tokens += inherited;
        inherited += facts.estimate.tokens.expected;
      }
    }
  }

 private:
  static constexpr int64_t kNotLooked = -1;

  // Looks the plan's @ references up; returns those that exist.
  ReadList CheckReferences(PlanIndex p, std::unordered_set<std::string>& counted) {
    const PlanUnit& unit = set_.units[p.value];
    ReadList reads;
    for (const Reference& reference : unit.plan.references) {
      CheckedReference checked{p, reference.path, PathState::kNotChecked};
      const PathKind kind = reference.path.kind;
      if (!reference.in_execution_context && (kind == PathKind::kFile || kind == PathKind::kDirectory)) {
        int64_t size = 0;
        checked.state = StateOf(reference.path.path, size);
        const auto [path, is_new] = counted.insert(NormalizePath(reference.path.path));
        if (is_new) reads.Add(*path, size);
      }
      set_.references.push_back(checked);
    }
    return reads;
  }

  PathState StateOf(std::string_view written, int64_t& size) {
    const std::string path = NormalizePath(written);
    if (path.empty()) return PathState::kOutside;
    if (const auto info = Stat(path)) {
      size = info->bytes;
      return PathState::kExists;
    }
    if (IsProduced(path) || (written.ends_with('/') && IsProducedFolder(path))) return PathState::kProduced;
    return set_.options.check_references ? PathState::kMissing : PathState::kNotChecked;
  }

  // Written by a task or a plan of the set, or the summary of a plan. The table is made when it is first
  // needed.
  bool IsProduced(const std::string& path) {
    if (produced_.empty()) {
      for (const std::string_view written : set_.paths) produced_.emplace(written);
      for (const PlanUnit& unit : set_.units) {
        for (const PathEntry& entry : unit.plan.header.files_modified)
          produced_.insert(NormalizePath(entry.path));
        // 08-01-auth-PLAN.md is summed up in 08-01-auth-SUMMARY.md or in 08-01-SUMMARY.md.
        produced_.insert(SummaryPathOf(unit.root_path).value_or(unit.root_path));
        if (unit.id.slug.empty() || unit.id.phase_number.empty()) continue;
        const std::string folder(FolderOf(unit.root_path));
        produced_.insert((folder.empty() ? "" : folder + "/") + unit.id.phase_number + "-" + unit.id.plan +
                         "-SUMMARY.md");
      }
    }
    if (produced_.count(path) > 0) return true;
    constexpr std::string_view kSummary = "SUMMARY.md";
    return path.ends_with(kSummary) &&
           Stat(path.substr(0, path.size() - kSummary.size()) + "PLAN.md").has_value();
  }

  bool IsProducedFolder(const std::string& folder) const {
    return std::any_of(set_.paths.begin(), set_.paths.end(),
                       [&](std::string_view path) { return path.starts_with(folder + "/"); });
  }

  // Existing files that the task works on or must read, each once, and not those that the plan references
  // anyway.
  ReadList TaskReads(const Task& task, const TaskFacts& facts,
                     const std::unordered_set<std::string>& by_plan) {
    ReadList reads;
    for (const uint32_t path : facts.writes) {
      if (by_plan.empty() || by_plan.count(std::string(set_.paths[path])) == 0)
        reads.Add(set_.paths[path], WrittenBytes(path));
    }
    std::unordered_set<std::string> counted;
    for (const PathEntry& entry : task.read_first) {
      if (entry.kind != PathKind::kFile) continue;
      std::string path = NormalizePath(entry.path);
      if (path.empty() || by_plan.count(path) > 0 || !counted.insert(path).second) continue;
      const bool written = std::any_of(facts.writes.begin(), facts.writes.end(),
                                       [&](uint32_t id) { return set_.paths[id] == path; });
      if (written) continue;
      // The table's own text of the path: it outlives this list.
      const auto info = Stat(path);
      if (info) reads.Add(stats_.find(path)->first, info->bytes);
    }
    return reads;
  }

  int64_t WrittenBytes(uint32_t path) {
    int64_t& bytes = written_bytes_[path];
    if (bytes == kNotLooked) {
      const std::string_view name = set_.paths[path];
      const bool inside =
          !name.empty() && name[0] != '/' && name[0] != '~' && name[0] != '$' && !name.starts_with("..");
      const auto info = inside && FolderExists(name) ? workspace_.Stat(name) : std::nullopt;
      bytes = info ? info->bytes : 0;
    }
    return bytes;
  }

  // Most files of a new plan do not exist yet, and neither do their folders: one look for a whole folder.
  bool FolderExists(std::string_view path) {
    const std::string_view folder = FolderOf(path);
    if (folder.empty()) return true;
    const auto known = folders_.find(folder);
    if (known != folders_.end()) return known->second;
    const bool exists = workspace_.Stat(folder).has_value();
    folders_.emplace(folder, exists);
    return exists;
  }

  std::optional<FileInfo> Stat(const std::string& path) {
    const auto [known, is_new] = stats_.try_emplace(path);
    if (is_new && FolderExists(known->first)) known->second = workspace_.Stat(path);
    return known->second;
  }

  PlanSet& set_;
  const Workspace& workspace_;
  std::vector<int64_t> written_bytes_;  // by interned path
  std::unordered_set<std::string> produced_;
  std::unordered_map<std::string_view, bool> folders_;
  std::unordered_map<std::string, std::optional<FileInfo>> stats_;
};

}  // namespace

void MeasureContext(PlanSet& set, const Workspace& workspace) { ContextMeter(set, workspace).Run(); }

}  // namespace gsd
