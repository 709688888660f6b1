#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "analysis/plan_resolution.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

class Checker {
 public:
  Checker(const PlanSet& plans, Reporter& report)
      : plans_(plans), report_(report), reach_(plans.union_graph) {}

  void Run() {
    if (plans_.paths.empty()) return;
    for (uint32_t reader = 0; reader < plans_.tasks.size(); ++reader) CheckReader(reader);
  }

 private:
  const PlanUnit& UnitOf(uint32_t task) const { return plans_.units[plans_.tasks[task].plan.value]; }

  void CheckReader(uint32_t reader) {
    const PlanUnit& unit = UnitOf(reader);
    const TaskRef ref = plans_.tasks[reader];
    const Task& task = unit.plan.tasks[ref.task];
    if (!unit.open() || task.read_first.empty() || unit.tasks[ref.task].checkpoint) return;
    if (writers_.empty()) IndexWriters();
    const std::vector<uint32_t>& own = unit.tasks[ref.task].writes;
    std::map<uint32_t, std::vector<const PathEntry*>> races;  // by writer
    for (const PathEntry& entry : task.read_first) {
      // Notes about the work change all the time; nobody waits for them.
      if (!IsConcretePath(entry) || NormalizedView(entry.path).starts_with(".planning/")) continue;
      const auto path = ids_.find(NormalizedView(entry.path));
      // What it writes itself is a write conflict.
      if (path == ids_.end() || std::ranges::binary_search(own, path->second)) continue;
      if (const auto writer = RacingWriter(reader, path->second)) races[*writer].push_back(&entry);
    }
    for (const auto& [writer, entries] : races) Report(reader, writer, entries);
  }

  // The first task that writes the file, in no order with `reader`.
  std::optional<uint32_t> RacingWriter(uint32_t reader, uint32_t path) {
    constexpr size_t kMostWriters = 64;
    const auto& writers = writers_[path];
    for (size_t i = 0; i < std::min(writers.size(), kMostWriters); ++i) {
      const uint32_t writer = writers[i];
      // undeclared-dependency has more to say about the earlier ones of a plan.
      if (UnitOf(writer).plan.file == UnitOf(reader).plan.file && writer < reader) continue;
      if (!UnitOf(writer).open() || !InOnePhase(UnitOf(writer), UnitOf(reader))) continue;
      if (reach_.Comparable(reader, writer) == Reachability::Answer::kNo) return writer;
    }
    return std::nullopt;
  }

  // Phases run one after the other; of different waves, those who run plans wave by wave never see the race.
  static bool InOnePhase(const PlanUnit& a, const PlanUnit& b) {
    return FolderOf(a.root_path) == FolderOf(b.root_path) &&
           a.plan.header.wave_value == b.plan.header.wave_value;
  }

  void IndexWriters() {
    writers_.resize(plans_.paths.size());
    for (uint32_t path = 0; path < plans_.paths.size(); ++path) ids_.emplace(plans_.paths[path], path);
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      for (const uint32_t path : UnitOf(task).tasks[plans_.tasks[task].task].writes)
        writers_[path].push_back(task);
    }
  }

  void Report(uint32_t reader, uint32_t writer, const std::vector<const PathEntry*>& entries) {
    const PlanUnit& unit = UnitOf(reader);
    const Task& task = plans_.TaskAt(reader);
    const Task& other = plans_.TaskAt(writer);
    std::set<std::string> names;
    for (const PathEntry* entry : entries) names.insert(Quoted(entry->path));
    auto finding = report_.At(entries.front()->span, "{} reads {} while {} may be writing {}",
                              TaskNounIn(plans_, unit, task), ListOf({names.begin(), names.end()}),
                              TaskNounIn(plans_, UnitOf(writer), other), names.size() == 1 ? "it" : "them");
    const auto written = std::ranges::find_if(other.files, [&](const PathEntry& file) {
      return NormalizedView(file.path) == NormalizedView(entries.front()->path);
    });
    finding.Label(written == other.files.end() ? TaskHead(other) : written->span, "written here");
    // Agents of different plans work in copies of their own: the reader sees the old state, or the new one.
    if (&unit != &UnitOf(writer)) finding.As(Severity::kNote);
    finding.Help("let one of the two depend on the other, so that it is clear which state is read");
  }

  const PlanSet& plans_;
  Reporter& report_;
  Reachability reach_;
  std::unordered_map<std::string_view, uint32_t> ids_;
  std::vector<std::vector<uint32_t>> writers_;  // by path; filled when the first task reads something
};

void Check(const PlanSet& plans, Reporter& report) { Checker(plans, report).Run(); }

}  // namespace

extern constinit const Rule read_write_race = {
    {.name = "read-write-race",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .summary = "A task must read a file that another task may be writing at the same time.",
     .rationale =
         "Whether the reader sees the file before, after or in the middle of the change depends on which "
         "agent is quicker, so two runs of one plan give two results. Compared is what <read_first> names "
         "with the <files> of the tasks that are in no order with the reader: later ones of its plan, and, "
         "as "
         "a note, those of other plans of the phase with the same `wave`, since agents of different plans "
         "work in copies of their own. Paths under .planning/ do not count. Let the reader depend on the "
         "writer, or the writer on the reader; undeclared-dependency reports earlier writers of the plan."},
    Check};

}  // namespace gsd::rules
