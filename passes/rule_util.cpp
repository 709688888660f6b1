#include "passes/rule_util.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/inference.h"

namespace gsd {

std::string TaskWord(const Task& task) {
  if (task.number_source == NumberSource::kOrdinal && !task.label.value.empty()) {
    return std::string(task.label.value);
  }
  return std::to_string(task.number);
}

namespace {

// "task_3" is no "task task_3".
bool SaysTask(std::string_view word) { return ToLower(word).starts_with("task"); }

}  // namespace

std::string TaskNoun(const Task& task) {
  const std::string word = TaskWord(task);
  return SaysTask(word) ? word : "task " + word;
}

std::string PlanName(const PlanUnit& unit) { return unit.id.counted ? Quoted(unit.root_path) : unit.id.id; }

std::string TaskNounIn(const PlanSet& plans, const PlanUnit& unit, const Task& task) {
  return plans.units.size() == 1 ? TaskNoun(task) : PlanName(unit) + ":" + TaskWord(task);
}

std::string TaskNouns(const Plan& plan, const std::vector<TaskId>& tasks) {
  std::vector<std::string> words;
  for (const TaskId task : tasks) words.push_back(TaskWord(plan.tasks[task]));
  if (std::ranges::all_of(words, SaysTask)) return ListOf(words, 8);
  return (words.size() == 1 ? "task " : "tasks ") + ListOf(words, 8);
}

std::string ListOf(const std::vector<std::string>& items, size_t limit) {
  // "and 1 more" is no shorter than the item itself.
  const size_t shown = items.size() <= limit + 1 ? items.size() : limit;
  std::string list;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) list += (i + 1 == items.size()) ? " and " : ", ";
    list += items[i];
  }
  if (shown < items.size()) list += fmt::format(" and {} more", items.size() - shown);
  return list;
}

std::string CirclePath(const std::vector<std::string>& names) {
  constexpr size_t kShown = kMostCircleLabels / 2;  // at each end
  std::string path;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names.size() > 2 * kShown && i == kShown) {
      path += fmt::format("… ({} more) → ", names.size() - 2 * kShown);
      i = names.size() - kShown;
    }
    path += names[i] + " → ";
  }
  return path + names.front();
}

std::string Quoted(std::string_view text) { return fmt::format("`{}`", text); }

std::string Counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Span TaskHead(const Task& task) {
  if (!task.name.value.empty() && task.name.span.size() > 0) return task.name.span;
  constexpr uint32_t kTagLength = 5;  // `<task`
  return {task.open.file, task.open.begin, std::min(task.open.end, task.open.begin + kTagLength)};
}

Span PlanHead(const PlanUnit& unit) {
  const Header& header = unit.plan.header;
  if (header.plan.span.size() > 0) return header.plan.span;
  const std::string_view text = unit.source->text();
  const uint32_t begin = header.present ? header.span.begin : 0;
  const size_t line_end = std::min(text.find_first_of("\r\n", begin), text.size());
  return unit.source->SpanFrom(begin, line_end);
}

std::optional<Edit> RemoveWord(std::span<const DependencyRef> list, size_t index) {
  const Span span = list[index].span;
  Span removed = span;
  if (index > 0) {
    const Span before = list[index - 1].span;
    if (before.end > span.begin) return std::nullopt;
    removed.begin = before.end;
  }
  if (index + 1 < list.size()) {
    const Span after = list[index + 1].span;
    if (after.begin < span.end) return std::nullopt;
    // The separator behind goes, so that a first word leaves nothing and a middle one leaves the separator
    // before.
    removed = {span.file, span.begin, after.begin};
  }
  return Edit{removed, ""};
}

namespace {

// The word for `task` in the style of a list: its label where the list uses labels.
std::string WordFor(const Task& task, const std::vector<DependencyRef>& list) {
  if (list.empty()) return task.label.value.empty() ? TaskWord(task) : std::string(task.label.value);
  const std::string_view sample = list.back().value;
  if (ParseInt(sample)) return std::to_string(task.number);
  if (!task.label.value.empty()) return std::string(task.label.value);
  return TaskNoun(task);
}

}  // namespace

std::optional<Edit> AddDependencies(const PlanUnit& unit, const Task& task,
                                    const std::vector<TaskId>& wanted) {
  if (!task.depends_on) return std::nullopt;
  const std::vector<DependencyRef>& list = *task.depends_on;
  const Attribute* attribute = FindAttribute(task, "depends-on");
  const Element* element = FindElement(task, Tag::kDepends);
  std::string separator = ",";
  Span at;
  if (!list.empty()) {
    at = {list.back().span.file, list.back().span.end, list.back().span.end};
    if (list.size() > 1 && list[list.size() - 2].span.end <= list.back().span.begin) {
      separator = unit.source->text().substr(list[list.size() - 2].span.end,
                                             list.back().span.begin - list[list.size() - 2].span.end);
    } else if (element && !attribute) {
      separator = ", ";
    }
  } else if (attribute && attribute->quote != 0) {
    // Inside the brackets of an empty "[]".
    const std::string_view value = unit.source->Slice(attribute->value_span);
    const size_t bracket = value.find(']');
    const uint32_t offset =
        bracket == std::string_view::npos ? attribute->value_span.size() : static_cast<uint32_t>(bracket);
    at = {attribute->value_span.file, attribute->value_span.begin + offset,
          attribute->value_span.begin + offset};
  } else if (element && Trim(unit.source->Slice(element->body)).empty()) {
    at = {element->body.file, element->body.begin, element->body.begin};
  } else {
    return std::nullopt;
  }
  std::string text;
  for (const TaskId other : wanted) {
    if (!text.empty() || !list.empty()) text += separator;
    text += WordFor(unit.plan.tasks[other], list);
  }
  return Edit{at, text};
}

int64_t WindowOf(const PlanSet& plans, Model model) {
  return plans.options.window.value_or(InfoOf(model).context_window);
}

bool StandsAlone(const PlanUnit& unit, TaskId task) {
  return unit.tasks[task].checkpoint || DeclaredParallel(unit.plan.tasks[task]) == "sequential";
}

std::optional<TaskId> CompanionOf(const PlanUnit& unit, TaskId task, Reachability& reach) {
  const auto count = static_cast<uint32_t>(unit.plan.tasks.size());
  if (StandsAlone(unit, task)) return std::nullopt;
  for (uint32_t other = 0; other < count; ++other) {
    if (other == task.value || StandsAlone(unit, TaskId{other})) continue;
    if (reach.Comparable(task.value, other) == Reachability::Answer::kNo) return TaskId{other};
  }
  return std::nullopt;
}

bool SameNumbers(std::string_view a, std::string_view b) {
  const auto numbers = [](std::string_view text) {
    std::vector<std::string> found;
    for (size_t i = 0; i < text.size();) {
      if (!IsDigit(text[i])) {
        ++i;
        continue;
      }
      std::string number;
      for (; i < text.size() && IsDigit(text[i]); ++i) {
        if (!number.empty() || text[i] != '0') number += text[i];
      }
      found.push_back(std::move(number));
    }
    return found;
  };
  return numbers(a) == numbers(b);
}

}  // namespace gsd
