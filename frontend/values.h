// The small languages inside a plan: path lists, dependency lists, ranges, durations. Internal to frontend/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

// The paths of a <files>, <read_first> or similar body, in all their real spellings: commas, lines, bullets,
// nested tags, backticks, remarks. "N/A" and "none" give nothing; prose gives one entry of that kind.
std::vector<PathEntry> ParsePathList(const SourceFile& file, std::string_view body);
// One path with its remarks, e.g. an item of files_modified. Appends at most one entry for a path without
// blanks.
void ParsePathItem(const SourceFile& file, std::string_view item, std::vector<PathEntry>& out);
PathKind ClassifyPath(std::string_view path);

// "1,2", "[p5-t01, p5-t02]", "34-02-T1 34-02-T2", "Task 1, Task 2", "none", "".
std::vector<DependencyRef> ParseDependencyList(const SourceFile& file, std::string_view text);

// "5000-8000", "~6k", "6,500", "<15000": tokens. Nothing when it is no number.
std::optional<Range> ParseTokenRange(const SourceFile& file, std::string_view text);
// "15-30min", "1.5h", "90 s", "1h30m": seconds. A bare number is minutes.
std::optional<Range> ParseDurationRange(const SourceFile& file, std::string_view text);

}  // namespace gsd
