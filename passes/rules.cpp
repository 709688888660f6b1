#include <algorithm>
#include <tuple>

#include "passes/rule.h"

namespace gsd {

const Rule* FindRule(std::string_view name) {
  for (const Rule* rule : AllRules()) {
    if (rule->info.name == name) return rule;
  }
  return nullptr;
}

namespace {

struct Effective {
  bool on;
  std::optional<Severity> severity;
};

Effective EffectiveSetting(const RuleInfo& info, const RuleSelection& selection) {
  Effective effective{info.on_by_default, std::nullopt};
  for (const auto& setting : selection.settings) {
    if (setting.rule != info.name && setting.rule != "all") continue;
    effective.on = setting.on;
    if (setting.severity) effective.severity = setting.severity;
  }
  return effective;
}

}  // namespace

std::vector<Diagnostic> RunRules(const PlanSet& plans, const RuleSelection& selection) {
  std::vector<Diagnostic> findings;
  for (const Rule* rule : AllRules()) {
    const Effective setting = EffectiveSetting(rule->info, selection);
    if (!setting.on) continue;
    const size_t before = findings.size();
    Reporter reporter(rule->info, findings);
    rule->check(plans, reporter);
    for (size_t i = before; i < findings.size(); ++i) {
      Diagnostic& finding = findings[i];
      if (setting.severity) finding.severity = *setting.severity;
      if (selection.warnings_are_errors && finding.severity == Severity::kWarning) {
        finding.severity = Severity::kError;
      }
    }
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.span.file, a.span.begin, a.rule) < std::tuple(b.span.file, b.span.begin, b.rule);
  });
  return findings;
}

}  // namespace gsd
