// The annotated plan: insertions at spans, every other byte as it was. Annotating the result again changes
// nothing: what is written is what the next run reads, and dependencies that were inferred are listed in the
// generated graph so that the next run still knows them as inferred.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "analysis/dependency_section.h"
#include "analysis/metrics_edit.h"
#include "backends/backend.h"
#include "frontend/edits.h"
#include "frontend/parser.h"

namespace gsd {

namespace {

class Annotator {
 public:
  Annotator(const PlanUnit& unit, bool refresh)
      : unit_(unit), text_(unit.source->text()), eol_(unit.plan.eol), refresh_(refresh) {}

  std::vector<Edit> Run() {
    for (uint32_t t = 0; t < unit_.plan.tasks.size(); ++t) {
      const Task& task = unit_.plan.tasks[TaskId{t}];
      if (task.from_feature) continue;  // no <task> tag to write into
      AnnotateTag(TaskId{t});
      if (auto edit = InsertMetrics(unit_, TaskId{t})) edits_.push_back(std::move(*edit));
    }
    AnnotateGraph();
    return std::move(edits_);
  }

 private:
  struct Wanted {
    std::string_view name;
    std::string value;
  };

  std::vector<Wanted> WantedAttributes(TaskId id) const {
    const TaskFacts& facts = unit_.tasks[id];
    const Task& task = unit_.plan.tasks[id];
    std::vector<Wanted> wanted;
    if (!facts.checkpoint) {
      wanted.push_back({"subagent", std::string(facts.subagent)});
      wanted.push_back({"model", std::string(InfoOf(facts.routed.model).name)});
    }
    wanted.push_back(
        {"parallel", facts.parallel == Parallelism::kCanParallelize ? "can-parallelize" : "sequential"});
    if (FindElement(task, Tag::kDepends) == nullptr && CanNameDependencies(id))
      wanted.push_back({"depends-on", DependsOn(id)});
    if (!facts.checkpoint) {
      wanted.push_back({"context-mode", facts.inherited_context ? "inherited" : "fresh"});
      // Where the author chose a model that our score would not, the score is not written: it would only be
      // held against the author by the next lint.
      const bool agrees =
          !facts.routed.declared || ModelForScore(facts.complexity.score()) == facts.routed.model;
      if (agrees) wanted.push_back({"estimated-complexity", fmt::format("{}", facts.complexity.score())});
    }
    return wanted;
  }

  // A number that two tasks carry names neither of them.
  bool CanNameDependencies(TaskId id) const {
    const auto ambiguous = [&](TaskId task) {
      return std::any_of(
          unit_.graph.duplicate_numbers.begin(), unit_.graph.duplicate_numbers.end(),
          [&](const auto& group) { return std::find(group.begin(), group.end(), task) != group.end(); });
    };
    const auto into = unit_.graph.Into(id);
    return !ambiguous(id) &&
           std::none_of(into.begin(), into.end(), [&](const TaskEdge& edge) { return ambiguous(edge.from); });
  }

  std::string DependsOn(TaskId id) const {
    std::string value;
    for (const TaskEdge& edge : unit_.graph.Into(id)) {
      if (!value.empty()) value += ',';
      value += fmt::format("{}", unit_.plan.tasks[edge.from].number);
    }
    return value;
  }

  // With --refresh, what gsdc computes replaces what is written, but for the dependencies: those are the
  // author's.
  std::optional<std::string> Refreshed(TaskId id, std::string_view name) const {
    const TaskFacts& facts = unit_.tasks[id];
    if (name == "estimated-complexity") return fmt::format("{}", facts.complexity.computed);
    if (name == "model") {
      const Model model =
          facts.routed.optimized ? facts.routed.model : ModelForScore(facts.complexity.computed);
      return std::string(InfoOf(model).name);
    }
    return std::nullopt;
  }

  void AnnotateTag(TaskId id) {
    const Task& task = unit_.plan.tasks[id];
    const auto own = std::span(task.attributes).subspan(0, task.own_attributes);
    // A tag whose quote never closes has no place that is safe to write to.
    const bool broken = std::any_of(own.begin(), own.end(), [&](const Attribute& a) {
      return a.quote != 0 &&
             (a.span.end == 0 || text_[a.span.end - 1] != a.quote || a.value_span.end + 1 != a.span.end);
    });
    if (broken || text_[task.open.end - 1] != '>') return;
    std::string insertion;
    const std::string separator = SeparatorFor(task);
    for (const Wanted& wanted : WantedAttributes(id)) {
      if (const Attribute* existing = FindAttribute(task, wanted.name)) {
        const auto value = refresh_ ? Refreshed(id, wanted.name) : std::nullopt;
        if (value && existing->has_value && *value != existing->value)
          edits_.push_back({existing->value_span, *value});
        continue;
      }
      if (IsProbablyWritten(task, wanted.name)) continue;
      insertion += fmt::format("{}{}=\"{}\"", separator, wanted.name, wanted.value);
    }
    if (insertion.empty()) return;
    const uint32_t at = own.empty() ? task.open.begin + 5 : own.back().span.end;
    edits_.push_back({{task.open.file, at, at}, std::move(insertion)});
  }

  // `dependson="1"`: a finding says so; writing our own value beside it would bury what was meant.
  static bool IsProbablyWritten(const Task& task, std::string_view name) {
    const auto own = std::span(task.attributes).subspan(0, task.own_attributes);
    return std::any_of(own.begin(), own.end(),
                       [&](const Attribute& a) { return !ClosestMatch(a.name, {name}).empty(); });
  }

  // One attribute a line where the plan has it so, else all on the line of the tag.
  std::string SeparatorFor(const Task& task) const {
    if (task.own_attributes < 2) return " ";
    const uint32_t last = task.attributes[task.own_attributes - 1].span.begin;
    uint32_t blank = last;
    while (blank > task.open.begin && IsBlank(text_[blank - 1])) --blank;
    if (text_[blank - 1] != '\n') return " ";
    return std::string(eol_) + std::string(text_.substr(blank, last - blank));
  }

  void AnnotateGraph() {
    const Plan& plan = unit_.plan;
    if (plan.tasks.empty() || plan.tasks[TaskId{0}].from_feature) return;
    if (plan.generated_graph.size() != 0) {
      std::string section = DependencySection(unit_);
      if (section != text_.substr(plan.generated_graph.begin, plan.generated_graph.size())) {
        edits_.push_back({plan.generated_graph, std::move(section)});
      }
      return;
    }
    if (FindSection(plan, Tag::kTaskDependencyGraph) != nullptr) return;  // written by hand: it stays
    // Inside a code fence our own fences would end it.
    const bool fenced = std::any_of(plan.syntax.begin(), plan.syntax.end(), [](const SyntaxFact& fact) {
      return fact.kind == SyntaxFactKind::kFencedTasks || fact.kind == SyntaxFactKind::kStrayFence;
    });
    if (fenced) return;
    const Span place = plan.tasks_open.size() != 0 ? plan.tasks_open : plan.tasks[TaskId{0}].open;
    if (place.begin > plan.tasks[TaskId{0}].open.begin)
      return;  // tasks before <tasks>: no place that is before all
    uint32_t at = place.begin;
    while (at > 0 && IsBlank(text_[at - 1])) --at;
    edits_.push_back({{place.file, at, at}, fmt::format("{0}{1}{1}", DependencySection(unit_), eol_)});
  }

  const PlanUnit& unit_;
  std::string_view text_;
  std::string_view eol_;
  bool refresh_;
  std::vector<Edit> edits_;
};

// Whether the next run reads from `text` what this one wrote: the same tasks, and nothing left to annotate.
// In a plan of broken markup (a comment that never ends, two tasks of one number) an insertion can change
// what the text around it means.
bool ReadsBackTheSame(const PlanSet& plans, const PlanUnit& unit, std::string text, bool refresh) {
  const SourceFile source(FileId{0}, std::string(unit.source->path()), std::move(text));
  std::vector<ParsedPlan> parsed;
  parsed.push_back({&source, ParsePlan(source), unit.root_path});
  if (parsed[0].plan.tasks.size() != unit.plan.tasks.size()) return false;
  const PlanSet again = Analyze(std::move(parsed), plans.options, EmptyWorkspace());
  return Annotator(again.units[0], refresh).Run().empty();
}

}  // namespace

Annotation Annotate(const PlanSet& plans, PlanIndex plan, bool refresh) {
  const PlanUnit& unit = plans.units[plan.value];
  Annotation annotation{Annotator(unit, refresh).Run(), false};
  if (annotation.edits.empty()) return annotation;
  if (!ReadsBackTheSame(plans, unit, ApplyEdits(unit.source->text(), annotation.edits), refresh))
    annotation = {{}, true};
  return annotation;
}

Result<std::string> AnnotatePlan(const PlanSet& plans, PlanIndex plan, bool refresh) {
  const SourceFile& source = *plans.units[plan.value].source;
  const Annotation annotation = Annotate(plans, plan, refresh);
  if (annotation.refused) {
    return Error{
        fmt::format("{}: not annotated: its markup is so broken that annotations would change what it says; "
                    "fix the findings first",
                    source.path())};
  }
  return ApplyEdits(source.text(), annotation.edits);
}

Status EmitAnnotated(const CompileResult& result, std::string& out) {
  if (result.plans.units.size() != 1) {
    return Error{
        fmt::format("an annotated plan is made of one plan, not of {}; use --in-place to annotate several",
                    result.plans.units.size())};
  }
  auto text = AnnotatePlan(result.plans, PlanIndex{0}, result.refresh);
  if (!text) return Error{text.error()};
  out += *text;
  return Ok();
}

}  // namespace gsd
