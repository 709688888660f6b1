#include <algorithm>
#include <vector>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

bool IsOneWay(std::string_view rating) {
  return EqualsIgnoreCase(rating, "one-way") || EqualsIgnoreCase(rating, "one_way");
}

// Where the task says that it cannot be undone: `<reversibility rating="one-way">`,
// `reversibility="one-way"`.
std::optional<Span> OneWay(const SourceFile& file, const Task& task) {
  if (const Attribute* attribute = FindAttribute(task, "reversibility");
      attribute != nullptr && IsOneWay(Trim(attribute->value)))
    return attribute->value_span;
  for (const Element& element : task.elements) {
    if (element.tag != Tag::kReversibility) continue;
    for (uint32_t i = 0; i < element.attribute_count; ++i) {
      const Attribute& attribute = task.attributes[element.first_attribute + i];
      if (attribute.name == "rating" && IsOneWay(Trim(attribute.value))) return attribute.value_span;
    }
    const std::string_view body = Trim(file.Slice(element.body));
    if (IsOneWay(body.substr(0, body.find_first_of(" \t\r\n.,:;")))) return file.SpanOf(body.substr(0, 7));
  }
  return std::nullopt;
}

bool IsDecision(const Task& task) {
  return IsCheckpoint(task) && ToLower(task.type_text.value).find("decision") != std::string::npos;
}

bool HasDecision(const PlanUnit& unit) { return std::ranges::any_of(unit.plan.tasks, IsDecision); }

// In the plans that this one depends on, directly or not.
bool DecidedInEarlierPlan(const PlanSet& plans, uint32_t plan) {
  constexpr size_t kMostPlans = 256;  // with more before it, the benefit of the doubt
  std::vector<uint32_t> seen = {plan};
  for (size_t i = 0; i < seen.size(); ++i) {
    for (const uint32_t before : plans.graph.digraph.Predecessors(seen[i])) {
      if (std::ranges::find(seen, before) != seen.end()) continue;
      if (HasDecision(plans.units[before]) || seen.size() == kMostPlans) return true;
      seen.push_back(before);
    }
  }
  return false;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (uint32_t p = 0; p < plans.units.size(); ++p) {
    const PlanUnit& unit = plans.units[p];
    if (!unit.open()) continue;
    std::vector<std::pair<const Task*, Span>> undecided;
    for (const Task& task : unit.plan.tasks) {
      if (IsDecision(task)) break;
      if (IsCheckpoint(task)) continue;
      if (const auto one_way = OneWay(*unit.source, task)) undecided.emplace_back(&task, *one_way);
    }
    if (undecided.empty() || DecidedInEarlierPlan(plans, p)) continue;
    for (const auto& [task, span] : undecided) {
      report.At(span, "{} cannot be undone, and nobody is asked before it runs", TaskNoun(*task))
          .Help("put a `checkpoint:decision` task before it");
    }
  }
}

}  // namespace

extern constinit const Rule one_way_without_decision = {
    {.name = "one-way-without-decision",
     .category = "verification",
     .severity = Severity::kWarning,
     .summary = "A task that cannot be undone stands behind no checkpoint:decision.",
     .rationale =
         "`<reversibility rating=\"one-way\">` marks what no later commit takes back: a migration that drops "
         "data, a published name. An agent should not decide that alone. Put a `checkpoint:decision` before "
         "it, "
         "in this plan or in one that it depends on."},
    Check};

}  // namespace gsd::rules
