#include "executor/summary.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "backends/json_writer.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSimulate = "simulate";

// What is counted over the tasks of one plan.
struct PlanFigures {
  const ManifestPlan* plan = nullptr;
  std::vector<TaskIndex> tasks;  // of the plan, in manifest order
  size_t done = 0, spawns = 0, parallel_batches = 0;
  bool complete = true, tokens_known = false;
  TokenCounts tokens;
  Millis task_time{0};  // the sum over all attempts
  Millis wall{0};       // from the first start to the last end
};

void CountResults(const RunRecord& record, PlanFigures& figures) {
  Millis first = Millis::max(), last = Millis::min();
  for (TaskIndex task : figures.tasks) {
    const bool done = record.tasks[task].state == TaskState::kDone;
    figures.done += done ? 1 : 0;
    figures.complete = figures.complete && done;
    if (!record.tasks[task].result) continue;
    const AttemptResult& result = *record.tasks[task].result;
    ++figures.spawns;
    figures.task_time += result.ended - result.started;
    first = std::min(first, result.started);
    last = std::max(last, result.ended);
    if (!result.tokens) continue;
    figures.tokens_known = true;
    figures.tokens.input += result.tokens->input;
    figures.tokens.output += result.tokens->output;
    figures.tokens.cache_creation += result.tokens->cache_creation;
    figures.tokens.cache_read += result.tokens->cache_read;
  }
  if (figures.spawns > 0) figures.wall = last - first;
}

// Batches in which two tasks of the plan were carried out at the same time.
void CountParallelBatches(const RunRecord& record, const WorkPlan& work, PlanFigures& figures) {
  struct Stretch {
    uint32_t batch;
    Millis started, ended;
  };
  std::vector<Stretch> stretches;
  for (TaskIndex task : figures.tasks)
    if (const auto& result = record.tasks[task].result)
      stretches.push_back({work.tasks[task].batch, result->started, result->ended});
  std::sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) {
    return a.batch != b.batch ? a.batch < b.batch : a.started < b.started;
  });
  std::optional<uint32_t> counted;
  for (size_t i = 1; i < stretches.size(); ++i) {
    const Stretch& before = stretches[i - 1];
    if (stretches[i].batch != before.batch || stretches[i].started >= before.ended) continue;
    if (counted != before.batch) ++figures.parallel_batches;
    counted = before.batch;
  }
}

std::vector<PlanFigures> Count(const SummaryContext& context) {
  const WorkPlan work = MakeWorkPlan(context.manifest);
  std::vector<PlanFigures> all(context.manifest.plans.size());
  for (size_t i = 0; i < all.size(); ++i) all[i].plan = &context.manifest.plans[i];
  for (TaskIndex task = 0; task < work.tasks.size(); ++task) all[work.tasks[task].plan].tasks.push_back(task);
  for (PlanFigures& figures : all) {
    CountResults(context.record, figures);
    CountParallelBatches(context.record, work, figures);
  }
  return all;
}

// A YAML scalar: bare when that is safe, else in double quotes (JSON's are YAML's).
std::string Scalar(std::string_view text) {
  const bool bare = !text.empty() && (IsAlpha(text[0]) || IsDigit(text[0])) &&
                    std::all_of(text.begin(), text.end(),
                                [](char c) { return IsWordChar(c) || c == '-' || c == '.' || c == ' '; }) &&
                    text.back() != ' ';
  if (bare) return std::string(text);
  std::string quoted;
  AppendJsonString(quoted, text);
  return quoted;
}

// A cell of a Markdown table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (char c : OneLine(text)) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

void AddFrontMatter(const SummaryContext& context, const PlanFigures& figures, std::string& out) {
  const ManifestPlan& of = *figures.plan;
  const bool simulated = context.agent == kSimulate;
  const auto into = std::back_inserter(out);
  const std::string tokens = figures.tokens_known ? std::to_string(figures.tokens.Total()) : "null";
  const auto today = fmt::gmtime(std::chrono::system_clock::to_time_t(context.record.ended_today));
  fmt::format_to(into, "---\nphase: {}\nplan: {}\ntags: []\n", Scalar(of.phase), Scalar(of.plan));
  fmt::format_to(into, "status: {}\n", !figures.complete ? "halted" : simulated ? "simulated" : "complete");
  fmt::format_to(into, "completed: {:%Y-%m-%d}\nduration: {}\n", today, FormatDuration(figures.wall));
  fmt::format_to(into, "generator: {}\nrun: {}\nagent: {}\n", context.generator, context.run.id,
                 context.agent);
  // `actuals` calibrate later estimates: a simulation has none.
  if (!simulated) fmt::format_to(into, "actuals:\n  tokens: {}\n  tasks: {}\n", tokens, figures.done);
  fmt::format_to(into, "execution:\n  parallel_batches: {}\n  subagent_spawns: {}\n",
                 figures.parallel_batches, figures.spawns);
  fmt::format_to(into, "  total_subagent_tokens: {}\n  main_context_tokens: 0\n", tokens);
  if (figures.wall > Millis(0)) {
    fmt::format_to(
        into, "  parallelization_efficiency: {:.2f}\n",
        static_cast<double>(figures.task_time.count()) / static_cast<double>(figures.wall.count()));
  } else {
    out += "  parallelization_efficiency: null\n";
  }
  out += "  token_savings_vs_sequential: null\n---\n\n";
}

void AddTable(const SummaryContext& context, const PlanFigures& figures, std::string& out) {
  out +=
      "## Tasks\n\n"
      "| task | model | outcome | seconds | tokens | estimated tokens | estimated seconds |\n"
      "|---|---|---|---:|---:|---:|---:|\n";
  for (TaskIndex task : figures.tasks) {
    const ManifestTask& of = context.manifest.tasks[task];
    const TaskRecord& record = context.record.tasks[task];
    const auto& result = record.result;
    std::string outcome(TaskStateName(record.state));
    if (result && result->outcome != Outcome::kOk && result->outcome != Outcome::kFailed)
      outcome = OutcomeName(result->outcome);
    fmt::format_to(
        std::back_inserter(out), "| {} | {} | {} | {} | {} | {} | {} |\n", Cell(TaskTitle(of)),
        Cell(of.model), outcome,
        result ? fmt::format("{:.1f}", static_cast<double>((result->ended - result->started).count()) / 1000)
               : "",
        result && result->tokens ? std::to_string(result->tokens->Total()) : "", of.estimated_tokens.expected,
        of.estimated_seconds.expected);
  }
}

void AddTroubles(const SummaryContext& context, const PlanFigures& figures, std::string& out) {
  const auto section = [&](std::string_view title, auto wanted, auto describe) {
    bool first = true;
    for (TaskIndex task : figures.tasks) {
      const TaskRecord& record = context.record.tasks[task];
      if (!wanted(record)) continue;
      if (std::exchange(first, false)) fmt::format_to(std::back_inserter(out), "\n## {}\n\n", title);
      fmt::format_to(std::back_inserter(out), "- {}{}\n", TaskTitle(context.manifest.tasks[task]),
                     describe(context.manifest.tasks[task], record));
    }
  };
  const auto in_state = [](TaskState state) {
    return [state](const TaskRecord& record) { return record.state == state; };
  };
  const auto message = [](const ManifestTask&, const TaskRecord& record) {
    return record.result ? ": " + OneLine(record.result->message) : std::string();
  };
  const auto nothing = [](const ManifestTask&, const TaskRecord&) { return std::string(); };
  section("Failed", in_state(TaskState::kFailed), message);
  section("Skipped, since something they depend on failed", in_state(TaskState::kSkipped), nothing);
  section("Waiting for a person", in_state(TaskState::kWaiting),
          [](const ManifestTask& task, const TaskRecord&) {
            return fmt::format(" ({})", OneLine(task.checkpoint->kind));
          });
  section(
      "Not started",
      [](const TaskRecord& record) {
        return !record.result &&
               (record.state == TaskState::kCancelled || record.state == TaskState::kBlocked);
      },
      nothing);
  section(
      "Interrupted",
      [](const TaskRecord& record) { return record.result && record.state == TaskState::kCancelled; },
      nothing);
}

void AddFiles(const SummaryContext& context, const PlanFigures& figures, std::string& out) {
  std::vector<std::string_view> files;
  for (TaskIndex task : figures.tasks)
    if (context.record.tasks[task].state == TaskState::kDone)
      for (const std::string& file : context.manifest.tasks[task].files)
        if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  if (files.empty()) return;
  out += "\n## Files that the finished tasks declare\n\n";
  for (std::string_view file : files) fmt::format_to(std::back_inserter(out), "- {}\n", OneLine(file));
}

// The front matter of a file, or "" when it has none.
std::string_view FrontMatter(std::string_view text) {
  if (text.rfind("---\n", 0) != 0) return {};
  const size_t end = text.find("\n---", 3);
  return end == std::string_view::npos ? std::string_view() : text.substr(3, end - 3 + 1);
}

// Why the summary at `path` must not be replaced, or "".
std::string WhyKeep(const fs::path& path, bool simulated) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  const auto bytes = ReadWholeFile(path);
  if (!bytes.ok()) return bytes.error();
  const std::string_view front = FrontMatter(*bytes);
  if (front.find("\ngenerator: gsd-run") == std::string_view::npos)
    return fmt::format("{} was not written by gsd-run and is kept", path.string());
  if (simulated && front.find("\nagent: simulate\n") == std::string_view::npos)
    return fmt::format("{} tells of a real run and is kept", path.string());
  return {};
}

std::string BuildSummary(const SummaryContext& context, const PlanFigures& figures) {
  const ManifestPlan& of = *figures.plan;
  std::string out;
  const auto into = std::back_inserter(out);
  AddFrontMatter(context, figures, out);
  if (context.agent == kSimulate)
    out +=
        "> **Simulated: nothing was really done.** No agent ran, no file changed; tokens are the plan's "
        "estimates and "
        "seconds those of the simulation.\n\n";
  fmt::format_to(into, "# {} summary\n\n", OneLine(of.id));
  const std::string_view first_line = Split(Trim(of.objective), '\n')[0];
  if (!first_line.empty()) fmt::format_to(into, "{}\n\n", OneLine(first_line));
  fmt::format_to(into, "{} of {} tasks done in {}.\n\n", figures.done, figures.tasks.size(),
                 FormatDuration(figures.wall));
  AddTable(context, figures, out);
  AddTroubles(context, figures, out);
  AddFiles(context, figures, out);
  out +=
      "\n## How the figures are made\n\n"
      "- `parallel_batches`: batches in which at least two of this plan's tasks ran at the same time.\n"
      "- `subagent_spawns`: agents started. `total_subagent_tokens`: input + output + cache creation, as the "
      "agents "
      "report them; null when none does.\n"
      "- `main_context_tokens`: 0, since gsd-run itself uses no model.\n"
      "- `parallelization_efficiency`: the sum of the tasks' seconds / the seconds from the first start to "
      "the last "
      "end.\n"
      "- `token_savings_vs_sequential`: null, since a sequential run was not measured.\n";
  return out;
}

}  // namespace

std::string SummaryPath(const std::string& plan_path) {
  const fs::path path = plan_path;
  std::string stem = path.stem().string();
  constexpr std::string_view kPlan = "PLAN";
  if (stem.size() >= kPlan.size() &&
      EqualsIgnoreCase(std::string_view(stem).substr(stem.size() - kPlan.size()), kPlan)) {
    stem.resize(stem.size() - kPlan.size());
  } else {
    stem += '-';
  }
  return (path.parent_path() / (stem + "SUMMARY.md")).string();
}

std::vector<std::pair<std::string, std::string>> BuildSummaries(const SummaryContext& context) {
  std::vector<std::pair<std::string, std::string>> summaries;
  for (const PlanFigures& figures : Count(context)) {
    if (figures.spawns > 0) summaries.emplace_back(figures.plan->path, BuildSummary(context, figures));
  }
  return summaries;
}

std::vector<WrittenSummary> WriteSummaries(const SummaryContext& context,
                                           const std::function<bool(const fs::path&)>& elsewhere) {
  std::vector<WrittenSummary> written;
  for (const PlanFigures& figures : Count(context)) {
    if (figures.spawns == 0) continue;
    if (elsewhere && elsewhere(context.root / SummaryPath(figures.plan->path))) continue;
    WrittenSummary& summary = written.emplace_back();
    summary.path = context.root / SummaryPath(figures.plan->path);
    summary.note = WhyKeep(summary.path, context.agent == kSimulate);
    if (!summary.note.empty())
      summary.path = context.run.path / fmt::format("{}-SUMMARY.md", TaskFolderName(figures.plan->id));
    if (auto status = WriteFileAtomically(summary.path, BuildSummary(context, figures)); !status.ok())
      summary.error = status.error();
  }
  return written;
}

}  // namespace gsd
