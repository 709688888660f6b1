// What is known about the agent programs claude, codex, gemini and opencode, and about commands of the user's
// own: how each is called and how each says what became of the task. Plain data and pure functions; no
// process, clock or file is touched here. "Recorded:" in the .cpp files names the recording of the real
// program that shows why.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor/agent.h"

namespace gsd {

// What the agent may do without being asked; nobody is there to answer.
enum class AgentAccess : uint8_t {
  kWork,        // edit files and run commands, within what the program itself confines
  kEverything,  // no confinement by the program: only inside a sandbox of one's own
};

// One call of an agent program. The prompt is no part of it: it comes on the standard input, from a regular
// file, since an argument may not be longer than 128 KiB and codex and opencode wait for ever on a silent
// pipe (recorded: claude/argument-200k, */stdin-open-pipe). The standard output must be a regular file, too:
// all but codex lose what a pipe has not taken when they exit, with exit code 0.
struct AgentRun {
  std::string program;           // argv[0]; "": the program's usual name
  std::string model;             // haiku, sonnet, opus, or a name of the program's own
  std::string agent_model;       // the name to use instead, when the user has one
  std::string session;           // resume this conversation; "": begin one
  std::string title;             // for programs that would ask a model for one
  std::filesystem::path folder;  // absolute; the attempt's own, for files the program needs
  std::optional<int> max_turns;
  std::optional<double> budget_usd;
  AgentAccess access = AgentAccess::kWork;
  int api_retries = 2;          // at least 1 is used, see claude_agent.cpp
  Millis api_timeout{600'000};  // how long one request to the API may take
  std::vector<std::string> more_arguments;
  // For a command of the user's: what {task} and {workdir} in its arguments stand for.
  std::string task;
  std::filesystem::path workdir;
};

struct InvocationFile {
  std::filesystem::path path;
  std::string bytes;
};

struct Invocation {
  std::vector<std::string> argv;
  // Wishes: a variable that the user has set already stays as it is.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<InvocationFile> files;  // must be there before the start
  int stop_signal = 0;                // asks it to end; to be sent to its whole process group
  // Limits of the run that this program knows no flag for: the caller must watch them itself.
  std::vector<std::string_view> not_limited;
};

struct AgentOutput {
  std::string_view out, err;  // all of it; files are best mapped, nothing here copies them
  int exit_code = 0;          // 128 + signal when one ended it
  // kTimeout or kCancelled once we asked it to end: its exit code means nothing then (claude and gemini may
  // exit with 0 and say nothing at all; recorded: claude/hang-sigint-json, gemini/hang-sigterm-group).
  std::optional<Outcome> asked_to_end;
  // What a command of the user's left in its result file; null when it left none.
  const Result<std::string>* result = nullptr;
};

// Whether the counters are of this run, or of all runs of a session that is resumed.
enum class Counting : uint8_t { kThisRun, kSession };

struct AgentDenial {
  std::string tool;
  std::string what;  // the file or command, when told
};

struct AgentReport {
  Outcome outcome = Outcome::kProtocol;
  std::string message;  // why not ok
  std::string text;     // what it said last
  std::string session;
  std::vector<std::string> models;  // those that answered, when told
  std::optional<TokenCounts> tokens;
  std::optional<double> usd;
  Counting counting = Counting::kThisRun;
  std::vector<AgentDenial> denials;  // tools it was not allowed to use; also of a run that is ok
  // When to try again: a point in time or a wait after the end of this attempt, as the program tells it.
  std::optional<std::chrono::sys_seconds> resets_at;
  std::optional<Millis> retry_after;
};

struct AgentProgram {
  std::string_view name;
  Invocation (*build)(const AgentRun& run);
  AgentReport (*read)(const AgentOutput& output);
  std::string_view install;       // the command that installs it
  bool sessions = true;           // it can go on with a conversation
  bool runs_first_alone = false;  // at first one run only, until it has set up its home
};

std::span<const AgentProgram> AgentPrograms();
const AgentProgram& CommandProgram();                         // whatever the user gives
const AgentProgram* FindAgentProgram(std::string_view name);  // any of these; null: none of this name

// Turns counters of a session into those of this run, given the report, as read, of the last run of the
// session that came to its end by itself: what a killed run used is in no counter (recorded:
// claude-2.1.330/resume-killed-2). Does nothing to a report whose counters are of this run already.
void SubtractEarlierRuns(const AgentReport& before, AgentReport& report);

Invocation BuildClaude(const AgentRun& run);
Invocation BuildCodex(const AgentRun& run);
Invocation BuildGemini(const AgentRun& run);
Invocation BuildOpencode(const AgentRun& run);
Invocation BuildCommand(const AgentRun& run);  // `program` and `more_arguments`, with placeholders replaced
AgentReport ReadClaude(const AgentOutput& output);
AgentReport ReadCodex(const AgentOutput& output);
AgentReport ReadGemini(const AgentOutput& output);
AgentReport ReadOpencode(const AgentOutput& output);
AgentReport ReadCommand(const AgentOutput& output);

}  // namespace gsd
