#include "executor/actuals.h"

#include <fmt/format.h>

#include <set>

namespace gsd {

std::string ActualsFrontMatter(const Manifest& manifest, const RunRecord& record, const std::string& plan) {
  int64_t tokens = 0, tasks = 0;
  std::set<std::string> commits;  // tasks that shared an agent share one
  const auto counts = [&](TaskIndex task) {
    return manifest.tasks[task].plan == plan && !manifest.tasks[task].checkpoint &&
           record.tasks[task].state == TaskState::kDone;
  };
  for (TaskIndex task = 0; task < manifest.tasks.size(); ++task) {
    if (!counts(task)) continue;
    ++tasks;
    if (!record.tasks[task].commit.empty()) commits.insert(record.tasks[task].commit);
  }
  for (const AttemptRecord& attempt : record.attempts) {
    if (counts(attempt.task) && attempt.tokens) tokens += attempt.tokens->Total();
  }
  if (tokens == 0) return "";
  return fmt::format("actuals:\n  tokens: {}\n  tasks: {}\n  commits: {}\n", tokens, tasks, commits.size());
}

}  // namespace gsd
