#include "driver/gsd_run_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <variant>

#include "driver/gsd_run_exit.h"
#include "driver/terminal.h"
#include "executor/checkpoints.h"
#include "executor/mask.h"
#include "executor/process.h"
#include "executor/run_lock.h"
#include "executor/status_report.h"
#include "executor/text.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kCommands = {"status", "approve", "choose", "reject", "clean"};
constexpr size_t kLargestManifest = size_t{1} << 30;
constexpr size_t kLongestReason = 16 << 10;

struct CommandLine {
  std::string command;
  std::string root;        // "": the project that we stand in
  std::string run;         // "": the newest
  std::string task, text;  // text: the option or the reason
  bool json = false, all = false, dry_run = false;
  size_t keep = 0;  // finished runs that clean leaves
};

std::variant<CommandLine, GsdRunExit> Parse(std::vector<std::string> args) {
  CommandLine line;
  CLI::App app("", "gsd-run");
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command
        ->add_option("--root", line.root, "the project [from here upwards the folder with .gsd/journal.db]")
        ->type_name("DIR");
    return command;
  };
  const auto add_answer = [&](const char* name, const char* what) {
    CLI::App* command = add(name, what);
    command->add_option("TASK", line.task, "a checkpoint, by id or number")->required();
    command->add_option("--run", line.run, "the run [the newest]")->type_name("RUN");
    return command;
  };
  CLI::App* status =
      add("status", "Shows the project's runs, and of one what was done, spent and is waited for.");
  status->add_option("RUN", line.run, "the run [the newest]");
  std::string format = "text";
  status->add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_answer("approve", "Lets a run pass a checkpoint.");
  add_answer("choose", "Decides at a checkpoint.")
      ->add_option("OPTION", line.text, "one of the checkpoint's options, by id")
      ->required();
  add_answer("reject", "Refuses what a checkpoint shows.")
      ->add_option("WHY", line.text, "the reason, in words")
      ->required();
  CLI::App* clean =
      add("clean", "Removes what finished runs have left: folders, rows of the journal, work trees.");
  clean->add_flag("--all", line.all, "also runs that wait, were interrupted, died or are out of budget");
  clean->add_flag("--dry-run", line.dry_run, "only say what would be removed");
  clean->add_option("--keep", line.keep, "leave the N newest of them")->type_name("N");

  if (auto end = ParseArguments(app, std::move(args), "gsd-run COMMAND")) return *end;
  line.command = app.get_subcommands().front()->get_name();
  line.json = format == "json";
  return line;
}

int64_t Now() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view meant = ClosestMatch(word, candidates);
  return meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
}

// The index of the run of this name, or of the newest.
Result<size_t> FindRun(const std::vector<RunRow>& runs, const std::string& name) {
  if (runs.empty()) return Error{"the journal knows no run"};
  if (name.empty()) return size_t{0};
  std::vector<std::string_view> ids;
  for (const RunRow& run : runs) {
    if (run.id == name) return ids.size();
    ids.push_back(run.id);
  }
  return Error{fmt::format("there is no run \"{}\"{}", name, DidYouMean(name, ids))};
}

Result<Manifest> ReadRunManifest(const fs::path& root, const RunRow& run) {
  if (!IsRunId(run.id)) return Error{fmt::format("\"{}\" is no run's name", run.id)};
  const fs::path path = root / ".gsd" / "runs" / run.id / "manifest.json";
  const auto bytes = ReadWholeFile(path, kLargestManifest);
  if (!bytes.ok()) return Error{bytes.error()};
  auto manifest = ReadManifest(*bytes);
  if (!manifest.ok()) return Error{fmt::format("{}: {}", path.string(), manifest.error())};
  return manifest;
}

// Fills in what the journal knows of the chosen run.
Status ReadRows(Journal& journal, ProjectStatus& status) {
  const std::string& id = status.runs[status.chosen].id;
  auto tasks = journal.Tasks(id);
  if (!tasks.ok()) return Error{tasks.error()};
  auto attempts = journal.Attempts(id);
  if (!attempts.ok()) return Error{attempts.error()};
  auto answers = journal.Answers(id);
  if (!answers.ok()) return Error{answers.error()};
  status.tasks = std::move(*tasks);
  status.attempts = std::move(*attempts);
  status.answers = std::move(*answers);
  return Ok();
}

// The runs, which of them is meant, and who works here. A runner takes the lock before it writes and gives it
// back after: asked before and, when there was nobody, once more after reading, it is not taken for dead.
Result<ProjectStatus> ReadRuns(Journal& journal, const fs::path& root, const std::string& run) {
  auto holder = ReadLockHolder(RunLockPath(root));
  if (!holder.ok()) return Error{holder.error()};
  auto runs = journal.Runs();
  if (!runs.ok()) return Error{runs.error()};
  if (!*holder) holder = ReadLockHolder(RunLockPath(root));
  if (!holder.ok()) return Error{holder.error()};
  const auto chosen = FindRun(*runs, run);
  if (!chosen.ok()) return Error{chosen.error()};
  ProjectStatus status;
  status.runs = std::move(*runs);
  status.chosen = *chosen;
  status.holder = std::move(*holder);
  status.now = Now();
  return status;
}

Result<std::string> ShowStatus(const CommandLine& line, const fs::path& root, std::FILE* err) {
  const auto status = ReadProjectStatus(root, line.run, err);
  if (!status.ok()) return Error{status.error()};
  return line.json ? StatusJson(*status) : StatusText(*status);
}

// By id, or by a number that only one task has.
Result<const ManifestTask*> FindTask(const Manifest& manifest, const std::string& name) {
  std::vector<std::string_view> ids, same_number;
  const ManifestTask* found = nullptr;
  const auto number = ParseInt(name);
  for (const ManifestTask& task : manifest.tasks) {
    if (task.id == name) return &task;
    ids.push_back(task.id);
    if (number != task.number) continue;
    same_number.push_back(task.id);
    found = &task;
  }
  if (same_number.size() > 1)
    return Error{fmt::format("several tasks have the number {}: {}", name, fmt::join(same_number, ", "))};
  if (found == nullptr) return Error{fmt::format("there is no task \"{}\"{}", name, DidYouMean(name, ids))};
  return found;
}

std::string OptionIds(const ManifestCheckpoint& checkpoint) {
  std::vector<std::string_view> ids;
  for (const ManifestOption& option : checkpoint.options) ids.push_back(option.id);
  return fmt::format("{}", fmt::join(ids, ", "));
}

// What the checkpoint is told, or why that is no answer to it.
Result<AnswerRow> MakeAnswer(const CommandLine& line, const ManifestTask& task) {
  if (!task.checkpoint) return Error{fmt::format("{} is no checkpoint: there is nothing to answer", task.id)};
  const ManifestCheckpoint& checkpoint = *task.checkpoint;
  AnswerRow answer{task.id, AnswerRow::Kind::kApproved, "", Now(), 0};
  if (line.command == "approve") {
    if (checkpoint.kind == "decision" && !checkpoint.options.empty())
      return Error{fmt::format("{} is a decision: gsd-run choose {} OPTION, which is one of {}", task.id,
                               task.id, OptionIds(checkpoint))};
  } else if (line.command == "choose") {
    if (checkpoint.options.empty())
      return Error{fmt::format("{} has no options: gsd-run approve {}, or reject", task.id, task.id)};
    const bool known = std::any_of(checkpoint.options.begin(), checkpoint.options.end(),
                                   [&](const ManifestOption& option) { return option.id == line.text; });
    if (!known)
      return Error{
          fmt::format("{} has no option \"{}\"; it has {}", task.id, line.text, OptionIds(checkpoint))};
    answer.kind = AnswerRow::Kind::kChosen;
    answer.text = line.text;
  } else {
    if (Trim(line.text).empty()) return Error{"say why: gsd-run reject TASK \"WHY\""};
    if (line.text.size() > kLongestReason)
      return Error{fmt::format("the reason is longer than {} bytes", kLongestReason)};
    answer.kind = AnswerRow::Kind::kRejected;
    answer.text = Masker(SecretsIn(EnvironmentWith({}))).Mask(line.text);
  }
  return answer;
}

// Does the task wait for an answer?
Status CheckWaits(const std::string& id, const ProjectStatus& status) {
  const auto row = std::find_if(status.tasks.begin(), status.tasks.end(),
                                [&](const TaskRow& task) { return task.task == id; });
  const TaskState state = row == status.tasks.end() ? TaskState::kBlocked : row->state;
  switch (state) {
    case TaskState::kWaiting:
      break;
    case TaskState::kDone:
      return Error{fmt::format("{} has been passed already", id)};
    case TaskState::kFailed:
    case TaskState::kSkipped:
      return Error{fmt::format("{} waits no longer: it is {}", id, TaskStateName(state))};
    default:
      return Error{fmt::format("{} has not been reached yet", id)};
  }
  if (const AnswerRow* earlier = OpenAnswer(*row, status.answers))
    return Error{fmt::format("{} has been answered already: {}{}{}", id, AnswerKindName(earlier->kind),
                             earlier->text.empty() ? "" : ", ", earlier->text)};
  return Ok();
}

Result<std::string> Answer(const CommandLine& line, const fs::path& root) {
  const auto journal = Journal::Open(JournalPath(root));
  if (!journal.ok()) return Error{journal.error()};
  auto status = ReadRuns(**journal, root, line.run);
  if (!status.ok()) return Error{status.error()};
  const RunRow& run = status->runs[status->chosen];
  const auto manifest = ReadRunManifest(root, run);
  if (!manifest.ok()) return Error{manifest.error()};
  const auto task = FindTask(*manifest, line.task);
  if (!task.ok()) return Error{task.error()};
  const auto answer = MakeAnswer(line, **task);
  if (!answer.ok()) return Error{answer.error()};

  // From here on nobody else writes: two answers cannot both find it waiting.
  if (auto begun = (*journal)->Begin(); !begun.ok()) return Error{begun.error()};
  if (auto read = ReadRows(**journal, *status); !read.ok()) return Error{read.error()};
  if (auto waits = CheckWaits(answer->task, *status); !waits.ok()) return Error{waits.error()};
  (void)(*journal)->PutAnswer(run.id, *answer).ok();  // Commit fails when this did
  if (auto committed = (*journal)->Commit(); !committed.ok()) return Error{committed.error()};

  const std::string next = IsAlive(run, status->holder)
                               ? "the running gsd-run picks it up"
                               : fmt::format("gsd-run resume{} continues the run",
                                             status->chosen == 0 ? "" : " " + OneLine(run.id));
  const bool chosen = answer->kind == AnswerRow::Kind::kChosen;
  const bool masked = answer->kind == AnswerRow::Kind::kRejected && answer->text != line.text;
  return fmt::format("{} {}{}; {}\n{}", TaskTitle(**task), AnswerKindName(answer->kind),
                     chosen ? " " + OneLine(answer->text) : "", next,
                     masked ? fmt::format("note: {}\n", kAnswerMasked) : "");
}

// What lies in a folder; links are not followed.
struct Usage {
  uintmax_t files = 0, bytes = 0;
};

Usage Measure(const fs::path& folder) {
  Usage usage;
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return usage;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unreadable;
    if (!at->is_regular_file(unreadable) || at->is_symlink(unreadable)) continue;
    ++usage.files;
    const uintmax_t size = at->file_size(unreadable);
    if (!unreadable) usage.bytes += size;
  }
  return usage;
}

std::string FormatBytes(uintmax_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes) / 1000;
  const char* unit = "kB";
  for (const char* larger : {"MB", "GB", "TB"}) {
    if (size < 999.95) break;
    size /= 1000;
    unit = larger;
  }
  return fmt::format("{:.1f} {}", size, unit);
}

std::string Plural(uintmax_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// The folder of the runs, below the root and nowhere else: what is in it is removed with all it holds.
Result<fs::path> RunsFolder(const fs::path& root) {
  const fs::path folder = root / ".gsd" / "runs";
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error == std::errc::no_such_file_or_directory || (!error && real == folder)) return folder;
  return Error{fmt::format("{} is a link to another place: nothing is removed there", folder.string())};
}

// A run that is out of budget is not: it can be resumed with a larger one.
bool IsFinished(const RunRow& run) { return run.state == RunState::kDone || run.state == RunState::kFailed; }

// Folders that no row belongs to: of a run that ended before it wrote one.
std::vector<RunRow> StrayRuns(const fs::path& folder, const std::vector<RunRow>& runs) {
  std::set<std::string> known, stray;
  for (const RunRow& run : runs) known.insert(run.id);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (IsRunId(name) && known.count(name) == 0) stray.insert(name);
  }
  std::vector<RunRow> rows;
  for (const std::string& id : stray) rows.emplace_back().id = id;
  return rows;
}

// The row goes last: whatever stops this before is done again the next time. A row whose id is no name of
// ours has neither folder nor work trees.
Result<std::string> RemoveRun(const CommandLine& line, const fs::path& root, const fs::path& folder,
                              const RunRow& run, Journal& journal, const CleanRepository& clean_repository) {
  std::string removed;
  if (IsRunId(run.id)) {
    if (clean_repository) {
      auto cleaned = clean_repository(root, run, line.dry_run);
      if (!cleaned.ok()) return cleaned;
      removed = std::move(*cleaned);
    }
    std::error_code error;
    if (!line.dry_run) fs::remove_all(folder / run.id, error);
    if (error) return Error{fmt::format("cannot remove {}: {}", (folder / run.id).string(), error.message())};
  }
  if (line.dry_run) return removed;
  if (auto done = journal.RemoveRun(run.id); !done.ok()) return Error{done.error()};
  return removed;
}

// Errors of single runs go to `err`; then there is no result, but the others are gone all the same.
Result<std::string> Clean(const CommandLine& line, const fs::path& root,
                          const CleanRepository& clean_repository, std::FILE* err) {
  const auto lock = RunLock::Take(RunLockPath(root), "", Now());
  if (!lock.ok()) return Error{lock.error()};
  const auto journal = Journal::Open(JournalPath(root));
  if (!journal.ok()) return Error{journal.error()};
  const auto runs = (*journal)->Runs();
  if (!runs.ok()) return Error{runs.error()};
  const auto folder = RunsFolder(root);
  if (!folder.ok()) return Error{folder.error()};

  std::vector<RunRow> removable;
  for (const RunRow& run : *runs)
    if (line.all || IsFinished(run)) removable.push_back(run);
  const size_t unfinished = runs->size() - removable.size();
  removable.erase(removable.begin(),
                  removable.begin() + static_cast<std::ptrdiff_t>(std::min(line.keep, removable.size())));
  if (line.all)
    for (RunRow& stray : StrayRuns(*folder, *runs)) removable.push_back(std::move(stray));

  std::string out;
  Usage total;
  size_t removed = 0, failed = 0;
  const std::string_view verb = line.dry_run ? "would remove" : "removed";
  for (const RunRow& run : removable) {
    const Usage usage = IsRunId(run.id) ? Measure(*folder / run.id) : Usage();
    const auto more = RemoveRun(line, root, *folder, run, **journal, clean_repository);
    if (!more.ok()) {
      Print(err, fmt::format("gsd-run: error: {}\n", EscapeControls(more.error())));
      ++failed;
      continue;
    }
    ++removed;
    total.files += usage.files;
    total.bytes += usage.bytes;
    const std::string about = run.started == 0 ? "never begun"
                                               : fmt::format("{}, begun {}", RunCondition(run, std::nullopt),
                                                             FormatLocalTime(run.started));
    out += fmt::format("{} {} ({}): {}, {}{}{}\n", verb, OneLine(run.id), about, Plural(usage.files, "file"),
                       FormatBytes(usage.bytes), more->empty() ? "" : ", ", OneLine(*more));
  }
  out += removed == 0 ? "nothing to remove"
                      : fmt::format("{} {}, {}", verb, Plural(removed, "run"), FormatBytes(total.bytes));
  if (unfinished > 0)
    out += fmt::format("; {} not finished and kept (--all removes those, too)", Plural(unfinished, "run"));
  out += '\n';
  if (failed == 0) return out;
  Print(err, out);
  return Error{fmt::format("{} could not be removed", Plural(failed, "run"))};
}

Result<std::string> Carry(const CommandLine& line, const CleanRepository& clean_repository, std::FILE* err) {
  const auto root = FindJournalRoot(line.root);
  if (!root.ok()) return Error{root.error()};
  if (line.command == "status") return ShowStatus(line, *root, err);
  if (line.command == "clean") return Clean(line, *root, clean_repository, err);
  return Answer(line, *root);
}

}  // namespace

// As MakeRunFolder names them. Ids come from a file that anybody may have written, and become paths.
bool IsRunId(std::string_view id) {
  constexpr size_t kLongest = 64;
  return !id.empty() && id.size() <= kLongest &&
         std::all_of(id.begin(), id.end(), [](char c) { return IsAlpha(c) || IsDigit(c) || c == '-'; });
}

Result<ProjectStatus> ReadProjectStatus(const fs::path& root, const std::string& run, std::FILE* err) {
  const auto journal = Journal::OpenReadOnly(JournalPath(root));
  if (!journal.ok()) return Error{journal.error()};
  if (auto begun = (*journal)->Begin(); !begun.ok()) return Error{begun.error()};
  auto status = ReadRuns(**journal, root, run);
  if (!status.ok()) return Error{status.error()};
  if (auto read = ReadRows(**journal, *status); !read.ok()) return Error{read.error()};
  auto manifest = ReadRunManifest(root, status->runs[status->chosen]);
  if (manifest.ok()) {
    status->manifest = std::move(*manifest);
  } else {
    Print(err, fmt::format("gsd-run: warning: {}\n", EscapeControls(manifest.error())));
  }
  return status;
}

// --root, or upwards from here the folder that has a journal.
Result<fs::path> FindJournalRoot(const std::string& given) {
  std::error_code error;
  const fs::path start = fs::canonical(given.empty() ? "." : given, error);
  if (error) return Error{fmt::format("--root={}: {}", given, error.message())};
  for (fs::path folder = start;; folder = folder.parent_path()) {
    if (fs::exists(JournalPath(folder), error)) return folder;
    if (!given.empty() || folder == folder.root_path()) break;
  }
  if (!given.empty())
    return Error{fmt::format("nothing was run in {}: it has no .gsd/journal.db", start.string())};
  return Error{
      fmt::format("nothing was run in {}: neither it nor a folder above it has a .gsd/journal.db; "
                  "--root=DIR names another project",
                  start.string())};
}

bool IsGsdRunCommand(const std::vector<std::string>& args) {
  return !args.empty() && std::find(kCommands.begin(), kCommands.end(), args[0]) != kCommands.end();
}

int GsdRunCommandMain(std::vector<std::string> args, const CleanRepository& clean_repository, std::FILE* out,
                      std::FILE* err) {
  const auto parsed = Parse(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return End(*end, out, err);
  return End(Carry(std::get<CommandLine>(parsed), clean_repository, err), out, err);
}

}  // namespace gsd
