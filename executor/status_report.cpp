#include "executor/status_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "backends/json_writer.h"
#include "executor/report.h"
#include "executor/text.h"

namespace gsd {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kRunsShown = 10;

// A task with all that is known of it; either of the two may be missing.
struct TaskView {
  const ManifestTask* task = nullptr;
  const TaskRow* row = nullptr;
  std::vector<const AttemptRow*> attempts;

  const std::string& id() const { return task != nullptr ? task->id : row->task; }
  TaskState state() const { return row != nullptr ? row->state : TaskState::kBlocked; }
};

// In the order of the manifest; then what it does not know.
std::vector<TaskView> ViewTasks(const ProjectStatus& status) {
  std::vector<TaskView> views;
  std::map<std::string_view, size_t> index;
  const auto view_of = [&](const std::string& id) -> TaskView& {
    const auto [at, added] = index.emplace(id, views.size());
    if (added) views.emplace_back();
    return views[at->second];
  };
  if (status.manifest)
    for (const ManifestTask& task : status.manifest->tasks) view_of(task.id).task = &task;
  for (const TaskRow& row : status.tasks) view_of(row.task).row = &row;
  for (const AttemptRow& attempt : status.attempts)
    if (const auto at = index.find(attempt.task); at != index.end())
      views[at->second].attempts.push_back(&attempt);
  return views;
}

struct Spending {
  TokenCounts tokens;
  double usd = 0;
  size_t attempts = 0, without_tokens = 0, without_usd = 0;
};

Spending SumUp(const std::vector<AttemptRow>& attempts) {
  Spending sum;
  sum.attempts = attempts.size();
  for (const AttemptRow& attempt : attempts) {
    if (attempt.tokens) {
      sum.tokens += *attempt.tokens;
    } else {
      ++sum.without_tokens;
    }
    sum.usd += attempt.usd.value_or(0);
    if (!attempt.usd) ++sum.without_usd;
  }
  return sum;
}

// How long it took, or has taken so far; nothing when nobody knows when it ended.
std::optional<Millis> TimeOf(int64_t started, int64_t ended, bool alive, int64_t now) {
  if (ended != 0) return Millis(ended - started);
  return alive ? std::optional(Millis(now - started)) : std::nullopt;
}

size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The first `count` characters; the last of them is "…" when there are more.
std::string Shorten(std::string_view text, size_t count) {
  if (CharactersIn(text) <= count) return std::string(text);
  if (count == 0) return "";
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end)
    if ((text[end] & 0xC0) != 0x80 && ++seen == count) break;
  return std::string(text.substr(0, end)) + "…";
}

struct Column {
  std::string_view title;
  size_t widest;
  bool right = false;
};

// Aligned columns; the last one takes what room is left.
std::string FormatTable(const std::vector<Column>& columns, std::vector<std::vector<std::string>> rows) {
  rows.insert(rows.begin(), std::vector<std::string>());
  for (const Column& column : columns) rows.front().emplace_back(column.title);
  std::vector<size_t> widths(columns.size());
  for (auto& row : rows) {
    for (size_t i = 0; i < columns.size(); ++i) {
      row[i] = Shorten(row[i], columns[i].widest);
      widths[i] = std::max(widths[i], CharactersIn(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    size_t used = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      const bool last = i + 1 == columns.size();
      const std::string cell = last ? Shorten(row[i], kColumns - std::min(used, kColumns)) : row[i];
      const std::string padding(widths[i] - std::min(widths[i], CharactersIn(cell)), ' ');
      line += columns[i].right ? padding + cell : cell + padding;
      line += "  ";
      used += widths[i] + 2;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

// A word of a command line that can be pasted into a shell.
std::string ShellWord(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return IsWordChar(c) || std::string_view("-./:@%+=,").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) c == '\'' ? quoted += "'\\''" : quoted += c;
  return OneLine(quoted + "'");
}

std::string RunsTable(const ProjectStatus& status) {
  std::vector<std::vector<std::string>> rows;
  for (const RunRow& run : status.runs) {
    if (rows.size() == kRunsShown) break;
    const auto time = TimeOf(run.started, run.ended, IsAlive(run, status.holder), status.now);
    rows.push_back({OneLine(run.id), std::string(RunCondition(run, status.holder)),
                    FormatLocalTime(run.started), time ? FormatDuration(*time) : "", OneLine(run.agent)});
  }
  std::string out = FormatTable(
      {{"RUN", 24}, {"STATE", 11}, {"STARTED", 16}, {"TIME", 12, true}, {"AGENT", 20}}, std::move(rows));
  if (const size_t more = status.runs.size(); more > kRunsShown)
    out += fmt::format("and {} older ones\n", more - kRunsShown);
  return out;
}

// One line per attempt; the first also tells of the task.
std::string TasksTable(const ProjectStatus& status, const std::vector<TaskView>& views, bool alive) {
  std::vector<std::vector<std::string>> rows;
  for (const TaskView& view : views) {
    const bool lost = view.state() == TaskState::kRunning && !alive;
    const auto state = std::string(lost ? "died" : TaskStateName(view.state()));
    const auto name = view.task == nullptr ? "" : OneLine(ShortName(*view.task));
    rows.push_back({OneLine(view.id()), state, "", "", "", "", "", "", name});
    for (const AttemptRow* attempt : view.attempts) {
      if (attempt != view.attempts.front()) rows.push_back({"", "", "", "", "", "", "", "", ""});
      auto& row = rows.back();
      const auto time = TimeOf(attempt->started, attempt->ended, alive, status.now);
      row[2] = std::to_string(attempt->attempt);
      row[3] = OneLine(attempt->model);
      if (attempt->outcome) row[4] = OutcomeName(*attempt->outcome);
      if (time) row[5] = FormatDuration(*time);
      if (attempt->tokens) row[6] = FormatCount(attempt->tokens->Total());
      if (attempt->usd) row[7] = fmt::format("{:.2f}", *attempt->usd);
    }
  }
  return FormatTable({{"TASK", 14},
                      {"STATE", 9},
                      {"TRY", 3, true},
                      {"MODEL", 12},
                      {"OUTCOME", 14},
                      {"TIME", 11, true},
                      {"TOKENS", 11, true},
                      {"USD", 8, true},
                      {"NAME", kColumns}},
                     std::move(rows));
}

std::string SpendingText(const std::vector<AttemptRow>& attempts) {
  const Spending spent = SumUp(attempts);
  if (spent.attempts == 0) return "";
  std::string out = "spent: ";
  const auto into = std::back_inserter(out);
  if (spent.without_tokens == spent.attempts) {
    out += "tokens not reported";
  } else {
    fmt::format_to(into, "{} tokens ({} in, {} out, {} into the cache), {} from the cache",
                   FormatCount(spent.tokens.Total()), FormatCount(spent.tokens.input),
                   FormatCount(spent.tokens.output), FormatCount(spent.tokens.cache_creation),
                   FormatCount(spent.tokens.cache_read));
  }
  if (spent.without_usd < spent.attempts) fmt::format_to(into, ", {:.4f} USD", spent.usd);
  if (spent.without_tokens > 0 && spent.without_tokens < spent.attempts)
    fmt::format_to(into, "\n       at least: {} of {} attempts report no tokens", spent.without_tokens,
                   spent.attempts);
  return out + '\n';
}

std::string AnswerCommands(const ManifestTask& task, const std::string& suffix) {
  const std::string id = ShellWord(task.id);
  const auto command = [&](std::string_view verb, const std::string& argument) {
    return fmt::format("      gsd-run {} {}{}{}\n", verb, id, argument, suffix);
  };
  std::string out = "    to answer:\n";
  if (task.checkpoint->options.empty() || task.checkpoint->kind != "decision") out += command("approve", "");
  for (const ManifestOption& option : task.checkpoint->options)
    out += command("choose", " " + ShellWord(option.id));
  return out + command("reject", " \"WHY\"");
}

std::string WaitingText(const ProjectStatus& status, const TaskView& view, bool alive) {
  if (view.task == nullptr || !view.task->checkpoint)
    return fmt::format("  waiting: {}: {}\n", OneLine(view.id()), OneLine(view.row->message));
  std::string out = CheckpointText(*view.task);
  if (const AnswerRow* answer = OpenAnswer(*view.row, status.answers)) {
    return out + fmt::format("    {}{}{}; {}\n", AnswerKindName(answer->kind),
                             answer->text.empty() ? "" : ": ", OneLine(answer->text),
                             alive ? "the running gsd-run picks it up" : "gsd-run resume continues the run");
  }
  const std::string& id = status.runs[status.chosen].id;
  return out + AnswerCommands(*view.task, status.chosen == 0 ? "" : " --run=" + ShellWord(id));
}

std::string TimeOrNothing(int64_t ms) {
  return ms == 0 ? "" : FormatTime(std::chrono::system_clock::time_point(Millis(ms)));
}

void MemberOrNull(JsonWriter& json, std::string_view name, const std::string& text) {
  json.Key(name);
  text.empty() ? json.Null() : json.String(text);
}

void AddTokens(JsonWriter& json, const std::optional<TokenCounts>& tokens) {
  json.Key("tokens");
  if (!tokens) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Member("input", tokens->input);
  json.Member("output", tokens->output);
  json.Member("cache_creation", tokens->cache_creation);
  json.Member("cache_read", tokens->cache_read);
  json.EndObject();
}

void AddUsd(JsonWriter& json, std::optional<double> usd) {
  json.Key("usd");
  usd ? json.Double(*usd) : json.Null();
}

void AddTimes(JsonWriter& json, int64_t started, int64_t ended) {
  MemberOrNull(json, "started", TimeOrNothing(started));
  MemberOrNull(json, "ended", TimeOrNothing(ended));
}

void AddRun(JsonWriter& json, const RunRow& run, const std::optional<LockHolder>& holder) {
  json.BeginObject();
  json.Member("id", run.id);
  json.Member("state", RunStateName(run.state));
  json.Member("alive", IsAlive(run, holder));
  json.Member("agent", run.agent);
  AddTimes(json, run.started, run.ended);
  MemberOrNull(json, "base", run.base);
  MemberOrNull(json, "branch", run.branch);
  json.Member("manifest_sha256", run.manifest_sha256);
  json.Member("options", run.options);
  json.EndObject();
}

void AddAttempt(JsonWriter& json, const AttemptRow& attempt) {
  json.BeginObject();
  json.Member("attempt", attempt.attempt);
  json.Member("model", attempt.model);
  json.Member("stage", AttemptStageName(attempt.stage));
  MemberOrNull(json, "outcome", attempt.outcome ? std::string(OutcomeName(*attempt.outcome)) : "");
  json.Member("message", attempt.message);
  AddTimes(json, attempt.started, attempt.ended);
  AddTokens(json, attempt.tokens);
  AddUsd(json, attempt.usd);
  json.Member("counted", attempt.counted);
  MemberOrNull(json, "session", attempt.session);
  MemberOrNull(json, "place", attempt.place);
  MemberOrNull(json, "base", attempt.base);
  MemberOrNull(json, "tree", attempt.tree);
  MemberOrNull(json, "commit", attempt.commit);
  MemberOrNull(json, "kept_branch", attempt.kept_branch);
  json.EndObject();
}

void AddTask(JsonWriter& json, const TaskView& view) {
  static const TaskRow kNoRow;
  const TaskRow& row = view.row != nullptr ? *view.row : kNoRow;
  json.BeginObject();
  json.Member("id", view.id());
  MemberOrNull(json, "name", view.task != nullptr ? std::string(ShortName(*view.task)) : "");
  json.Member("state", TaskStateName(view.state()));
  json.Member("message", row.message);
  MemberOrNull(json, "commit", row.commit);
  json.Member("text", row.text);
  MemberOrNull(json, "wait_until", TimeOrNothing(row.wait_until));
  json.Member("answer", row.answer);
  json.Key("checkpoint");
  view.task != nullptr&& view.task->checkpoint ? WriteCheckpoint(json, *view.task->checkpoint) : json.Null();
  json.Key("attempts");
  json.BeginArray();
  for (const AttemptRow* attempt : view.attempts) AddAttempt(json, *attempt);
  json.EndArray();
  json.EndObject();
}

void AddSpending(JsonWriter& json, const std::vector<AttemptRow>& attempts) {
  const Spending spent = SumUp(attempts);
  json.Key("spent");
  json.BeginObject();
  json.Member("attempts", static_cast<int64_t>(spent.attempts));
  AddTokens(json, spent.tokens);
  json.Member("attempts_without_tokens", static_cast<int64_t>(spent.without_tokens));
  AddUsd(json, spent.usd);
  json.Member("attempts_without_usd", static_cast<int64_t>(spent.without_usd));
  json.EndObject();
}

}  // namespace

bool IsAlive(const RunRow& run, const std::optional<LockHolder>& holder) {
  return holder && holder->run == run.id;
}

std::string_view RunCondition(const RunRow& run, const std::optional<LockHolder>& holder) {
  return run.state == RunState::kRunning && !IsAlive(run, holder) ? "died" : RunStateName(run.state);
}

std::string StatusText(const ProjectStatus& status) {
  const RunRow& run = status.runs.at(status.chosen);
  const bool alive = IsAlive(run, status.holder);
  const auto views = ViewTasks(status);
  std::string out = RunsTable(status);
  const auto into = std::back_inserter(out);
  if (status.holder && !alive) out += HolderMessage(*status.holder) + '\n';

  const auto done = std::count_if(views.begin(), views.end(),
                                  [](const TaskView& view) { return view.state() == TaskState::kDone; });
  fmt::format_to(into, "\nrun {}: {}, {} of {} tasks done\n", OneLine(run.id),
                 RunCondition(run, status.holder), done, views.size());
  if (!run.branch.empty())
    fmt::format_to(into, "branch {}, from {}\n", OneLine(run.branch), OneLine(run.base));
  if (alive) {
    if (status.holder->pid != 0) fmt::format_to(into, "carried out by pid {}\n", status.holder->pid);
  } else if (run.state != RunState::kDone) {
    out += "gsd-run resume continues it\n";
  }
  out += '\n' + TasksTable(status, views, alive) + '\n' + SpendingText(status.attempts);

  for (const TaskView& view : views)
    if (view.state() == TaskState::kFailed)
      fmt::format_to(into, "  failed: {}: {}\n", OneLine(view.id()), OneLine(view.row->message));
  for (const AttemptRow& attempt : status.attempts)
    if (!attempt.kept_branch.empty())
      fmt::format_to(into, "  kept: branch {} (attempt {} of {})\n", OneLine(attempt.kept_branch),
                     attempt.attempt, OneLine(attempt.task));
  for (const TaskView& view : views) {
    if (view.state() == TaskState::kWaiting) {
      out += WaitingText(status, view, alive);
    } else if (view.row != nullptr && view.row->wait_until > status.now) {
      fmt::format_to(into, "  waiting: {} until {}: {}\n", OneLine(view.id()),
                     FormatLocalTime(view.row->wait_until), OneLine(view.row->message));
    }
  }
  return out;
}

std::string StatusJson(const ProjectStatus& status) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Member("version", 1);
  json.Key("runner");
  if (status.holder) {
    json.BeginObject();
    json.Member("pid", status.holder->pid);
    MemberOrNull(json, "run", status.holder->run);
    json.EndObject();
  } else {
    json.Null();
  }
  json.Key("runs");
  json.BeginArray();
  for (const RunRow& run : status.runs) AddRun(json, run, status.holder);
  json.EndArray();
  json.Key("run");
  json.BeginObject();
  json.Member("id", status.runs.at(status.chosen).id);
  AddSpending(json, status.attempts);
  json.Key("tasks");
  json.BeginArray();
  for (const TaskView& view : ViewTasks(status)) AddTask(json, view);
  json.EndArray();
  json.Key("answers");
  json.BeginArray();
  for (const AnswerRow& answer : status.answers) {
    json.BeginObject();
    json.Member("id", answer.id);
    json.Member("task", answer.task);
    json.Member("kind", AnswerKindName(answer.kind));
    json.Member("text", answer.text);
    MemberOrNull(json, "at", TimeOrNothing(answer.at));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.EndObject();
  out += '\n';
  return out;
}

}  // namespace gsd
