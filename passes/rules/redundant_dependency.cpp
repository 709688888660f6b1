#include <algorithm>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using EdgePair = std::pair<uint32_t, uint32_t>;

// Edges that follow from other declared ones, sorted by where they lead.
std::vector<EdgePair> RedundantDeclared(const PlanUnit& unit) {
  std::vector<EdgePair> declared;
  for (const TaskEdge& edge : unit.graph.edges) {
    if (edge.source == EdgeSource::kDeclared) declared.emplace_back(edge.from.value, edge.to.value);
  }
  if (declared.size() < 3) return {};
  auto redundant = RedundantEdges(Digraph(unit.plan.tasks.size(), declared));
  std::ranges::sort(redundant, {}, [](const EdgePair& edge) { return std::pair(edge.second, edge.first); });
  return redundant;
}

// Takes the words of a list for which `out[i]` holds, each with a separator; nothing when words share their
// text ("1-3"). One word at least stays.
std::optional<std::vector<Edit>> RemoveWords(const std::vector<DependencyRef>& list,
                                             const std::vector<bool>& out) {
  for (size_t i = 1; i < list.size(); ++i) {
    if (list[i - 1].span.end > list[i].span.begin) return std::nullopt;
  }
  std::vector<Edit> edits;
  for (size_t first = 0; first < list.size();) {
    size_t end = first;
    while (end < list.size() && out[end]) ++end;
    if (end > first) {
      Span removed{list[first].span.file, list[first].span.begin, list[end - 1].span.end};
      if (end < list.size()) {
        removed.end = list[end].span.begin;
      } else if (first > 0) {
        removed.begin = list[first - 1].span.end;
      } else {
        return std::nullopt;
      }
      edits.push_back({removed, ""});
    }
    first = end + 1;
  }
  return edits;
}

// `edges`: the redundant ones into `id`.
void ReportTask(const PlanUnit& unit, TaskId id, std::span<const EdgePair> edges, Reporter& report) {
  const Task& task = unit.plan.tasks[id];
  if (!task.depends_on) return;
  // A word that stands for several tasks goes only if all of them do.
  std::vector<bool> out(task.depends_on->size(), false);
  std::vector<TaskId> named;
  for (const TaskEdge& edge : unit.graph.Into(id)) {
    const auto word = std::ranges::find(*task.depends_on, edge.span, &DependencyRef::span);
    if (word == task.depends_on->end()) continue;
    const auto words = std::ranges::count(unit.graph.Into(id), edge.span, &TaskEdge::span);
    const bool redundant = std::ranges::count(edges, EdgePair(edge.from.value, id.value)) > 0;
    if (words > 1 || !redundant) continue;
    out[static_cast<size_t>(word - task.depends_on->begin())] = true;
    named.push_back(edge.from);
  }
  const auto first = std::ranges::find(out, true);
  if (first == out.end()) return;
  const Span span = (*task.depends_on)[static_cast<size_t>(first - out.begin())].span;
  auto finding = report.At(span, "{} waits for {} anyway, through what else it depends on", TaskNoun(task),
                           TaskNouns(unit.plan, named));
  const std::string advice = fmt::format("leave {} out", TaskNouns(unit.plan, named));
  if (auto edits = RemoveWords(*task.depends_on, out)) {
    finding.SafeFix(advice, std::move(*edits));
  } else {
    finding.Help("{}", advice);
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  constexpr size_t kLongestList = 256;  // nobody reads more names; what follows compares them all
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    const std::vector<EdgePair> redundant = RedundantDeclared(unit);
    for (size_t i = 0; i < redundant.size();) {
      size_t end = i;
      while (end < redundant.size() && redundant[end].second == redundant[i].second) ++end;
      const TaskId task{redundant[i].second};
      if (unit.graph.Into(task).size() <= kLongestList)
        ReportTask(unit, task, std::span(redundant).subspan(i, end - i), report);
      i = end;
    }
  }
}

}  // namespace

extern constinit const Rule redundant_dependency = {
    {.name = "redundant-dependency",
     .category = "task-graph",
     .severity = Severity::kNote,
     .fixable = Fixable::kSafe,
     .summary = "A task names a dependency that follows from the others it names.",
     .rationale =
         "A task waits for everything that its dependencies wait for, so a name that they imply changes "
         "nothing about the order. It does hide which dependencies matter, has to be kept right, and splits "
         "batches: only tasks with the same list share one. Only what is declared is compared; what was "
         "inferred may be inferred otherwise tomorrow."},
    Check};

}  // namespace gsd::rules
