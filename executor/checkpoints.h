// What a person's answer does to a checkpoint, and what may be answered without one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "executor/journal.h"

namespace gsd {

using AnswerKind = AnswerRow::Kind;

// What people are told whose reason had a secret in it (executor/mask.h).
inline constexpr std::string_view kAnswerMasked =
    "there was a secret in the answer: it is kept, shown and passed on as [masked]";

// May --auto-approve pass it? Never what only a person can do.
bool CanAutoApprove(const ManifestCheckpoint& checkpoint);
// What --auto-approve answers: "approved", or a decision's first option as "id (name)".
std::string AutoAnswer(const ManifestCheckpoint& checkpoint);

// "08-02:5 Which provider?: b (Stripe)": one line for the prompts of the tasks that follow.
std::string DecisionLine(const ManifestTask& checkpoint, std::string_view answer);

// An answer, checked against the checkpoint: a decision's option exists and was chosen, a reason is given.
// The error says what can be answered.
struct Verdict {
  bool passed = false;
  std::string text;  // the chosen option as "id (name)", "approved", or the reason of a rejection
};
Result<Verdict> Judge(const ManifestTask& task, AnswerKind kind, std::string_view text);

// What somebody typed at the terminal: "y", "yes", "ok", "approved", "done"; an option's id or its place
// (1, 2, …); "no: why" and anything else of a human-verify is a rejection with its reason. The error says
// what can be typed.
struct TypedAnswer {
  AnswerKind kind = AnswerKind::kApproved;
  std::string text;
};
Result<TypedAnswer> ReadTypedAnswer(const ManifestCheckpoint& checkpoint, std::string_view line);

// The command that answers: `gsd-run approve 08-02:5`, one per possibility.
std::vector<std::string> AnswerCommands(const ManifestTask& task);

}  // namespace gsd
