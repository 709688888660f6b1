#include <algorithm>
#include <iterator>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

constexpr std::string_view kPhrases[] = {
    "skip for now", "future enhancement", "hard-coded", "hardcoded", "placeholder", "stub", "v1"};
// Words before a phrase that turn it round: "replace the stub", "no placeholder text".
constexpr std::string_view kDenials[] = {
    "no",     "not",      "never",   "without", "remove", "removes", "replace", "replaces",  "avoid", "don't",
    "delete", "existing", "instead", "of",      "any",    "fix",     "drop",    "eliminate", "non"};

bool IsDenied(std::string_view before) {
  constexpr int kWordsBack = 4;
  constexpr size_t kBytesBack = 80;
  if (before.size() > kBytesBack) before.remove_prefix(before.size() - kBytesBack);
  size_t at = before.size();
  for (int i = 0; i < kWordsBack && at > 0; ++i) {
    while (at > 0 && IsBlank(before[at - 1])) --at;
    if (at == 0 || before[at - 1] == '.' || before[at - 1] == '\n') return false;
    const size_t end = at;
    while (at > 0 && !IsSpace(before[at - 1])) --at;
    std::string word = ToLower(before.substr(at, end - at));
    std::erase_if(word, [](char c) { return !IsAlpha(c) && c != '\''; });
    if (std::ranges::find(kDenials, word) != std::end(kDenials)) return true;
  }
  return false;
}

bool IsWordBreak(char c) {
  return !IsWordChar(c) && c != '-' && c != '/' && c != '.' && c != '=' && c != '_';
}

// The phrase that begins at `at`, or "". Plurals count; `api/v1`, `v1.2` and `placeholder="…"` are something
// else.
std::string_view PhraseAt(std::string_view text, size_t at) {
  if (at > 0 && !IsWordBreak(text[at - 1])) return {};
  for (const std::string_view phrase : kPhrases) {
    const std::string_view here = text.substr(at, phrase.size());
    if (here.size() < phrase.size() || !EqualsIgnoreCase(here, phrase)) continue;
    size_t end = at + phrase.size();
    if (end < text.size() && text[end] == 's' && phrase != "v1") ++end;
    const bool ends = end == text.size() || IsWordBreak(text[end]) ||
                      (text[end] == '.' && (end + 1 == text.size() || IsSpace(text[end + 1])));
    if (ends) return text.substr(at, end - at);
  }
  return {};
}

// Phrases outside fences and inline code.
std::vector<std::string_view> FindPhrases(std::string_view text) {
  std::vector<std::string_view> found;
  bool fenced = false;
  bool code = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("```")) {
      fenced = !fenced;
      code = false;
      at += 2;
    } else if (text[at] == '`') {
      code = !code;
    } else if (text[at] == '\n') {
      code = false;
    }
    if (fenced || code) continue;
    const std::string_view phrase = PhraseAt(text, at);
    if (phrase.empty()) continue;
    if (!IsDenied(text.substr(0, at))) found.push_back(phrase);
    at += phrase.size() - 1;
  }
  return found;
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    for (const Task& task : unit.plan.tasks) {
      const Element* action = FindElement(task, Tag::kAction);
      if (action == nullptr) continue;
      const auto found = FindPhrases(unit.source->Slice(action->body));
      if (found.empty()) continue;
      auto finding =
          report.At(unit.source->SpanOf(found[0]), "`{}` may promise less than was asked for", found[0]);
      constexpr size_t kMostLabels = 4;
      for (size_t i = 1; i < std::min(found.size(), kMostLabels); ++i)
        finding.Label(unit.source->SpanOf(found[i]), "here too");
      finding.Help("build all of it, or say in the plan which later plan does the rest");
    }
  }
}

}  // namespace

extern constinit const Rule scope_reduction = {
    {.name = "scope-reduction",
     .category = "verification",
     .severity = Severity::kNote,
     .on_by_default = false,
     .summary = "An action speaks of placeholders, stubs, hardcoded values or a v1.",
     .rationale =
         "Such words often stand where a plan quietly gives less than the requirement asks for, and what is "
         "skipped for now is rarely done later. They also stand in honest plans: a form field has a "
         "placeholder, a test has a stub. So this is off by default, for use when a plan is reviewed."},
    Check};

}  // namespace gsd::rules
