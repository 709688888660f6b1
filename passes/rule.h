// A rule: a pure function from facts to diagnostics, with its documentation beside it. One rule, one file in
// rules/.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/plan_set.h"
#include "frontend/diagnostic.h"
#include "passes/suppressions.h"

namespace gsd {

// Whether a rule's findings come with a change that removes them.
enum class Fixable : uint8_t { kNo, kSafe, kUnsafe };

// The documentation of a rule; `gsdc --explain` and docs/rules.md print it.
struct RuleInfo {
  std::string_view name;      // kebab-case: names the mistake, never the advice
  std::string_view category;  // syntax, structure, task-graph, plan-graph, references, routing, budget …
  Severity severity;
  Fixable fixable = Fixable::kNo;
  bool on_by_default = true;
  std::string_view summary;    // one sentence: what is wrong
  std::string_view rationale;  // what goes wrong later because of it, and what to do instead
};

// Continues a diagnostic that has just been reported. Spans in labels may be in other files.
class DiagnosticBuilder {
 public:
  explicit DiagnosticBuilder(Diagnostic& diagnostic) : diagnostic_(diagnostic) {}
  template <typename... A>
  DiagnosticBuilder& Label(Span span, fmt::format_string<A...> format, A&&... args) {
    diagnostic_.labels.push_back({span, fmt::format(format, std::forward<A>(args)...)});
    return *this;
  }
  template <typename... A>
  DiagnosticBuilder& Help(fmt::format_string<A...> format, A&&... args) {
    diagnostic_.help = fmt::format(format, std::forward<A>(args)...);
    return *this;
  }
  // The severity of this one finding, where it differs from the rule's.
  DiagnosticBuilder& As(Severity severity) {
    diagnostic_.severity = severity;
    return *this;
  }
  DiagnosticBuilder& SafeFix(std::string description, std::vector<Edit> edits) {
    return SetFix(std::move(description), std::move(edits), true);
  }
  DiagnosticBuilder& UnsafeFix(std::string description, std::vector<Edit> edits) {
    return SetFix(std::move(description), std::move(edits), false);
  }

 private:
  DiagnosticBuilder& SetFix(std::string description, std::vector<Edit> edits, bool safe) {
    Fix& fix = diagnostic_.fix.emplace();
    fix.description = std::move(description);
    fix.edits = std::move(edits);
    fix.safe = safe;
    return *this;
  }

  Diagnostic& diagnostic_;
};

// Where one rule puts its findings. The message is a fmt format, checked by the compiler, beside its
// arguments.
class Reporter {
 public:
  Reporter(const RuleInfo& info, std::vector<Diagnostic>& out) : info_(info), out_(out) {}
  template <typename... A>
  DiagnosticBuilder At(Span span, fmt::format_string<A...> format, A&&... args) {
    out_.push_back(
        {info_.name, info_.severity, span, fmt::format(format, std::forward<A>(args)...), {}, {}, {}});
    return DiagnosticBuilder(out_.back());
  }

 private:
  const RuleInfo& info_;
  std::vector<Diagnostic>& out_;
};

struct Rule {
  RuleInfo info;
  void (*check)(const PlanSet& plans, Reporter& report);
  // Rules about suppressions run last, when it is known which of them were needed; `check` is null then.
  void (*check_suppressions)(const PlanSet& plans, const SuppressionUse& use, Reporter& report) = nullptr;
};

// Every rule, sorted by name. Generated from the listing of rules/.
std::span<const Rule* const> AllRules();
// The rule of that name, or nullptr.
const Rule* FindRule(std::string_view name);

// Which rules run, and how severe they are. Settings apply in the order of the members here; later ones win.
struct RuleSelection {
  struct Setting {
    std::string rule;  // or "all"
    bool on = true;
    std::optional<Severity> severity;
  };
  std::vector<Setting> settings = {};                       // of everything
  std::vector<std::vector<Setting>> settings_of_file = {};  // by FileId; may be shorter than the files
  std::vector<Setting> overriding_settings = {};            // of everything, from the command line
  bool warnings_are_errors = false;
};

// Whether a rule runs in files without settings of their own, and how severe it is there.
std::pair<bool, Severity> SettingOf(const RuleInfo& rule, const RuleSelection& selection);

// Calls `work(i)` for every i in [0, count), in any order, perhaps on several threads.
using ForEach = std::function<void(size_t count, const std::function<void(size_t)>& work)>;
void ForEachInOrder(size_t count, const std::function<void(size_t)>& work);

// Runs the selected rules and returns their findings sorted by file, position, rule; those that a comment
// takes back are marked.
std::vector<Diagnostic> RunRules(const PlanSet& plans, const RuleSelection& selection,
                                 const ForEach& for_each = ForEachInOrder);

}  // namespace gsd
