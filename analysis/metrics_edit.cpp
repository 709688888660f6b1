#include "analysis/metrics_edit.h"

#include <fmt/format.h>

#include <algorithm>

namespace gsd {

namespace {

std::string ChildIndent(std::string_view text, const Task& task) {
  for (const Element& element : task.elements) {
    uint32_t begin = element.open.begin;
    while (begin > 0 && IsBlank(text[begin - 1])) --begin;
    if (begin > 0 && text[begin - 1] == '\n')
      return std::string(text.substr(begin, element.open.begin - begin));
  }
  return "  ";
}

bool StatesEstimate(const Task& task) {
  return std::any_of(task.elements.begin(), task.elements.end(), [](const Element& e) {
    return e.tag == Tag::kMetrics || e.tag == Tag::kEstimatedTokens || e.tag == Tag::kEstimatedDuration;
  });
}

}  // namespace

std::optional<Edit> InsertMetrics(const PlanUnit& unit, TaskId id) {
  const Task& task = unit.plan.tasks[id];
  const TaskFacts& facts = unit.tasks[id];
  if (StatesEstimate(task) || facts.checkpoint || !task.closed || task.body.size() == 0) return std::nullopt;
  const std::string_view text = unit.source->text();
  const std::string_view eol = unit.plan.eol;
  const auto minutes = [](int64_t seconds) { return std::max<int64_t>(1, (seconds + 30) / 60); };
  const Estimate& tokens = facts.estimate.tokens;
  const Estimate& seconds = facts.estimate.seconds;
  std::string block = fmt::format(
      "{0}<metrics>{1}{0}  <estimated-tokens>{2}-{3}</estimated-tokens>{1}"
      "{0}  <estimated-duration>{4}-{5}min</estimated-duration>{1}{0}</metrics>{1}",
      ChildIndent(text, task), eol, tokens.low, tokens.high, minutes(seconds.low), minutes(seconds.high));
  // Before the line of </task>, if the tag begins one; else on new lines directly before the tag.
  uint32_t at = task.body.end;
  while (at > task.body.begin && IsBlank(text[at - 1])) --at;
  if (at > task.body.begin && text[at - 1] == '\n') return Edit{{task.open.file, at, at}, std::move(block)};
  return Edit{{task.open.file, task.body.end, task.body.end}, std::string(eol) + block};
}

}  // namespace gsd
