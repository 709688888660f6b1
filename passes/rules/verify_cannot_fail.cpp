#include <algorithm>
#include <iterator>

#include "analysis/verify_commands.h"
#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Always succeed, whatever stands behind them.
constexpr std::string_view kAlwaysSucceed[] = {":", "echo", "printf", "true"};
// Prepare the check, and hardly ever fail.
constexpr std::string_view kSetUp[] = {"cd", "export", "pushd", "sleep", "source"};
// Succeed whenever they can read their input, which at the end of a pipe they can.
constexpr std::string_view kPipeEnds[] = {"cat", "head", "less", "more", "tail", "tee", "wc"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool MayFail(const ShellCommand& command) {
  if (command.background) return false;
  if (command.negated) return true;
  const std::string_view program = command.Word(ProgramIndex(command));
  if (IsOneOf(program, kSetUp)) return false;
  if (program == "exit") return command.Word(1) == "0" ? false : true;
  if (IsOneOf(program, kAlwaysSucceed)) return false;
  return command.join != ShellJoin::kPipe || !IsOneOf(program, kPipeEnds);
}

// `set -e`, `set -o pipefail`: the status is no longer that of the last command alone.
bool ChangesRules(const ShellScript& script) {
  return std::ranges::any_of(script.commands, [](const ShellCommand& command) {
    return command.Word(0) == "set" || command.Word(0) == "trap";
  });
}

// The exit status of a list, folded from left to right as the shell does. One frame per open group.
class Status {
 public:
  bool MayFail(const ShellScript& script) {
    frames_.assign(1, {});
    for (const ShellCommand& command : script.commands) {
      const bool counts = !command.words.empty();  // else the redirections of a group
      for (uint32_t i = 0; i < command.opens; ++i) {
        if (i == 0) Begin(command.join);
        frames_.emplace_back();
      }
      if (counts) {
        Begin(command.opens > 0 ? ShellJoin::kFirst : command.join);
        frames_.back().pipeline = rules::MayFail(command);
        exits_ = exits_ || (command.Word(0) == "exit" && rules::MayFail(command));
      }
      for (uint32_t i = 0; i < command.closes && frames_.size() > 1; ++i) {
        const bool group = End();
        frames_.pop_back();
        frames_.back().pipeline = group && !command.background;
      }
    }
    while (frames_.size() > 1) {
      const bool group = End();
      frames_.pop_back();
      frames_.back().pipeline = group;
    }
    return exits_ || End();
  }

 private:
  struct Frame {
    bool list = false;      // what stands before the current pipeline
    bool pipeline = false;  // the last command of it
    ShellJoin join = ShellJoin::kFirst;
  };

  bool End() const {
    const Frame& frame = frames_.back();
    switch (frame.join) {
      case ShellJoin::kAnd:
      case ShellJoin::kNewline:  // lines are steps: whoever runs them sees each of them fail
        return frame.list || frame.pipeline;
      case ShellJoin::kOr:
        return frame.list && frame.pipeline;
      default:
        return frame.pipeline;
    }
  }

  void Begin(ShellJoin join) {
    if (join == ShellJoin::kPipe) return;  // the pipeline's last command decides
    const bool list = End();
    frames_.back() = {list, false, join};
  }

  std::vector<Frame> frames_;
  bool exits_ = false;  // `|| { echo …; exit 1; }`
};

bool IsPrint(const ShellCommand& command) { return IsOneOf(command.Word(0), kAlwaysSucceed); }

// What hides the failure: the last command that stands behind `||`, `;` or `|`, not counting `&& echo ok`.
const ShellCommand& Culprit(const ShellScript& script) {
  for (auto command = script.commands.rbegin(); command != script.commands.rend(); ++command) {
    const bool cheers = command->join == ShellJoin::kAnd && IsPrint(*command);
    if (!command->words.empty() && !cheers) return *command;
  }
  return script.commands.back();
}

bool RunsAnything(const ShellScript& script) {
  return std::ranges::any_of(script.commands, [](const ShellCommand& command) { return !IsPrint(command); });
}

std::string Shown(const SourceFile& file, Span span) {
  constexpr size_t kLongest = 40;
  std::string_view text = file.Slice(span);
  text = text.substr(0, text.find('\n'));
  if (text.size() <= kLongest) return Quoted(text);
  return Quoted(std::string(text.substr(0, text.find_first_of(" \t"))) + " …");
}

void ReportHidden(const SourceFile& file, const VerifyCommand& verify, const ShellCommand& culprit,
                  Reporter& report) {
  const Span span = verify.Of(culprit);
  const std::string shown = Shown(file, span);
  if (!RunsAnything(verify.script)) {
    report.At(span, "{} succeeds whatever the task has done", shown)
        .Help("give a command that fails when the work is missing, or move the text out of `<automated>`");
  } else if (culprit.join == ShellJoin::kOr) {
    report.At(span, "after `||`, {} makes the command succeed when the check has failed", shown)
        .Help(
            "let the check come last (`! grep …` where nothing may be found), or end with a failure: "
            "`|| {{ echo …; exit 1; }}`");
  } else {
    auto finding =
        report.At(span, "the command ends with {}, so it succeeds when the check has failed", shown);
    finding.Help("drop it, or join it with `&&`");
    const bool tells_status = file.Slice(span).find("$?") != std::string_view::npos;
    if (tells_status) finding.As(Severity::kNote);
  }
}

// `test "$(grep -c x f 2>/dev/null || echo 0)" -eq 0` is true when there is no f. Does the comparison hold
// for the number that is printed after a failure?
bool HoldsFor(const ShellCommand& test, size_t word, int64_t number) {
  const auto holds = [](std::string_view op, int64_t left, int64_t right) {
    if (op == "-eq" || op == "=" || op == "==") return left == right;
    if (op == "-le") return left <= right;
    if (op == "-lt") return left < right;
    if (op == "-ge") return left >= right;
    if (op == "-gt") return left > right;
    return (op == "-ne" || op == "!=") && left != right;
  };
  if (const auto right = ParseInt(test.Word(word + 2))) return holds(test.Word(word + 1), number, *right);
  return false;
}

void CheckComparison(const VerifyCommand& verify, const ShellCommand& test, Reporter& report) {
  const std::string_view program = test.Word(0);
  if (program != "test" && program != "[" && program != "[[") return;
  if (test.negated || test.substitutions.size() != 1) return;
  const auto& inner = test.substitutions[0].commands;
  if (inner.size() < 2 || inner.back().join != ShellJoin::kOr || inner.back().Word(0) != "echo") return;
  const auto number = ParseInt(inner.back().Word(1));
  const auto word = std::ranges::find_if(test.words, [](const ShellWord& w) { return w.expanded; });
  if (!number || word == test.words.end() ||
      !HoldsFor(test, static_cast<size_t>(word - test.words.begin()), *number))
    return;
  report
      .At(verify.Of(inner.back()), "when the command before it fails, `echo {}` makes the comparison true",
          *number)
      .Help("a file that is missing then passes: drop the `|| echo {}`, or test first that the file is there",
            *number);
}

// One note a plan: whoever writes `| tail -5` once writes it in every task.
void ReportPipes(const SourceFile& file, const std::vector<Span>& pipes, Reporter& report) {
  if (pipes.empty()) return;
  auto finding =
      report.At(pipes[0], "the exit status is that of {}, which always succeeds", Shown(file, pipes[0]));
  constexpr size_t kMostLabels = 8;
  for (size_t i = 1; i < std::min(pipes.size(), kMostLabels); ++i) finding.Label(pipes[i], "here too");
  finding
      .Help(
          "put `set -o pipefail;` in front, or drop the pipe: else only who reads the output sees a failure")
      .As(Severity::kNote);
}

void CheckPlan(const PlanUnit& unit, Reporter& report) {
  const SourceFile& file = *unit.source;
  std::vector<Span> pipes;
  for (const TaskFacts& task : unit.tasks) {
    if (task.checkpoint) continue;  // a person looks
    for (const VerifyCommand& verify : task.verify) {
      const ShellScript& script = verify.script;
      if (script.compound || !script.complete || script.commands.empty()) continue;
      ForEachCommand(script, [&](const ShellCommand& command) { CheckComparison(verify, command, report); });
      if (ChangesRules(script) || Status().MayFail(script)) continue;
      const ShellCommand& culprit = Culprit(script);
      if (culprit.background) continue;  // what it starts is looked at by hand
      if (culprit.join == ShellJoin::kPipe) {
        pipes.push_back(verify.Of(culprit));
      } else {
        ReportHidden(file, verify, culprit, report);
      }
    }
  }
  ReportPipes(file, pipes, report);
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.open()) CheckPlan(unit, report);
  }
}

}  // namespace

extern constinit const Rule verify_cannot_fail = {
    {.name = "verify-cannot-fail",
     .category = "verification",
     .severity = Severity::kWarning,
     .summary = "A verify command succeeds even when what it checks has failed.",
     .rationale =
         "A command that ends in `|| true`, `|| echo FAIL` or `; echo done` has exit status 0 whatever went "
         "wrong, and so has `… | tail -5`: a pipe's status is that of its last command. Scripts, hooks and "
         "tired agents then take the task for done. Let the check itself come last, or end with `exit 1` "
         "where "
         "it failed. Pipes into `head`, `tail` and the like, and `; echo $?`, which at least show the "
         "failure to "
         "a reader, are notes; `set -o pipefail` mends a pipe."},
    Check};

}  // namespace gsd::rules
