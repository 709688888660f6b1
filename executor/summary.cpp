#include "executor/summary.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>

#include "backends/json_writer.h"
#include "executor/checkpoints.h"
#include "executor/scope.h"
#include "executor/summary_figures.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSimulate = "simulate";
constexpr size_t kMostListed = 200;  // files of a task, or of a plan

// A YAML scalar: bare when every reader takes it for that text (or for a number, as plans have it), else in
// double quotes, where JSON's escapes are YAML's.
std::string Scalar(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                      "on",   "off",  "y",     "n"};
  const bool word = std::any_of(kWords.begin(), kWords.end(),
                                [&](std::string_view known) { return EqualsIgnoreCase(text, known); });
  const bool bare = !word && !text.empty() && (IsAlpha(text[0]) || IsDigit(text[0])) &&
                    std::all_of(text.begin(), text.end(),
                                [](char c) { return IsWordChar(c) || c == '-' || c == '.' || c == ' '; }) &&
                    text.back() != ' ';
  if (bare) return std::string(text);
  std::string quoted;
  AppendJsonString(quoted, OneLine(text));
  // The two characters that YAML forbids and JSON does not, beside controls.
  for (const std::string_view forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (size_t at; (at = quoted.find(forbidden)) != std::string::npos;)
      quoted.replace(at, forbidden.size(), "\xEF\xBF\xBD");
  return quoted;
}

// "name: []", or a list with one item a line.
void AddList(std::string& out, std::string_view indent, std::string_view name,
             const std::vector<std::string>& items) {
  fmt::format_to(std::back_inserter(out), "{}{}:{}\n", indent, name, items.empty() ? " []" : "");
  for (const std::string& item : items)
    fmt::format_to(std::back_inserter(out), "{}  - {}\n", indent, Scalar(item));
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

std::string ShortHash(const std::string& commit) { return commit.substr(0, 8); }

double SecondsOf(Millis duration) { return static_cast<double>(duration.count()) / 1000; }

// Dollars that no agent reported are our own multiplication.
std::string Dollars(const TaskFigures& figures) {
  if (!figures.tokens_known && figures.usd == 0) return "";
  return fmt::format("{}{:.4f}", figures.usd_reported ? "" : "~", figures.usd);
}

// What a run saved against the baseline is known when it did all of it and was told what that took.
bool CanCompare(const SummaryContext& context, const PlanFigures& plan) {
  return context.agent != kSimulate && plan.complete && plan.all_tokens_known && plan.baseline_tokens > 0;
}

void AddRelations(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  const auto into = std::back_inserter(out);
  const auto& plans = context.manifest.plans;
  fmt::format_to(into, "requires:{}\n", plan.plan->depends_on.empty() ? " []" : "");
  for (const std::string& id : plan.plan->depends_on) {
    const auto before =
        std::find_if(plans.begin(), plans.end(), [&](const ManifestPlan& other) { return other.id == id; });
    if (before != plans.end()) fmt::format_to(into, "  - phase: {}\n    plan: ", Scalar(before->phase));
    fmt::format_to(into, "{}{}\n", before == plans.end() ? "  - plan: " : "", Scalar(id));
  }
  std::vector<std::string> affected;
  for (const ManifestPlan& other : plans)
    if (std::find(other.depends_on.begin(), other.depends_on.end(), plan.plan->id) != other.depends_on.end())
      affected.push_back(other.id);
  AddList(out, "", "affects", affected);
}

// What the plan was estimated at, as the format's planners write it. Their confidence is in words: a few
// records are medium and six high, where a tenth of ours is one record.
void AddEstimate(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  int64_t tokens = 0, tasks = 0;
  double confident = 0;
  for (const TaskIndex task : plan.tasks) {
    const ManifestTask& of = context.manifest.tasks[task];
    if (of.checkpoint) continue;
    ++tasks;
    tokens += of.estimated_tokens.expected;
    confident += static_cast<double>(of.estimated_tokens.expected) * of.estimate_confidence;
  }
  const double confidence = tokens > 0 ? confident / static_cast<double>(tokens) : 0;
  fmt::format_to(std::back_inserter(out), "estimate:\n  tokens: {}\n  tasks: {}\n  confidence: {}\n", tokens,
                 tasks,
                 confidence < 0.305 ? "low"
                 : confidence < 0.6 ? "med"
                                    : "high");
}

void AddFrontMatter(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  const ManifestPlan& of = *plan.plan;
  const bool simulated = context.agent == kSimulate;
  const auto into = std::back_inserter(out);
  const std::string tokens = plan.tokens_known ? std::to_string(plan.tokens.Total()) : "null";
  const auto today = fmt::gmtime(std::chrono::system_clock::to_time_t(context.record.ended_today));
  fmt::format_to(into, "---\nphase: {}\nplan: {}\nsubsystem: null\ntags: []\n", Scalar(of.phase),
                 Scalar(of.plan));
  AddRelations(context, plan, out);
  // Without commits nobody has seen what changed.
  if (plan.commits > 0) {
    out += "key-files:\n";
    AddList(out, "  ", "created", plan.created);
    AddList(out, "  ", "modified", plan.modified);
  }
  std::vector<std::string> decisions;
  for (const TaskIndex task : plan.tasks) {
    const ManifestTask& checkpoint = context.manifest.tasks[task];
    const TaskRecord& record = context.record.tasks[task];
    if (checkpoint.checkpoint && checkpoint.checkpoint->kind == "decision" &&
        record.state == TaskState::kDone)
      decisions.push_back(DecisionLine(checkpoint, record.answer));
  }
  AddList(out, "", "key-decisions", decisions);
  fmt::format_to(into, "status: {}\n", !plan.complete ? "halted" : simulated ? "simulated" : "complete");
  fmt::format_to(into, "completed: {:%Y-%m-%d}\nduration: {}\n", today, FormatDuration(plan.wall));
  fmt::format_to(into, "generator: {}\nrun: {}\nagent: {}\n", context.generator, context.run.id,
                 context.agent);
  AddEstimate(context, plan, out);
  // `actuals` calibrate later estimates: a simulation has none, and nor has an agent that counts no tokens.
  if (!simulated && plan.tokens_known) {
    fmt::format_to(into, "actuals:\n  tokens: {}\n  tasks: {}\n  commits: {}\n", tokens, plan.done,
                   plan.commits);
  }
  fmt::format_to(into, "execution:\n  parallel_batches: {}\n  subagent_spawns: {}\n", plan.parallel_batches,
                 plan.attempts);
  const auto known = [&](int64_t count) { return plan.tokens_known ? std::to_string(count) : "null"; };
  fmt::format_to(into, "  total_subagent_tokens: {}\n  main_context_tokens: {}\n",
                 known(plan.tokens.Total() - plan.main_tokens), known(plan.main_tokens));
  fmt::format_to(into, "  main_context_tokens_estimated: {}\n", plan.expected_main_tokens);
  if (plan.wall > Millis(0)) {
    fmt::format_to(into, "  parallelization_efficiency: {:.2f}\n",
                   SecondsOf(plan.task_time) / SecondsOf(plan.wall));
  } else {
    out += "  parallelization_efficiency: null\n";
  }
  if (CanCompare(context, plan)) {
    fmt::format_to(into, "  token_savings_vs_sequential: {}  # baseline: estimated\n---\n\n",
                   std::llround(plan.baseline_tokens) - plan.tokens.Total());
  } else {
    out += "  token_savings_vs_sequential: null\n---\n\n";
  }
}

void AddTable(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  out +=
      "## Tasks\n\n"
      "| task | outcome | attempts | models | seconds | tokens | estimated | USD | files | commit |\n"
      "|---|---|---:|---|---:|---:|---:|---:|---:|---|\n";
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const ManifestTask& of = context.manifest.tasks[plan.tasks[i]];
    const TaskRecord& record = context.record.tasks[plan.tasks[i]];
    const TaskFigures& figures = plan.of[i];
    const auto& result = record.result;
    std::string outcome(TaskStateName(record.state));
    if (result && result->outcome != Outcome::kOk && result->outcome != Outcome::kFailed)
      outcome = OutcomeName(result->outcome);
    const bool began = !figures.attempts.empty();
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                   Cell(TaskTitle(of)), outcome, began ? std::to_string(figures.attempts.size()) : "",
                   Cell(fmt::format("{}", fmt::join(figures.models, ", "))),
                   began ? fmt::format("{:.1f}", SecondsOf(figures.time)) : "",
                   figures.tokens_known ? std::to_string(figures.tokens.Total()) : "",
                   of.checkpoint ? "" : std::to_string(of.estimated_tokens.expected), Dollars(figures),
                   figures.commits.empty() ? "" : std::to_string(figures.changes.size()),
                   figures.commits.empty() ? "" : ShortHash(figures.commits.back()));
  }
}

// A list under a title; nothing without items.
void AddSection(std::string& out, std::string_view title, const std::vector<std::string>& items) {
  if (items.empty()) return;
  fmt::format_to(std::back_inserter(out), "\n## {}\n\n", title);
  for (const std::string& item : items) fmt::format_to(std::back_inserter(out), "- {}\n", item);
}

void AddTroubles(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  const auto section = [&](std::string_view title, auto wanted, auto describe) {
    std::vector<std::string> items;
    for (size_t i = 0; i < plan.tasks.size(); ++i) {
      const TaskRecord& record = context.record.tasks[plan.tasks[i]];
      if (wanted(record))
        items.push_back(TaskTitle(context.manifest.tasks[plan.tasks[i]]) + describe(i, record));
    }
    AddSection(out, title, items);
  };
  const auto in_state = [](TaskState state) {
    return [state](const TaskRecord& record) { return record.state == state; };
  };
  const auto nothing = [](size_t, const TaskRecord&) { return std::string(); };
  section("Failed", in_state(TaskState::kFailed), [](size_t, const TaskRecord& record) {
    return record.result ? ": " + OneLine(record.result->message) : std::string();
  });
  section("Skipped, since something they depend on failed", in_state(TaskState::kSkipped),
          [&](size_t i, const TaskRecord&) {
            const auto failed = plan.of[i].failed_before;
            return failed ? fmt::format(": {} failed", OneLine(context.manifest.tasks[*failed].id)) : "";
          });
  section("Waiting for a person", in_state(TaskState::kWaiting), [&](size_t i, const TaskRecord&) {
    return fmt::format(" ({})", OneLine(context.manifest.tasks[plan.tasks[i]].checkpoint->kind));
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

void AddAttempts(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  std::vector<std::string> items;
  for (const TaskFigures& figures : plan.of) {
    for (const AttemptRecord* attempt : figures.attempts) {
      if (attempt->accepted) continue;
      items.push_back(fmt::format(
          "{}, attempt {} ({}): {}{}", TaskTitle(context.manifest.tasks[attempt->task]), attempt->attempt,
          OneLine(attempt->model),
          OneLine(attempt->message.empty() ? OutcomeName(attempt->outcome) : attempt->message),
          attempt->kept.empty() ? "" : fmt::format("; its work is on branch `{}`", OneLine(attempt->kept))));
    }
  }
  AddSection(out, "Attempts that were not accepted", items);
}

void AddAnswers(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  std::vector<std::string> items;
  for (const TaskIndex task : plan.tasks) {
    const ManifestTask& of = context.manifest.tasks[task];
    const TaskRecord& record = context.record.tasks[task];
    if (of.checkpoint && record.state == TaskState::kDone)
      items.push_back(
          fmt::format("{} ({}): {}", TaskTitle(of), OneLine(of.checkpoint->kind), OneLine(record.answer)));
  }
  AddSection(out, "Checkpoints", items);
}

std::string_view KindName(FileChange::Kind kind) {
  return kind == FileChange::Kind::kAdded     ? "created"
         : kind == FileChange::Kind::kDeleted ? "deleted"
                                              : "modified";
}

void AddChanges(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  std::vector<std::string> changed, declared, deviations;
  std::set<std::string_view> declared_before;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const ManifestTask& of = context.manifest.tasks[plan.tasks[i]];
    const TaskFigures& figures = plan.of[i];
    if (context.record.tasks[plan.tasks[i]].state == TaskState::kDone)
      for (const std::string& file : of.files)
        if (declared_before.insert(file).second) declared.push_back(file);
    for (size_t n = 0; n < std::min(figures.changes.size(), kMostListed); ++n)
      changed.push_back(fmt::format("{}: {} {}", OneLine(of.id), KindName(figures.changes[n].kind),
                                    OneLine(figures.changes[n].path)));
    if (figures.changes.size() > kMostListed)
      changed.push_back(fmt::format("{}: and {} more", OneLine(of.id), figures.changes.size() - kMostListed));
    auto outside = OutOfScope(of.files, figures.changes);
    outside.resize(std::min(outside.size(), kMostListed));
    for (const std::string& change : outside)
      deviations.push_back(fmt::format("{}: {}, which it did not declare", OneLine(of.id), OneLine(change)));
  }
  AddSection(out, "Changes", changed);
  if (plan.commits == 0) {
    for (std::string& file : declared) file = OneLine(file);
    AddSection(out, "Files that the finished tasks declare", declared);
  }
  AddSection(out, "Deviations", deviations);
}

void AddSavings(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  if (context.agent == kSimulate || plan.wall == Millis(0)) return;
  std::vector<std::string> items;
  items.push_back(fmt::format("Time, measured: {} of work in {}, {} less than one after the other.",
                              FormatDuration(plan.task_time), FormatDuration(plan.wall),
                              FormatDuration(plan.task_time - plan.wall)));
  const auto compare = [&](std::string_view what, const std::string& used, const std::string& baseline,
                           double part, double whole) {
    const double saved = whole > 0 ? 100 * (1 - part / whole) : 0;
    items.push_back(
        fmt::format("{}: {} used; {} estimated for the same work in one sequential session of "
                    "sonnet: {:.0f} % {}.",
                    what, used, baseline, std::abs(saved), saved < 0 ? "more" : "saved"));
  };
  if (CanCompare(context, plan)) {
    const auto baseline = std::llround(plan.baseline_tokens);
    compare("Tokens", FormatCount(plan.tokens.Total()), FormatCount(baseline),
            static_cast<double>(plan.tokens.Total()), plan.baseline_tokens);
    if (plan.baseline_usd > 0 && plan.usd > 0)
      compare("USD", fmt::format("{:.2f}", plan.usd), fmt::format("{:.2f}", plan.baseline_usd), plan.usd,
              plan.baseline_usd);
  }
  AddSection(out, "Savings", items);
}

// How much of the work was done in the plan's main session, where every later task pays for it.
void AddMainSession(const SummaryContext& context, const PlanFigures& plan, std::string& out) {
  const int64_t total = plan.tokens.Total();
  const bool measured = plan.tokens_known && total > 0 && context.agent != kSimulate;
  if (plan.main_tokens == 0 && plan.expected_main_tokens == 0) return;
  const auto share = [](int64_t part, int64_t whole) {
    return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  std::vector<std::string> items;
  if (measured)
    items.push_back(fmt::format("Measured: {:.0f} % of the tokens.", share(plan.main_tokens, total)));
  items.push_back(
      fmt::format("Estimated: {:.0f} %.", share(plan.expected_main_tokens, plan.expected_tokens)));
  items.push_back("The target is at most 20 %.");
  AddSection(out, "Main session", items);
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

std::string BuildSummary(const SummaryContext& context, const PlanFigures& plan) {
  const ManifestPlan& of = *plan.plan;
  std::string out;
  const auto into = std::back_inserter(out);
  AddFrontMatter(context, plan, out);
  if (context.agent == kSimulate)
    out +=
        "> **Simulated: nothing was really done.** No agent ran, no file changed; tokens are the plan's "
        "estimates and seconds those of the simulation.\n\n";
  fmt::format_to(into, "# {} summary\n\n", OneLine(of.id));
  const std::string_view first_line = Split(Trim(of.objective), '\n')[0];
  if (!first_line.empty()) fmt::format_to(into, "{}\n\n", OneLine(first_line));
  fmt::format_to(into, "{} of {} tasks done in {}.\n\n", plan.done, plan.tasks.size(),
                 FormatDuration(plan.wall));
  AddTable(context, plan, out);
  AddTroubles(context, plan, out);
  AddAttempts(context, plan, out);
  AddAnswers(context, plan, out);
  AddChanges(context, plan, out);
  AddSavings(context, plan, out);
  AddMainSession(context, plan, out);
  out +=
      "\n## How the figures are made\n\n"
      "- `duration`: the time in which at least one of the plan's tasks was worked on, by an agent or its "
      "verification; pauses and the time between the parts of a resumed run are not in it.\n"
      "- `parallel_batches`: batches in which at least two of this plan's tasks ran at the same time.\n"
      "- `subagent_spawns`: attempts begun. `total_subagent_tokens`: input + output + cache creation of "
      "those "
      "that started fresh, as the agents report them; null when none does.\n"
      "- `main_context_tokens`: the same of those that went on with the plan's main session; gsd-run itself "
      "uses no model. `main_context_tokens_estimated`: what the manifest expects of tasks that inherit it.\n"
      "- `parallelization_efficiency`: the sum of the attempts' seconds / `duration`.\n"
      "- `token_savings_vs_sequential`: the manifest's estimate of a sequential run, by this plan's share of "
      "the expected tokens, less all tokens; null when an attempt reported none or a task is "
      "not done.\n"
      "- USD as the agents report them; with `~`: their tokens at the manifest's prices.\n"
      "- `subsystem` and `tags` are not known to a runner.\n";
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

std::vector<PlanSummary> BuildSummaries(const SummaryContext& context) {
  std::vector<PlanSummary> summaries;
  for (const PlanFigures& plan : CountPlans(context.manifest, context.record, context.commits)) {
    if (plan.attempts > 0)
      summaries.push_back({plan.plan, SummaryPath(plan.plan->path), BuildSummary(context, plan)});
  }
  return summaries;
}

std::vector<WrittenSummary> WriteSummaries(const SummaryContext& context,
                                           const std::vector<PlanSummary>& summaries) {
  std::vector<WrittenSummary> written;
  for (const PlanSummary& summary : summaries) {
    WrittenSummary& to = written.emplace_back();
    to.path = context.root / summary.path;
    to.note = WhyKeep(to.path, context.agent == kSimulate);
    if (!to.note.empty())
      to.path = context.run.path / fmt::format("{}-SUMMARY.md", TaskFolderName(summary.plan->id));
    if (auto status = WriteFileAtomically(to.path, summary.text); !status.ok()) to.error = status.error();
  }
  return written;
}

}  // namespace gsd
