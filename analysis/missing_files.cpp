// Files that plans count on beside their @ references: those that verify commands run or search, those that
// MISSING sentinels wait for, and artifacts. What is neither on disk nor written in time is a fact for rules.
//
// Silent wherever somebody else may have written the file: in plans that have been executed, and where plans
// of the same phase are not being compiled.
#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"
#include "analysis/verify_files.h"
#include "frontend/values.h"

namespace gsd {

namespace {

struct Writer {
  uint32_t plan = 0, task = 0;
};

class MissingFileFinder {
 public:
  MissingFileFinder(PlanSet& set, const Workspace& workspace) : set_(set), workspace_(workspace) {}

  void Run() {
    if (!set_.options.check_references) return;
    FindWriters();
    external_.assign(set_.units.size(), false);
    for (const PlanDependency& other : set_.graph.others) {
      if (other.state == PlanDependencyState::kExternal) external_[other.plan.value] = true;
    }
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      const PlanUnit& unit = set_.units[p];
      if (!unit.open()) continue;
      searches_ = lookups_ = 0;
      judged_.reset();
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) ReadTask(p, t);
      if (!unit.plan.header.must_haves) continue;
      for (const Artifact& artifact : unit.plan.header.must_haves->artifacts) ReadArtifact(p, artifact);
    }
  }

 private:
  void ReadTask(uint32_t p, uint32_t t) {
    const PlanUnit& unit = set_.units[p];
    const Task& task = unit.plan.tasks[TaskId{t}];
    std::set<std::string> seen;  // a file is told of once a task
    for (const VerifyCommand& command : unit.tasks[TaskId{t}].verify) {
      for (const VerifyFile& file : FilesOf(command)) {
        if (seen.insert(file.places.front()).second)
          Judge(p, t, FileUse::kVerify, file.span, file.path, file.places);
      }
    }
    for (const Element& element : task.elements) {
      if (element.tag != Tag::kAutomated || !IsMissingSentinel(unit.source->Slice(element.body))) continue;
      ReadSentinel(p, t, element.body);
    }
  }

  // The first word of the sentinel that looks like a path.
  void ReadSentinel(uint32_t p, uint32_t t, Span body) {
    const SourceFile& file = *set_.units[p].source;
    std::string_view text = file.Slice(body);
    while (!text.empty()) {
      const size_t begin = std::min(text.find_first_not_of(" \t\r\n`\"'{}(),"), text.size());
      text.remove_prefix(begin);
      std::string_view word = text.substr(0, text.find_first_of(" \t\r\n`\"'{}(),"));
      text.remove_prefix(word.size());
      while (word.ends_with('.') || word.ends_with(':') || word.ends_with(';')) word.remove_suffix(1);
      const size_t dot = word.rfind('.');
      if (dot == std::string_view::npos || dot + 1 >= word.size() ||
          word.find('*') != std::string_view::npos ||
          (word.find('/') == std::string_view::npos && word.find('.') == dot && word.size() - dot > 5))
        continue;
      const std::string path = NormalizePath(word);
      if (!path.empty()) Judge(p, t, FileUse::kSentinel, file.SpanOf(word), std::string(word), {path});
      return;
    }
  }

  void ReadArtifact(uint32_t p, const Artifact& artifact) {
    const std::string_view written = artifact.path.value;
    const PathKind kind = ClassifyPath(written);
    if (kind != PathKind::kFile || artifact.path.span.size() == 0) return;
    if (written.find_first_of(" \t\n{}<>$`|:") != std::string_view::npos) return;
    std::string path = NormalizePath(written);
    // Planning documents are written by the workflow, build outputs by the build.
    if (path.empty() || path.find('.') == std::string::npos || path.starts_with(".planning/") ||
        IsBuildOutput(path))
      return;
    const auto tasks = static_cast<uint32_t>(set_.units[p].plan.tasks.size());
    Judge(p, tasks, FileUse::kArtifact, artifact.path.span, std::string(written), {path});
  }

  // `task` may be the number of tasks: at the plan's end.
  void Judge(uint32_t p, uint32_t task, FileUse use, Span span, std::string path,
             const std::vector<std::string>& places) {
    std::optional<TaskRef> later;
    for (const std::string& place : places) {
      if (IsWritten(p, task, place, later)) return;
    }
    constexpr int kMostLookups = 1000;  // a plan; the disk is slow
    if (++lookups_ > kMostLookups || !MayBeJudged(p)) return;
    for (const std::string& place : places) {
      if (workspace_.Stat(place)) return;
    }
    // Where its top folder is unknown, the command means another root than ours.
    if (use == FileUse::kVerify && !later &&
        !std::any_of(places.begin(), places.end(),
                     [&](const auto& place) { return IsKnownFolder(place.substr(0, place.find('/'))); }))
      return;
    if (!later && IsMentioned(p, task, path)) return;
    set_.missing_files.push_back({PlanIndex{p}, TaskId{task}, use, span, std::move(path), later});
  }

  // By this task or an earlier one, or by a plan that does not come later. Else `later` is who writes it.
  bool IsWritten(uint32_t p, uint32_t task, const std::string& path, std::optional<TaskRef>& later) {
    const auto found = writers_.find(path);
    if (found == writers_.end()) return false;
    for (const Writer& writer : found->second) {
      if (writer.plan == p ? writer.task <= task : !ComesLater(writer.plan, p)) return true;
      if (!later) later = TaskRef{PlanIndex{writer.plan}, TaskId{writer.task}};
    }
    return false;
  }

  bool ComesLater(uint32_t plan, uint32_t than) const {
    return FolderOf(set_.units[plan].root_path) == FolderOf(set_.units[than].root_path) &&
           set_.graph.waves[plan] > set_.graph.waves[than];
  }

  // files_modified counts from the plan's first task on, where no task says that it writes the file.
  void FindWriters() {
    for (uint32_t p = 0; p < set_.units.size(); ++p) {
      const PlanUnit& unit = set_.units[p];
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
        for (const uint32_t path : unit.tasks[TaskId{t}].writes) {
          const std::string_view name = set_.paths[path];
          writers_[std::string(name)].push_back({p, t});
          AddFolders(name);
        }
      }
      for (const PathEntry& entry : unit.plan.header.files_modified) {
        std::string path = NormalizePath(entry.path);
        AddFolders(path);
        std::vector<Writer>& writers = writers_[std::move(path)];
        if (writers.empty() || writers.back().plan != p) writers.push_back({p, 0});
      }
    }
  }

  void AddFolders(std::string_view path) { folders_[std::string(path.substr(0, path.find('/')))] = true; }

  bool IsKnownFolder(const std::string& folder) {
    const auto [known, is_new] = folders_.try_emplace(folder, false);
    if (is_new) known->second = workspace_.Stat(folder).has_value();
    return known->second;
  }

  // Tasks do not list all that they write; a name in their text, or in a section of the plan, is then all
  // there is.
  bool IsMentioned(uint32_t p, uint32_t task, std::string_view path) {
    constexpr int kMostSearches = 64;  // a plan; each reads its text once
    if (++searches_ > kMostSearches) return true;
    const PlanUnit& unit = set_.units[p];
    const std::string_view name = FileNameOf(path);
    const auto names = [&](Span body) {
      return unit.source->Slice(body).find(name) != std::string_view::npos;
    };
    for (const Section& section : unit.plan.sections) {
      const bool lists_checks = section.tag == Tag::kVerification || section.tag == Tag::kSuccessCriteria;
      if (section.tag != Tag::kTasks && !lists_checks && names(section.body)) return true;
    }
    for (uint32_t t = 0; t < unit.plan.tasks.size() && t <= task; ++t) {
      for (const Element& element : unit.plan.tasks[TaskId{t}].elements) {
        const bool says_what_to_do = element.tag == Tag::kAction || element.tag == Tag::kBehavior ||
                                     element.tag == Tag::kImplementation || element.tag == Tag::kFiles ||
                                     element.tag == Tag::kName || element.tag == Tag::kDescription ||
                                     element.tag == Tag::kInstructions;
        if (says_what_to_do && names(element.body)) return true;
      }
    }
    return false;
  }

  // Not in a plan that has been executed, nor while a plan of its phase is neither compiled nor executed.
  bool MayBeJudged(uint32_t p) {
    if (judged_) return *judged_;
    const PlanUnit& unit = set_.units[p];
    judged_ = !external_[p] && !HasUnknownNeighbour(unit);
    return *judged_;
  }

  bool HasUnknownNeighbour(const PlanUnit& unit) {
    const std::string folder(FolderOf(unit.root_path));
    const auto [known, is_new] = unknown_neighbours_.try_emplace(folder, false);
    if (!is_new) return known->second;
    if (compiled_.empty()) {
      for (const PlanUnit& other : set_.units) compiled_.insert(other.root_path);
    }
    for (const std::string& name : workspace_.List(folder)) {
      const std::string path = folder.empty() ? name : folder + "/" + name;
      if (!LooksLikePlanFile(name) || compiled_.count(path) > 0) continue;
      const auto summary = SummaryPathOf(path);
      if (summary && workspace_.Stat(*summary)) continue;
      known->second = true;
    }
    return known->second;
  }

  PlanSet& set_;
  const Workspace& workspace_;
  std::unordered_map<std::string, std::vector<Writer>> writers_;
  std::unordered_map<std::string, bool> folders_;  // top folders, and whether anything is known to be there
  std::unordered_map<std::string, bool> unknown_neighbours_;  // by folder
  std::set<std::string> compiled_;
  std::vector<bool> external_;      // by plan: depends on a plan that is not compiled
  std::optional<bool> judged_;      // of the current plan
  int searches_ = 0, lookups_ = 0;  // of the current plan
};

}  // namespace

void FindMissingFiles(PlanSet& set, const Workspace& workspace) { MissingFileFinder(set, workspace).Run(); }

}  // namespace gsd
