#include "executor/prompt.h"

#include <fmt/format.h>

#include <iterator>

namespace gsd {
namespace {

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

}  // namespace

std::string BuildPrompt(const ManifestPlan& plan, const ManifestTask& task,
                        const std::vector<std::string>& decisions) {
  std::string out = "Execute this task from a GSD plan:\n\n";
  fmt::format_to(std::back_inserter(out), "**{}**\n\n", Title(task));
  fmt::format_to(std::back_inserter(out), "**Plan**: {} (phase {}), {}\n\n", plan.id, plan.phase, plan.path);
  AddSection(out, "Objective of the plan", plan.objective);
  AddSection(out, "Decided before", fmt::format("{}", fmt::join(decisions, "\n")));
  AddSection(out, "Files", fmt::format("{}", fmt::join(task.files, ", ")));
  AddSection(out, "Read first", fmt::format("{}", fmt::join(task.reads, ", ")));
  AddSection(out, "Action", task.action);
  AddSection(out, "Verify", task.verify.text);
  AddSection(out, "Done when", task.done);
  out +=
      "**Important**:\n"
      "- Execute ONLY this task (not the entire plan)\n"
      "- Follow all verification checks\n"
      "- DO NOT create SUMMARY.md and DO NOT commit: the runner does both\n"
      "- Report results with task number, files modified and any issues\n";
  return out;
}

}  // namespace gsd
