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

  void Apply(std::string_view rule, const std::vector<RuleSelection::Setting>& settings) {
    for (const auto& setting : settings) {
      if (setting.rule != rule && setting.rule != "all") continue;
      on = setting.on;
      if (setting.severity) severity = setting.severity;
    }
  }
};

// One rule's settings in every file.
class SettingsOfRule {
 public:
  SettingsOfRule(const RuleInfo& info, const RuleSelection& selection)
      : general_(Make(info, selection, nullptr)) {
    for (const auto& settings : selection.settings_of_file)
      by_file_.push_back(settings.empty() ? general_ : Make(info, selection, &settings));
  }

  bool AnyOn() const {
    return general_.on ||
           std::any_of(by_file_.begin(), by_file_.end(), [](const Effective& e) { return e.on; });
  }
  const Effective& General() const { return general_; }
  const Effective& In(FileId file) const {
    return file.value < by_file_.size() ? by_file_[file.value] : general_;
  }

 private:
  static Effective Make(const RuleInfo& info, const RuleSelection& selection,
                        const std::vector<RuleSelection::Setting>* of_file) {
    Effective effective{info.on_by_default, std::nullopt};
    effective.Apply(info.name, selection.settings);
    if (of_file != nullptr) effective.Apply(info.name, *of_file);
    effective.Apply(info.name, selection.overriding_settings);
    return effective;
  }

  Effective general_;
  std::vector<Effective> by_file_;
};

// Drops from `first` on what is off in its file, and gives the rest its severity.
void ApplySettings(const SettingsOfRule& settings, bool warnings_are_errors,
                   std::vector<Diagnostic>& findings, size_t first) {
  const auto begin = findings.begin() + static_cast<std::ptrdiff_t>(first);
  findings.erase(std::remove_if(begin, findings.end(),
                                [&](const Diagnostic& d) { return !settings.In(d.span.file).on; }),
                 findings.end());
  for (size_t i = first; i < findings.size(); ++i) {
    Diagnostic& finding = findings[i];
    if (const auto severity = settings.In(finding.span.file).severity) finding.severity = *severity;
    if (warnings_are_errors && finding.severity == Severity::kWarning) finding.severity = Severity::kError;
  }
}

}  // namespace

std::pair<bool, Severity> SettingOf(const RuleInfo& rule, const RuleSelection& selection) {
  const Effective effective = SettingsOfRule(rule, selection).General();
  Severity severity = effective.severity.value_or(rule.severity);
  if (selection.warnings_are_errors && severity == Severity::kWarning) severity = Severity::kError;
  return {effective.on, severity};
}

std::vector<Diagnostic> RunRules(const PlanSet& plans, const RuleSelection& selection) {
  std::vector<Diagnostic> findings;
  SuppressionUse use;
  const auto run = [&](bool about_suppressions) {
    for (const Rule* rule : AllRules()) {
      if ((rule->check == nullptr) != about_suppressions) continue;
      const SettingsOfRule settings(rule->info, selection);
      if (!settings.AnyOn()) continue;
      const size_t before = findings.size();
      Reporter reporter(rule->info, findings);
      if (about_suppressions) {
        rule->check_suppressions(plans, use, reporter);
      } else {
        rule->check(plans, reporter);
        use.rules_run.push_back(rule->info.name);
      }
      ApplySettings(settings, selection.warnings_are_errors, findings, before);
    }
  };
  run(false);
  MarkSuppressed(plans, findings, use);
  run(true);
  std::stable_sort(findings.begin(), findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.span.file, a.span.begin, a.rule) < std::tuple(b.span.file, b.span.begin, b.rule);
  });
  return findings;
}

}  // namespace gsd
