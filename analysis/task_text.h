// What the text of a task says: files and other tasks by their numbers, read once, word by word; and what its
// name begins with.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

struct Mention {
  std::string_view text;  // in the plan: "src/a.ts", "Task 2"; of "tasks 1-3", what stands up to the number
  int task = -1;          // the number of a task; -1: a word that may be a path
  bool apart = false;     // named only to say that it need not be waited for: "independent of Task 2"
};

// Replaces `mentions` by those of all of the task's text but its <name> and <files>, in their order.
void FindMentions(const SourceFile& file, const Task& task, std::vector<Mention>& mentions);

// Adds those of any text.
void AddMentions(std::string_view text, std::vector<Mention>& mentions);

// Of a task's name, its letters only: "Task 3: Update the page" begins with "Update".
std::string_view FirstWord(std::string_view name);

// Is `word` one of them, whatever its case?
bool EqualsAnyIgnoreCase(std::string_view word, std::span<const std::string_view> words);

}  // namespace gsd
