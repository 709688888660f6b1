#include <algorithm>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr size_t kSentence = 30;

// One thing that a checkpoint has to tell the person who is asked, and the elements that do.
struct Part {
  std::string_view tag;
  std::string_view advice;
  std::initializer_list<Tag> told_by;
  bool prose_counts = true;  // prose in the task may say it as well
};

constexpr std::initializer_list<Tag> kBuilt = {Tag::kWhatBuilt, Tag::kAction, Tag::kDescription,
                                               Tag::kInstructions};
constexpr std::initializer_list<Tag> kHow = {Tag::kHowToVerify, Tag::kVerify,       Tag::kVerification,
                                             Tag::kHumanCheck,  Tag::kInstructions, Tag::kAcceptanceCriteria};
constexpr std::initializer_list<Tag> kToDo = {Tag::kAction, Tag::kInstructions, Tag::kHowToVerify,
                                              Tag::kDescription};
constexpr std::initializer_list<Tag> kDecide = {Tag::kDecision, Tag::kDescription};
constexpr std::initializer_list<Tag> kChoices = {Tag::kOptions, Tag::kOption};
constexpr std::initializer_list<Tag> kAnswer = {Tag::kResumeSignal};
// With none of these, and no prose, there is nothing to answer.
constexpr std::initializer_list<Tag> kAnything = {
    Tag::kWhatBuilt,         Tag::kHowToVerify, Tag::kAction, Tag::kInstructions, Tag::kDescription,
    Tag::kDecision,          Tag::kOptions,     Tag::kVerify, Tag::kVerification, Tag::kHumanCheck,
    Tag::kAcceptanceCriteria};

constexpr Part kResumeSignal = {"<resume-signal>", "say what the person answers, such as `Type \"approved\"`",
                                kAnswer, false};

std::vector<Part> PartsOf(std::string_view type) {
  if (type == "checkpoint:human-verify") {
    return {{"<what-built>", "say what there is to look at", kBuilt},
            {"<how-to-verify>", "list the steps by which the person checks it", kHow},
            kResumeSignal};
  }
  if (type == "checkpoint:decision") {
    return {{"<decision>", "say what is to be decided", kDecide},
            {"<options>", "list the choices, each as an `<option id=\"…\">`", kChoices},
            kResumeSignal};
  }
  if (type == "checkpoint:human-action") {
    return {{"<instructions>", "say what the person does, step by step", kToDo},
            {"<verification>", "say how to see that it was done", kHow},
            kResumeSignal};
  }
  return {};
}

// "type" before a quoted word, as in `Type "approved"`.
bool SaysWhatToType(std::string_view text) {
  constexpr std::string_view kType = "type ";
  constexpr std::string_view kQuotes[] = {"\"", "'", "`", "\u201c"};
  for (size_t at = text.find(kType); at != std::string_view::npos; at = text.find(kType, at + 1)) {
    const std::string_view rest = text.substr(at + kType.size());
    const bool begins = at == 0 || !IsWordChar(text[at - 1]);
    if (begins &&
        std::ranges::any_of(kQuotes, [&](std::string_view quote) { return rest.starts_with(quote); }))
      return true;
  }
  return false;
}

// "Resume: …", "**Resume signal:** …": a label, so that "resume the upload" is none.
bool HasResumeLabel(std::string_view text) {
  constexpr std::string_view kResume = "resume";
  for (size_t at = text.find(kResume); at != std::string_view::npos; at = text.find(kResume, at + 1)) {
    std::string_view rest = text.substr(at + kResume.size());
    for (const std::string_view signal : {" signal", "-signal", "_signal"}) {
      if (rest.starts_with(signal)) rest.remove_prefix(signal.size());
    }
    rest.remove_prefix(std::min(rest.find_first_not_of("*_"), rest.size()));
    if (rest.starts_with(':')) return true;
  }
  return false;
}

// Without <resume-signal>, the text may say what the person answers.
bool SaysHowToResume(const SourceFile& file, const Task& task) {
  return std::ranges::any_of(task.elements, [&](const Element& element) {
    if (element.tag != Tag::kAction && element.tag != Tag::kDone && element.tag != Tag::kInstructions)
      return false;
    const std::string text = ToLower(file.Slice(element.body));
    return HasResumeLabel(text) || SaysWhatToType(text);
  });
}

void CheckTask(const SourceFile& file, const Task& task, Reporter& report) {
  const Span head = FirstLine(file, task.open);
  const bool prose = ProseBytes(file, task) >= kSentence;
  if (!prose && !SaysAny(file, task, kAnything)) {
    report.At(head, "{} is a checkpoint, but does not say what a person is asked", TaskNoun(task))
        .Help("say what was built and how to check it, what to decide, or what to do by hand");
    return;
  }
  std::vector<std::string> missing;
  std::string_view help;
  for (const Part& part : PartsOf(ToLower(task.type_text.value))) {
    const bool in_prose = prose && part.prose_counts;
    if (in_prose || HasAny(task, part.told_by)) continue;
    if (part.tag == kResumeSignal.tag && SaysHowToResume(file, task)) continue;
    missing.push_back(Quoted(part.tag));
    if (help.empty()) help = part.advice;
  }
  if (missing.empty()) return;
  report.At(head, "checkpoint {} lacks {}", TaskNoun(task), ListOf(missing))
      .As(Severity::kWarning)
      .Help("{}", help);
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task)) CheckTask(*unit.source, task, report);
    }
  }
}

}  // namespace

extern constinit const Rule checkpoint_incomplete = {
    {.name = "checkpoint-incomplete",
     .category = "structure",
     .severity = Severity::kError,
     .summary = "A checkpoint does not tell the person everything that is needed to answer it.",
     .rationale =
         "At a checkpoint the run stops and a person sees only what the task says. A `human-verify` needs "
         "`<what-built>`, `<how-to-verify>` and `<resume-signal>`; a `decision` needs `<decision>`, "
         "`<options>` and `<resume-signal>`; a `human-action` needs `<action>` or `<instructions>`, "
         "`<verification>` and `<resume-signal>`. A checkpoint that says nothing at all is an error; one "
         "that lacks a part is a warning, and `<action>`, `<verify>` or prose may stand in for the parts "
         "that they cover; `Resume: …`, `Resume signal: …` or `type \"…\"` in `<action>` or `<done>` says "
         "what to answer."},
    Check};

}  // namespace gsd::rules
