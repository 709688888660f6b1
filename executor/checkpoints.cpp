#include "executor/checkpoints.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/text.h"

namespace gsd {

namespace {

const ManifestOption* FindOption(const ManifestCheckpoint& checkpoint, std::string_view id) {
  const auto found = std::find_if(checkpoint.options.begin(), checkpoint.options.end(),
                                  [&](const ManifestOption& option) { return option.id == id; });
  return found == checkpoint.options.end() ? nullptr : &*found;
}

std::string OptionText(const ManifestOption& option) {
  return OneLine(option.name.empty() || option.name == option.id ? option.id
                                                                 : option.id + " (" + option.name + ")");
}

std::string OptionList(const ManifestCheckpoint& checkpoint) {
  std::string list;
  for (const ManifestOption& option : checkpoint.options)
    list += (list.empty() ? "" : ", ") + OptionText(option);
  return list;
}

bool IsDecision(const ManifestCheckpoint& checkpoint) {
  return checkpoint.kind == "decision" && !checkpoint.options.empty();
}

// As one word of a POSIX shell.
std::string ShellWord(std::string_view text) {
  const auto plain = [](char c) {
    return IsAlpha(c) || IsDigit(c) || std::string_view("-_./:@%+=").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace

bool CanAutoApprove(const ManifestCheckpoint& checkpoint) {
  return (checkpoint.kind == "human-verify" || checkpoint.kind == "decision") &&
         checkpoint.gate != "blocking-human";
}

std::string AutoAnswer(const ManifestCheckpoint& checkpoint) {
  return IsDecision(checkpoint) ? OptionText(checkpoint.options[0]) : "approved";
}

std::string DecisionLine(const ManifestTask& checkpoint, std::string_view answer) {
  return fmt::format("{}: {}", TaskTitle(checkpoint), answer);
}

Result<Verdict> Judge(const ManifestTask& task, AnswerKind kind, std::string_view text) {
  const ManifestCheckpoint& checkpoint = *task.checkpoint;
  switch (kind) {
    case AnswerKind::kRejected:
      if (Trim(text).empty()) return Error{"a rejection needs a reason: it is what the next attempt is told"};
      return Verdict{false, std::string(Trim(text))};
    case AnswerKind::kChosen: {
      if (!IsDecision(checkpoint))
        return Error{fmt::format("{} has no options to choose from; approve or reject it", OneLine(task.id))};
      const ManifestOption* option = FindOption(checkpoint, text);
      if (option == nullptr) {
        return Error{fmt::format("{} has no option \"{}\"; there are {}", OneLine(task.id), OneLine(text),
                                 OptionList(checkpoint))};
      }
      return Verdict{true, OptionText(*option)};
    }
    case AnswerKind::kApproved:
      if (IsDecision(checkpoint)) {
        return Error{
            fmt::format("{} is a decision: choose one of {}", OneLine(task.id), OptionList(checkpoint))};
      }
      return Verdict{true, "approved"};
  }
  return Error{"unknown kind of answer"};
}

Result<TypedAnswer> ReadTypedAnswer(const ManifestCheckpoint& checkpoint, std::string_view line) {
  line = Trim(line);
  const std::string word = ToLower(line);
  if (IsDecision(checkpoint)) {
    if (FindOption(checkpoint, line) != nullptr) return TypedAnswer{AnswerKind::kChosen, std::string(line)};
    const auto place = ParseInt(line);
    if (place && *place >= 1 && *place <= static_cast<int64_t>(checkpoint.options.size()))
      return TypedAnswer{AnswerKind::kChosen, checkpoint.options[static_cast<size_t>(*place - 1)].id};
  } else {
    for (const char* yes : {"y", "yes", "ok", "approve", "approved", "done"})
      if (word == yes) return TypedAnswer{AnswerKind::kApproved, ""};
  }
  for (const std::string_view no : {"reject", "no", "n"}) {
    if (!word.starts_with(no) || word.size() == no.size()) continue;
    if (word[no.size()] != ' ' && word[no.size()] != ':' && word[no.size()] != ',') continue;
    const std::string_view reason = Trim(line.substr(no.size() + 1));
    if (!reason.empty()) return TypedAnswer{AnswerKind::kRejected, std::string(reason)};
  }
  if (IsDecision(checkpoint))
    return Error{fmt::format("type one of {}, or \"no: why\"", OptionList(checkpoint))};
  return Error{"type \"yes\", or \"no: why\""};
}

std::vector<std::string> AnswerCommands(const ManifestTask& task) {
  const std::string id = ShellWord(task.id);
  std::vector<std::string> commands;
  if (IsDecision(*task.checkpoint)) {
    for (const ManifestOption& option : task.checkpoint->options)
      commands.push_back(fmt::format("gsd-run choose {} {}", id, ShellWord(option.id)));
  } else {
    commands.push_back("gsd-run approve " + id);
  }
  commands.push_back(fmt::format("gsd-run reject {} \"why\"", id));
  return commands;
}

}  // namespace gsd
