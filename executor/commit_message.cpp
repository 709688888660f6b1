#include "executor/commit_message.h"

#include <fmt/format.h>

#include <iterator>

#include "executor/text.h"

namespace gsd {

namespace {

constexpr size_t kLongestSubject = 200;

std::string Subject(const ManifestTask& task) {
  const std::string subject = OneLine(task.commit.subject.empty() ? ShortName(task) : task.commit.subject);
  const std::string type = OneLine(task.commit.type);
  const std::string scope = OneLine(task.commit.scope);
  std::string head = type.empty() ? "feat" : type;
  if (!scope.empty()) head += "(" + scope + ")";
  return HeadOf(fmt::format("{}: {}", head, subject.empty() ? task.id : subject), kLongestSubject);
}

}  // namespace

std::string CommitMessage(const std::vector<const ManifestTask*>& tasks, std::string_view run,
                          std::string_view model) {
  std::string message = Subject(*tasks.front());
  const auto out = std::back_inserter(message);
  if (tasks.size() > 1) {
    fmt::format_to(out, " (and {} more)\n\n", tasks.size() - 1);
    for (const ManifestTask* task : tasks) fmt::format_to(out, "- {}\n", Subject(*task));
  } else {
    message += "\n";
  }
  message += "\n";
  for (const ManifestTask* task : tasks) fmt::format_to(out, "Gsd-Task: {}\n", OneLine(task->id));
  fmt::format_to(out, "Gsd-Run: {}\nGsd-Model: {}\n", run, OneLine(model));
  return message;
}

}  // namespace gsd
