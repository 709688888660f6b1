#include <algorithm>
#include <iterator>

#include "analysis/verify_commands.h"
#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// For which `--watch` means to wait for changes until somebody ends it. Others, `gh run watch` among them,
// end by themselves.
constexpr std::string_view kWatchers[] = {
    "ava",  "bun", "esbuild",     "jest", "mocha", "node", "nodemon", "npm",    "pnpm",    "rollup",
    "sass", "swc", "tailwindcss", "tsc",  "tsup",  "tsx",  "vite",    "vitest", "webpack", "yarn"};
// Never end by themselves, with the subcommand or without one.
struct Server {
  std::string_view program, subcommand;
};
constexpr Server kServers[] = {
    {"next", "dev"},    {"vite", "dev"},       {"vite", "serve"},   {"vite", "preview"}, {"astro", "dev"},
    {"nuxt", "dev"},    {"tauri", "dev"},      {"wrangler", "dev"}, {"expo", "start"},   {"ng", "serve"},
    {"flask", "run"},   {"rails", "server"},   {"tsx", "watch"},    {"vitest", "watch"}, {"vitest", "dev"},
    {"cargo", "watch"}, {"mix", "phx.server"}, {"hugo", "server"},  {"jekyll", "serve"}};
constexpr std::string_view kPackageManagers[] = {"npm", "pnpm", "yarn", "bun"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

enum class Ends : uint8_t { kYes, kNever, kOnlyWithoutTerminal };

bool HasWord(const ShellCommand& command, size_t from, std::initializer_list<std::string_view> wanted) {
  for (size_t i = from; i < command.words.size(); ++i) {
    if (std::ranges::find(wanted, command.Word(i)) != wanted.end()) return true;
  }
  return false;
}

bool HasAssignment(const ShellCommand& command, std::string_view name) {
  return std::ranges::any_of(command.words, [&](const ShellWord& word) {
    return word.text.size() > name.size() && word.text.starts_with(name) && word.text[name.size()] == '=';
  });
}

// The script that `npm run dev`, `pnpm -s dev` or `yarn dev` runs, or "".
std::string_view ScriptOf(const ShellCommand& command, size_t at) {
  if (!IsOneOf(command.Word(at), kPackageManagers)) return {};
  size_t i = at + 1;
  while (command.Word(i).starts_with('-')) {
    const bool takes_value = command.Word(i) == "--filter" || command.Word(i) == "-F" ||
                             command.Word(i) == "-C" || command.Word(i) == "--prefix" ||
                             command.Word(i) == "-w";
    i += takes_value ? 2 : 1;
  }
  const bool run = command.Word(i) == "run" || command.Word(i) == "run-script";
  if (run) ++i;
  if (!run && command.Word(at) == "npm") return {};
  return command.Word(i);
}

Ends EndsOf(const ShellCommand& command) {
  const size_t at = ProgramIndex(command);
  const std::string_view program = command.Word(at);
  if (HasWord(command, at + 1, {"--help", "-h", "--version"})) return Ends::kYes;
  const bool watchers = IsOneOf(program, kWatchers);
  if (watchers && HasWord(command, at + 1, {"--watch", "--watchAll", "--watch=true", "--watchAll=true"}))
    return Ends::kNever;
  if (program == "tsc" && HasWord(command, at + 1, {"-w"})) return Ends::kNever;
  if (program == "nodemon") return Ends::kNever;
  if (program == "tail" && HasWord(command, at + 1, {"-f", "-F", "--follow"})) return Ends::kNever;
  for (const Server& server : kServers) {
    if (program == server.program && command.Word(at + 1) == server.subcommand) return Ends::kNever;
  }
  if (program == "vite" && command.words.size() == at + 1) return Ends::kNever;
  const std::string_view script = ScriptOf(command, at);
  if (script == "dev" || script == "watch" || script.ends_with(":watch")) return Ends::kNever;
  if (program == "vitest" && !HasAssignment(command, "CI") &&
      !HasWord(command, at + 1,
               {"run", "--run", "bench", "list", "related", "--watch=false", "--no-watch",
                "--coverage.watch=false", "--mode=run"}))
    return Ends::kOnlyWithoutTerminal;
  return Ends::kYes;
}

// `… | head -5` ends what is before it as soon as it has printed six lines, if it ever does.
bool IsCutShort(const ShellScript& script, size_t index) {
  for (size_t i = index + 1; i < script.commands.size() && script.commands[i].join == ShellJoin::kPipe; ++i) {
    if (script.commands[i].Word(0) == "head") return true;
  }
  return false;
}

void CheckCommand(const SourceFile& file, const VerifyCommand& verify, size_t index, Reporter& report) {
  const ShellCommand& command = verify.script.commands[index];
  if (command.background) return;
  const Ends ends = EndsOf(command);
  if (ends == Ends::kYes) return;
  const Span span = verify.Of(command);
  const std::string shown = Quoted(file.Slice(FirstLine(file, span)));
  if (ends == Ends::kOnlyWithoutTerminal) {
    const Span program = verify.Of(command.words[ProgramIndex(command)]);
    report.At(program, "`vitest` without `run` keeps watching for changes when it has a terminal")
        .Help("write `vitest run`")
        .As(Severity::kWarning);
    return;
  }
  const bool cut_short = IsCutShort(verify.script, index);
  auto finding = report.At(span, "{} {}", shown, cut_short ? "may never end" : "never ends");
  finding.Help(
      "run it once, put `timeout 10` in front, or start it in the background with `&` and stop it "
      "again");
  if (cut_short) finding.As(Severity::kWarning);
}

// A word of every command that EndsOf knows; most tasks have none, and need not be read as commands.
bool MayNeverEnd(std::string_view text) {
  constexpr std::string_view kWords[] = {"watch", "dev",   "vite",    "tsc",   "nodemon",
                                         "tail",  "serve", "preview", "start", "flask"};
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      if (!MayNeverEnd(unit.source->Slice(task.body))) continue;
      for (const VerifyCommand& verify : VerifyCommands(*unit.source, task)) {
        for (size_t i = 0; i < verify.script.commands.size(); ++i)
          CheckCommand(*unit.source, verify, i, report);
      }
    }
  }
}

}  // namespace

extern constinit const Rule verify_watch_mode = {
    {.name = "verify-watch-mode",
     .category = "verification",
     .severity = Severity::kError,
     .summary = "A verify command never ends by itself.",
     .rationale =
         "`jest --watchAll`, `tsc -w` and `npm run dev` wait until somebody stops them: the agent hangs "
         "until its "
         "time is up, and the task counts as failed. Run the tool once, or give a server a `timeout` or the "
         "background. `vitest` alone watches only where it has a terminal, and a server whose output goes to "
         "`head` may end: those are warnings."},
    Check};

}  // namespace gsd::rules
