#include "passes/plan_text.h"

#include <algorithm>
#include <set>

#include "passes/rule_util.h"

namespace gsd {

Span FirstLine(const SourceFile& file, Span span) {
  const size_t end = file.Slice(span).find_first_of("\r\n");
  if (end != std::string_view::npos) span.end = span.begin + static_cast<uint32_t>(end);
  return span;
}

Span FileHead(const SourceFile& file) {
  const size_t begin = file.text().starts_with("\xEF\xBB\xBF") ? 3 : 0;
  return FirstLine(file, file.SpanFrom(begin, file.text().size()));
}

std::string_view TagNameAt(const SourceFile& file, Span span) {
  std::string_view text = file.Slice(span);
  while (!text.empty() && (text.front() == '<' || text.front() == '/')) text.remove_prefix(1);
  const auto end =
      std::find_if_not(text.begin(), text.end(), [](char c) { return IsWordChar(c) || c == '-'; });
  return text.substr(0, static_cast<size_t>(end - text.begin()));
}

bool SaysWhen(const PlanUnit& unit) {
  return unit.plan.header.has_depends_on || unit.plan.header.wave_value.has_value();
}

bool HasAny(const Task& task, std::initializer_list<Tag> tags) {
  return std::any_of(tags.begin(), tags.end(), [&](Tag tag) { return FindElement(task, tag) != nullptr; });
}

bool SaysAny(const SourceFile& file, const Task& task, std::initializer_list<Tag> tags) {
  return std::any_of(task.elements.begin(), task.elements.end(), [&](const Element& element) {
    return std::find(tags.begin(), tags.end(), element.tag) != tags.end() &&
           !Trim(file.Slice(element.body)).empty();
  });
}

std::vector<const PathEntry*> WrittenPaths(const PlanUnit& unit, PathKind kind) {
  std::vector<const PathEntry*> found;
  std::set<std::string_view> seen;
  const auto collect = [&](const std::vector<PathEntry>& list) {
    for (const PathEntry& entry : list) {
      if (entry.kind == kind && seen.insert(entry.path).second) found.push_back(&entry);
    }
  };
  for (const Task& task : unit.plan.tasks) collect(task.files);
  collect(unit.plan.header.files_modified);
  return found;
}

std::vector<std::string> QuotedPaths(const std::vector<const PathEntry*>& entries) {
  std::vector<std::string> names;
  for (const PathEntry* entry : entries) names.push_back(Quoted(entry->path));
  return names;
}

size_t ProseBytes(const SourceFile& file, const Task& task) {
  const auto count = [&](uint32_t begin, uint32_t end) {
    if (begin >= end) return size_t{0};
    const std::string_view text = file.Slice(file.SpanFrom(begin, end));
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !IsSpace(c); }));
  };
  size_t bytes = 0;
  uint32_t at = task.body.begin;
  for (const Element& element : task.elements) {
    bytes += count(at, element.open.begin);
    at = std::max(at, element.close.end);  // elements inside this one come next and end before it
  }
  return bytes + count(at, task.body.end);
}

}  // namespace gsd
