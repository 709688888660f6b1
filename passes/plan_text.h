// What the syntax and structure rules ask about a plan's text: the few bytes to point at, and which elements
// say something.
#pragma once

#include <initializer_list>
#include <string_view>

#include "analysis/plan_set.h"

namespace gsd {

// The first line of `span`, without its line break: elements are long, carets should not be.
Span FirstLine(const SourceFile& file, Span span);
// The first line of the file, behind a byte-order mark.
Span FileHead(const SourceFile& file);
// The element name of the tag that `span` begins with: "action" for `<action …>` and `</action>`, as written.
std::string_view TagNameAt(const SourceFile& file, Span span);

inline bool IsCheckpoint(const Task& task) { return task.type == TaskType::kCheckpoint; }
// Does the plan say when it runs? One that does not, as in the older format, is put after the others by
// whoever runs it.
bool SaysWhen(const PlanUnit& unit);
// Has one of these elements, blank or not.
bool HasAny(const Task& task, std::initializer_list<Tag> tags);
// Has one of these elements with something in it.
bool SaysAny(const SourceFile& file, const Task& task, std::initializer_list<Tag> tags);
// The entries of that kind in <files>, then in files_modified; each path once.
std::vector<const PathEntry*> WrittenPaths(const PlanUnit& unit, PathKind kind);
// Their paths as messages name them.
std::vector<std::string> QuotedPaths(const std::vector<const PathEntry*>& entries);
// Bytes of the task's body that stand in none of its elements, white space not counted.
size_t ProseBytes(const SourceFile& file, const Task& task);

}  // namespace gsd
