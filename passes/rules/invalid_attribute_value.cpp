#include <algorithm>
#include <initializer_list>

#include "analysis/inference.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

using Words = std::vector<std::string_view>;

// The words of `type` that tools act on, then those that forks use for an ordinary task.
const Words& TypesWithMeaning() {
  static const Words words = {
      "auto", "tdd", "tracer", "checkpoint:human-verify", "checkpoint:decision", "checkpoint:human-action"};
  return words;
}
constexpr std::string_view kOtherTypes[] = {
    "execute",      "manual",        "checkpoint",     "code",    "test",      "tests",       "testing",
    "docs",         "documentation", "research",       "setup",   "config",    "refactor",    "feature",
    "feat",         "fix",           "bugfix",         "chore",   "design",    "review",      "verify",
    "verification", "implement",     "implementation", "create",  "modify",    "build",       "deploy",
    "migration",    "integration",   "analysis",       "human",   "spike",     "decision",    "standard",
    "task",         "script",        "command",        "gate",    "semi-auto", "interactive", "validation",
    "cleanup",      "infra",         "agent",          "subagent"};

bool Contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string ListWords(const Words& words) {
  std::vector<std::string> quoted;
  for (std::string_view word : words) quoted.push_back(Quoted(word));
  return ListOf(quoted, words.size());
}

// `meant` is what the value is a slip of, or "".
void Report(const Attribute& attribute, std::string_view meant, const Words& known, Reporter& report) {
  if (meant.empty()) {
    report.At(attribute.value_span, "`{}` is no value for `{}`", attribute.value, attribute.name)
        .Help("known values are {}", ListWords(known));
    return;
  }
  report
      .At(attribute.value_span, "`{}` is no value for `{}`; did you mean `{}`?", attribute.value,
          attribute.name, meant)
      .SafeFix(fmt::format("write `{}`", meant), {{attribute.value_span, std::string(meant)}});
}

std::string_view Meant(std::string_view value, const Words& known) {
  const std::string lower = ToLower(Trim(value));
  for (std::string_view word : known) {
    if (lower == word) return word;
  }
  return ClosestMatch(lower, known);
}

void CheckType(const Attribute& attribute, Reporter& report) {
  const std::string lower = ToLower(attribute.value);
  const Words& known = TypesWithMeaning();
  if (Contains(known, attribute.value)) return;
  if (std::find(std::begin(kOtherTypes), std::end(kOtherTypes), lower) != std::end(kOtherTypes)) return;
  const std::string_view meant = Meant(attribute.value, known);
  // Checkpoints of other kinds are a checkpoint to every tool.
  if (meant.empty() && lower.starts_with("checkpoint:")) return;
  Report(attribute, meant, known, report);
}

void CheckWords(const Attribute& attribute, const Words& known, Reporter& report) {
  if (Contains(known, attribute.value)) return;
  Report(attribute, Meant(attribute.value, known), known, report);
}

// `true` and `false` are understood, but other tools know the documented words alone.
void CheckParallel(const Attribute& attribute, Reporter& report) {
  const std::string_view understood = ParallelWord(attribute.value);
  if (understood.empty() || Trim(attribute.value) == understood) {
    CheckWords(attribute, {"sequential", "can-parallelize"}, report);
    return;
  }
  report
      .At(attribute.value_span, "`parallel` is `{}`, which is spelled `{}`", Trim(attribute.value),
          understood)
      .As(Severity::kWarning)
      .SafeFix(fmt::format("write `{}`", understood), {{attribute.value_span, std::string(understood)}});
}

void CheckWave(const Attribute& attribute, Reporter& report) {
  if (WaveNumber(attribute.value)) return;
  report.At(attribute.value_span, "`{}` is no value for `wave`", attribute.value)
      .Help("write the number of the wave, a whole number; as it is, the task is in none");
}

void CheckTask(const Task& task, Reporter& report) {
  for (uint32_t i = 0; i < task.own_attributes; ++i) {
    const Attribute& attribute = task.attributes[i];
    if (attribute.value.empty()) continue;  // the same as none: the default
    // An entity in the value makes the fix's text differ from the span's; such values are in no list.
    if (attribute.name == "type") CheckType(attribute, report);
    if (attribute.name == "tdd") CheckWords(attribute, {"true", "false"}, report);
    if (attribute.name == "parallel") CheckParallel(attribute, report);
    if (attribute.name == "wave") CheckWave(attribute, report);
    if (attribute.name == "context-mode" || attribute.name == "context_mode") {
      CheckWords(attribute, {"fresh", "inherited"}, report);
    }
    if (attribute.name == "gate") {
      CheckWords(attribute, {"blocking", "blocking-human", "advisory", "none"}, report);
    }
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const Task& task : unit.plan.tasks) CheckTask(task, report);
  }
}

}  // namespace

extern constinit const Rule invalid_attribute_value = {
    {.name = "invalid-attribute-value",
     .category = "syntax",
     .severity = Severity::kError,
     .fixable = Fixable::kSafe,
     .summary = "An attribute that has a fixed set of values has another one.",
     .rationale =
         "A value that no tool knows is taken for the default: a checkpoint with a misspelled `type` is "
         "run by an agent without asking anybody, a `gate` with a slip in it does not block, a `wave` that "
         "is no number orders nothing. `parallel=\"true\"` and `\"false\"` are a warning only: gsdc "
         "understands them, other tools need not. `subagent`, `model` and attributes of forks are not "
         "checked here, nor are the task types that forks are known to use."},
    Check};

}  // namespace gsd::rules
