#include "executor/report.h"

#include <fmt/format.h>

#include <iterator>
#include <queue>

#include "executor/checkpoints.h"
#include "executor/text.h"

namespace gsd {
namespace {

void AddField(std::string& out, std::string_view title, std::string_view text) {
  if (Trim(text).empty()) return;
  std::string block;
  for (std::string_view line : Split(Trim(text), '\n'))
    fmt::format_to(std::back_inserter(block), "      {}\n", OneLine(line));
  fmt::format_to(std::back_inserter(out), "    {}:\n{}", title, block);
}

void AddCheckpoint(std::string& out, const ManifestTask& task) {
  const ManifestCheckpoint& checkpoint = *task.checkpoint;
  fmt::format_to(std::back_inserter(out), "  waiting: {} ({})\n", TaskTitle(task), OneLine(checkpoint.kind));
  AddField(out, "built", checkpoint.what_built);
  AddField(out, "to verify", checkpoint.how_to_verify);
  AddField(out, "to decide", checkpoint.decision);
  AddField(out, "context", checkpoint.context);
  AddField(out, "to do", checkpoint.instructions);
  for (const ManifestOption& option : checkpoint.options)
    fmt::format_to(std::back_inserter(out), "    option {}: {}\n", OneLine(option.id), OneLine(option.name));
  AddField(out, "when finished", checkpoint.resume_signal);
}

}  // namespace

std::string RunReport(const Manifest& manifest, const RunRecord& record, std::string_view agent) {
  std::string out;
  const auto into = std::back_inserter(out);
  fmt::format_to(into, "{} of {} tasks done in {}", record.CountIn(TaskState::kDone), record.tasks.size(),
                 FormatDuration(record.ended - record.started));
  if (record.spent.tokens > 0)
    fmt::format_to(into, ", {} tokens", FormatCount(static_cast<int64_t>(record.spent.tokens)));
  if (record.spent.usd > 0 && agent != "simulate") fmt::format_to(into, ", {:.2f} USD", record.spent.usd);
  if (agent == "simulate") out += " (simulated: nothing was really done)";
  for (const TaskState state :
       {TaskState::kFailed, TaskState::kSkipped, TaskState::kWaiting, TaskState::kCancelled})
    if (const size_t count = record.CountIn(state); count > 0)
      fmt::format_to(into, ", {} {}", count, TaskStateName(state));
  if (const size_t count = record.CountIn(TaskState::kBlocked); count > 0)
    fmt::format_to(into, ", {} behind a checkpoint", count);
  out += '\n';
  for (TaskIndex task = 0; task < record.tasks.size(); ++task)
    if (record.tasks[task].state == TaskState::kFailed)
      fmt::format_to(into, "  failed: {}: {}\n", TaskTitle(manifest.tasks[task]),
                     OneLine(record.tasks[task].result->message));
  for (TaskIndex task = 0; task < record.tasks.size(); ++task)
    if (record.tasks[task].state == TaskState::kWaiting) {
      AddCheckpoint(out, manifest.tasks[task]);
      out += "    to answer:\n";
      for (const std::string& command : AnswerCommands(manifest.tasks[task]))
        fmt::format_to(into, "      {}\n", OneLine(command));
    }
  return out;
}

std::string CheckpointText(const ManifestTask& task) {
  std::string out;
  AddCheckpoint(out, task);
  return out;
}

std::string DryRunReport(const Manifest& manifest, SchedulerOptions options) {
  std::string out;
  const auto into = std::back_inserter(out);
  for (const ManifestBatch& batch : manifest.batches)
    fmt::format_to(into, "batch {}: {}{}\n", batch.batch_number,
                   OneLine(fmt::format("{}", fmt::join(batch.tasks, ", "))),
                   batch.can_parallelize ? "  (in parallel)" : "");
  fmt::format_to(into, "\n{:>14}  {:>14}  {:>10}  {:<8}  task\n", "start", "expected", "tokens", "model");

  Scheduler scheduler(MakeWorkPlan(manifest), options);
  using End = std::pair<int64_t, TaskIndex>;  // when, in expected seconds from the start
  std::priority_queue<End, std::vector<End>, std::greater<>> running;
  int64_t now = 0;
  while (true) {
    while (const auto task = scheduler.NextToStart()) {
      const ManifestTask& of = manifest.tasks[*task];
      const bool checkpoint = of.checkpoint.has_value();
      fmt::format_to(into, "{:>14}  {:>14}  {:>10}  {:<8}  {}\n", FormatDuration(std::chrono::seconds(now)),
                     checkpoint && of.estimated_seconds.expected == 0
                         ? ""
                         : FormatDuration(std::chrono::seconds(of.estimated_seconds.expected)),
                     checkpoint ? "" : FormatCount(of.estimated_tokens.expected),
                     checkpoint ? "person" : OneLine(of.model), TaskTitle(of));
      if (checkpoint && of.estimated_seconds.expected == 0) {
        scheduler.OnFinished(*task, TaskState::kDone);
      } else {
        running.emplace(now + of.estimated_seconds.expected, *task);
      }
    }
    if (running.empty()) break;
    now = running.top().first;
    scheduler.OnFinished(running.top().second, TaskState::kDone);
    running.pop();
  }
  int64_t tokens = 0, seconds = 0;
  for (const ManifestTask& task : manifest.tasks) {
    seconds += task.estimated_seconds.expected;
    if (!task.checkpoint) tokens += task.estimated_tokens.expected;
  }
  fmt::format_to(into, "\n{} tasks, {} tokens expected, {} with {} at once ({} one after the other)\n",
                 manifest.tasks.size(), FormatCount(tokens), FormatDuration(std::chrono::seconds(now)),
                 options.max_parallel, FormatDuration(std::chrono::seconds(seconds)));
  return out;
}

}  // namespace gsd
