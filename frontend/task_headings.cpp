#include "frontend/task_headings.h"

namespace gsd {

namespace {

// "Task 3: …", "Step 3", "T3".
bool NamesTask(std::string_view text) {
  for (const std::string_view word : {"task", "tarefa", "step", "t"}) {
    if (text.size() <= word.size() || !EqualsIgnoreCase(text.substr(0, word.size()), word)) continue;
    text = Trim(text.substr(word.size()));
    return !text.empty() && IsDigit(text[0]);
  }
  return false;
}

bool BeginsLikeTask(std::string_view line) {
  while (!line.empty() && !IsAlpha(line[0])) line.remove_prefix(1);
  return NamesTask(line);
}

// Whether it is worth while to parse the Markdown: a heading begins with # or is underlined, and its text
// begins with the first letter of its line.
bool AnyLineNamesTask(std::string_view text) {
  std::string_view before;  // the line above
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    const bool underlines = !line.empty() && line.find_first_not_of(line[0]) == std::string_view::npos &&
                            (line[0] == '=' || line[0] == '-');
    if ((line.starts_with('#') && BeginsLikeTask(line)) || (underlines && BeginsLikeTask(before)))
      return true;
    before = line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

std::vector<Heading> FindTaskHeadings(const SourceFile& file, const Plan& plan) {
  constexpr size_t kMostHeadings = 200;
  const uint32_t begin = plan.header.region.end;
  if (!AnyLineNamesTask(file.text().substr(begin))) return {};
  std::vector<Heading> headings = ParseHeadings(file, begin, kMostHeadings);
  std::erase_if(headings, [](const Heading& heading) { return !NamesTask(heading.text); });
  return headings;
}

}  // namespace gsd
