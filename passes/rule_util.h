// What several rules share: naming tasks, plans and lists the way people do, and edits of lists.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/plan_set.h"
#include "frontend/diagnostic.h"

namespace gsd {

// "3", or the label of a task that has no number of its own.
std::string TaskWord(const Task& task);
// "task 3"
std::string TaskNoun(const Task& task);
// "08-02": the plan's id, or its path where nothing that an author has written tells it from others.
std::string PlanName(const PlanUnit& unit);
// "08-02:3" when there are several plans, else "task 3".
std::string TaskNounIn(const PlanSet& plans, const PlanUnit& unit, const Task& task);
// "tasks 2, 3 and 4", "task 2"
std::string TaskNouns(const Plan& plan, const std::vector<TaskId>& tasks);
// "a, b and c"; of a longer list the first `limit` and how many more there are.
std::string ListOf(const std::vector<std::string>& items, size_t limit = 4);
// "1 → 3 → 2 → 1"; the middle of a long circle is left out.
std::string CirclePath(const std::vector<std::string>& names);
// How many steps of a circle are worth a label.
inline constexpr size_t kMostCircleLabels = 16;
// "`a`": how messages mark what stands in the plan or on disk.
std::string Quoted(std::string_view text);
// "1 file", "2 files"
std::string Counted(size_t count, std::string_view noun);

// Where a finding about a whole task points: its name, else the `<task` of its open tag.
Span TaskHead(const Task& task);
// Where a finding about a whole plan points: its `plan` field, its front matter's first line, or its first
// line.
Span PlanHead(const PlanUnit& unit);

// The edit that takes one word out of a list with its separator; nothing when words share their text ("1-3").
std::optional<Edit> RemoveWord(std::span<const DependencyRef> list, size_t index);
// The edit that lets `task` wait for the tasks `wanted` too, in the style of its list; nothing when it has
// none: a first declared dependency would replace all inferred ones.
std::optional<Edit> AddDependencies(const PlanUnit& unit, const Task& task,
                                    const std::vector<TaskId>& wanted);
// How many tokens the model can hold.
int64_t WindowOf(const PlanSet& plans, Model model);
// A checkpoint, or declared sequential: no other task of the plan runs beside it.
bool StandsAlone(const PlanUnit& unit, TaskId task);
// The first task of the plan that may run beside `task`, if any. Looks at every task of the plan.
std::optional<TaskId> CompanionOf(const PlanUnit& unit, TaskId task, Reachability& reach);
// Above this many tasks in a plan, nobody compares each with each.
inline constexpr size_t kMostComparedTasks = 1000;
// Do both have the same numbers in them, leading zeros apart? A "did you mean" that changes a number is a
// guess.
bool SameNumbers(std::string_view a, std::string_view b);

}  // namespace gsd
