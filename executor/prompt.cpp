#include "executor/prompt.h"

#include <fmt/format.h>

#include <iterator>

#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kMostFailure = 6'000;    // bytes; the end says more than the beginning
constexpr size_t kMostDelivered = 1'500;  // bytes of each task's own words
constexpr size_t kMostDeliveredFiles = 40;

// A plan's text keeps its own line breaks, so a text of several lines begins on a line of its own.
void AddSection(std::string& out, std::string_view title, std::string_view text) {
  if (text.empty()) return;
  const bool lines = text.find('\n') != std::string_view::npos;
  fmt::format_to(std::back_inserter(out), "**{}**:{}{}\n\n", title, lines ? "\n" : " ", text);
}

// A name from a plan usually begins "Task 4: " itself.
std::string Title(const ManifestTask& task) {
  if (ToLower(task.name).rfind("task ", 0) == 0) return task.name;
  return fmt::format("Task {}: {}", task.number, task.name);
}

void AddDelivered(std::string& out, const std::vector<Delivered>& delivered) {
  if (delivered.empty()) return;
  out += "**Done before, and in your working directory**:\n";
  for (const Delivered& task : delivered) {
    fmt::format_to(std::back_inserter(out), "- {}", OneLine(task.title));
    if (!task.files.empty()) {
      const size_t shown = std::min(task.files.size(), kMostDeliveredFiles);
      const std::vector<std::string> first(task.files.begin(),
                                           task.files.begin() + static_cast<ptrdiff_t>(shown));
      fmt::format_to(std::back_inserter(out), " (files: {}{})",
                     OneLine(fmt::format("{}", fmt::join(first, ", "))),
                     task.files.size() > shown ? fmt::format(" and {} more", task.files.size() - shown) : "");
    }
    const std::string text = OneLine(Trim(HeadOf(task.text, kMostDelivered)));
    if (!text.empty()) fmt::format_to(std::back_inserter(out), ": {}", text);
    out += '\n';
  }
  out += '\n';
}

void AddTask(std::string& out, const ManifestTask& task) {
  AddSection(out, "Files", fmt::format("{}", fmt::join(task.files, ", ")));
  AddSection(out, "Read first", fmt::format("{}", fmt::join(task.reads, ", ")));
  AddSection(out, "Action", task.action);
  AddSection(out, "Verify", task.verify.text);
  AddSection(out, "Done when", task.done);
}

}  // namespace

std::string BuildPrompt(const PromptInput& input) {
  const bool several = input.tasks.size() > 1;
  std::string out = several ? "Execute these tasks from a GSD plan, one after the other:\n\n"
                            : "Execute this task from a GSD plan:\n\n";
  for (const ManifestTask* task : input.tasks)
    fmt::format_to(std::back_inserter(out), "**{}**\n\n", Title(*task));
  fmt::format_to(std::back_inserter(out), "**Plan**: {} (phase {}), {}\n\n", input.plan->id,
                 input.plan->phase, input.plan->path);
  AddSection(out, "Objective of the plan", input.plan->objective);
  AddSection(out, "Decided before", fmt::format("{}", fmt::join(input.decisions, "\n")));
  AddDelivered(out, input.delivered);
  for (const ManifestTask* task : input.tasks) {
    if (several) fmt::format_to(std::back_inserter(out), "## {}\n\n", Title(*task));
    AddTask(out, *task);
  }
  if (!input.failure.empty()) {
    AddSection(out, "An earlier attempt was not accepted. What was wrong with it",
               TailOf(input.failure, kMostFailure));
  }
  bool has_files = true, has_commands = false;
  for (const ManifestTask* task : input.tasks) {
    has_files = has_files && !task->files.empty();
    has_commands = has_commands || !task->verify.automated.empty();
  }
  fmt::format_to(std::back_inserter(out),
                 "**Important**:\n"
                 "- Execute ONLY {} (not the entire plan); nobody is there to answer questions\n",
                 several ? "these tasks" : "this task");
  if (input.stay_in_files && has_files) {
    out +=
        "- Create, change and delete only the files named under Files: a change outside of them is not "
        "accepted\n";
  }
  out += has_commands ? "- Follow all verification checks; the runner runs their commands again and believes "
                        "only these\n"
                      : "- Follow all verification checks\n";
  out += input.agent_commits
             ? "- Commit your work when it is verified; DO NOT create SUMMARY.md: the runner does\n"
             : "- DO NOT create SUMMARY.md and DO NOT commit: the runner does both\n";
  out += "- Report results with task number, files modified and any issues\n";
  return out;
}

}  // namespace gsd
