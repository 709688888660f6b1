#include <algorithm>
#include <map>

#include "analysis/dependency_section.h"
#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using EdgePair = std::pair<uint32_t, uint32_t>;  // ordinals from 0: who is waited for, who waits

std::optional<uint32_t> TakeNumber(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  if (digits == 0 || digits > 6) return std::nullopt;
  const auto number = static_cast<uint32_t>(*ParseInt(text.substr(0, digits)));
  text.remove_prefix(digits);
  return number;
}

bool TakeWord(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// What the Mermaid picture of a generated section shows: its tasks, and its edges with their lines.
struct Picture {
  uint32_t tasks = 0;
  std::map<EdgePair, Span> edges;
};

// Reads `t1["…"]` and `t1 --> t2`, which is how DependencySection draws; other lines are no
// part of the picture.
Picture ReadPicture(const SourceFile& file, Span section) {
  Picture picture;
  for (const std::string_view line : Split(file.Slice(section), '\n')) {
    std::string_view rest = Trim(line);
    const Span span = file.SpanOf(rest);
    if (!TakeWord(rest, "t")) continue;
    const auto from = TakeNumber(rest);
    if (!from || *from == 0) continue;
    if (rest.starts_with("[\"") || rest.starts_with("{{\"")) {
      picture.tasks = std::max(picture.tasks, *from);
    } else if (TakeWord(rest, " --> t") || TakeWord(rest, " -.-> t")) {
      const auto to = TakeNumber(rest);
      if (to && *to > 0 && rest.empty()) picture.edges.emplace(EdgePair(*from - 1, *to - 1), span);
    }
  }
  return picture;
}

std::string Arrow(const PlanUnit& unit, EdgePair edge) {
  return TaskWord(unit.plan.tasks[TaskId{edge.first}]) + " → " +
         TaskWord(unit.plan.tasks[TaskId{edge.second}]);
}

void CheckGenerated(const PlanUnit& unit, Reporter& report) {
  const SourceFile& file = *unit.source;
  const Picture picture = ReadPicture(file, unit.plan.generated_graph);
  const auto count = static_cast<uint32_t>(unit.plan.tasks.size());
  std::vector<std::string> differences;
  std::optional<Span> place;
  if (picture.tasks != count) {
    differences.push_back(
        fmt::format("draws {}, where the plan has {}", Counted(picture.tasks, "task"), count));
  } else {
    // What follows from other edges may be drawn or not: the order is the same.
    std::vector<EdgePair> drawn;
    for (const auto& [edge, span] : picture.edges) {
      if (edge.first < count && edge.second < count) drawn.push_back(edge);
    }
    const Digraph drawing(count, drawn);
    Reachability in_drawing(drawing), in_plan(unit.graph.digraph);
    std::vector<std::string> wrong, lacking;
    for (const EdgePair& edge : drawn) {
      if (in_plan.Reaches(edge.first, edge.second) != Reachability::Answer::kNo) continue;
      wrong.push_back(Arrow(unit, edge));
      if (!place) place = picture.edges.at(edge);
    }
    for (const TaskEdge& edge : unit.graph.edges) {
      const EdgePair pair(edge.from.value, edge.to.value);
      if (in_drawing.Reaches(pair.first, pair.second) == Reachability::Answer::kNo)
        lacking.push_back(Arrow(unit, pair));
    }
    if (!wrong.empty()) differences.push_back("draws " + ListOf(wrong));
    if (!lacking.empty()) differences.push_back("lacks " + ListOf(lacking));
  }
  if (differences.empty()) return;
  auto finding = report.At(place.value_or(FirstLine(file, unit.plan.generated_graph)),
                           "the generated graph no longer agrees with the tasks: it {}", ListOf(differences));
  // In a plan whose markup is broken, the section may not end where it seems to.
  if (unit.plan.syntax.empty()) {
    std::vector<Edit> edits(1);
    edits[0].span = unit.plan.generated_graph;
    edits[0].text = DependencySection(unit);
    finding.SafeFix("write it anew", std::move(edits));
  } else {
    finding.Help("run `gsdc --in-place` on the plan to write it anew");
  }
}

// "Task 4" at the beginning of `text`.
std::optional<int> TakeTask(std::string_view& text) {
  std::string_view rest = text;
  if (!TakeWord(rest, "Task ")) return std::nullopt;
  const auto number = TakeNumber(rest);
  if (!number) return std::nullopt;
  if (rest.size() > 1 && rest[0] == '.' && IsDigit(rest[1])) return std::nullopt;  // of another plan
  text = rest;
  return static_cast<int>(*number);
}

// A section that somebody wrote by hand is read only where it is plain: "Task 1 → Task 2" and "Task 4: …
// (depends-on: 2, 3)".
class HandWritten {
 public:
  HandWritten(const PlanUnit& unit, Reporter& report)
      : unit_(unit), report_(report), reach_(unit.graph.digraph) {
    for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t)
      by_number_[unit.plan.tasks[TaskId{t}].number].push_back(t);
  }

  void Run(Span body) {
    for (const std::string_view line : Split(unit_.source->Slice(body), '\n')) ReadLine(line);
  }

 private:
  void ReadLine(std::string_view line) {
    std::optional<int> before;
    size_t arrows_from = 0;
    for (size_t at = line.find("Task "); at != std::string_view::npos; at = line.find("Task ", at + 1)) {
      std::string_view rest = line.substr(at);
      const auto task = TakeTask(rest);
      if (!task) continue;
      const Span span = unit_.source->SpanOf(line.substr(at, line.size() - at - rest.size()));
      const std::string_view between = line.substr(arrows_from, at - arrows_from);
      const bool arrow =
          between.find("→") != std::string_view::npos || between.find("->") != std::string_view::npos;
      if (before && arrow) Expect(*before, *task, span);
      if (!before) ReadList(*task, rest);
      before = task;
      arrows_from = line.size() - rest.size();
    }
  }

  // "(depends-on: 4,5,6)" behind the task.
  void ReadList(int task, std::string_view rest) {
    const size_t at = rest.find("(depends-on:");
    if (at == std::string_view::npos) return;
    rest = rest.substr(at + 12);
    while (true) {
      while (!rest.empty() && (IsBlank(rest[0]) || rest[0] == ',')) rest.remove_prefix(1);
      const std::string_view from_here = rest;
      const auto number = TakeNumber(rest);
      if (!number) return;
      Expect(static_cast<int>(*number), task,
             unit_.source->SpanOf(from_here.substr(0, from_here.size() - rest.size())));
    }
  }

  // The drawing says that `to` waits for `from`.
  void Expect(int from, int to, Span span) {
    for (const int number : {from, to}) {
      if (by_number_.count(number) > 0) continue;
      report_.At(span, "the graph draws task {}, which the plan does not have", number)
          .Help("draw it anew, or leave it out and let `gsdc --in-place` write one");
      return;
    }
    if (by_number_[from].size() != 1 || by_number_[to].size() != 1) return;
    const uint32_t first = by_number_[from][0], second = by_number_[to][0];
    // What a task does not say itself, the drawing may know better.
    if (first == second || !unit_.plan.tasks[TaskId{second}].depends_on) return;
    if (reach_.Reaches(first, second) != Reachability::Answer::kNo) return;
    const Attribute* attribute = FindAttribute(unit_.plan.tasks[TaskId{second}], "depends-on");
    auto finding =
        report_.At(span, "the graph lets task {} wait for task {}, but the tasks do not", to, from);
    if (attribute != nullptr) finding.Label(attribute->span, "this is what counts");
    finding.Help("correct the graph, or depends-on");
  }

  const PlanUnit& unit_;
  Reporter& report_;
  Reachability reach_;
  std::map<int, std::vector<uint32_t>> by_number_;
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded || unit.plan.tasks.empty()) continue;
    if (unit.plan.generated_graph.size() > 0) {
      CheckGenerated(unit, report);
    } else if (const Section* section = FindSection(unit.plan, Tag::kTaskDependencyGraph)) {
      HandWritten(unit, report).Run(section->body);
    }
  }
}

}  // namespace

extern constinit const Rule stale_dependency_graph = {
    {.name = "stale-dependency-graph",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "The <task_dependency_graph> does not agree with the tasks.",
     .rationale =
         "People read the picture and agents read the tasks; when one was changed without the other, people "
         "approve an order that nobody runs. Of a section that `gsdc` wrote, the order that its edges "
         "make and the number of tasks are compared, and the fix writes it anew. Of one that was written by "
         "hand, only what is plain is compared: \"Task 1 → Task 2\" and "
         "\"Task 4: … (depends-on: 2, 3)\", and only for tasks that declare their dependencies."},
    Check};

}  // namespace gsd::rules
