#include <algorithm>
#include <iterator>
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

// Drops what is off in its file, and gives the rest its severity.
void ApplySettings(const SettingsOfRule& settings, bool warnings_are_errors,
                   std::vector<Diagnostic>& findings) {
  std::erase_if(findings, [&](const Diagnostic& d) { return !settings.In(d.span.file).on; });
  for (Diagnostic& finding : findings) {
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

void ForEachInOrder(size_t count, const std::function<void(size_t)>& work) {
  for (size_t i = 0; i < count; ++i) work(i);
}

std::vector<Diagnostic> RunRules(const PlanSet& plans, const RuleSelection& selection,
                                 const ForEach& for_each) {
  const auto rules = AllRules();
  std::vector<std::vector<Diagnostic>> found(
      rules.size());  // by rule: what they say does not depend on threads
  std::vector<char> ran(rules.size());
  SuppressionUse use;
  const auto run = [&](size_t i, bool about_suppressions) {
    const Rule& rule = *rules[i];
    const SettingsOfRule settings(rule.info, selection);
    if ((rule.check == nullptr) != about_suppressions || !settings.AnyOn()) return;
    Reporter reporter(rule.info, found[i]);
    if (about_suppressions) {
      rule.check_suppressions(plans, use, reporter);
    } else {
      rule.check(plans, reporter);
      ran[i] = 1;
    }
    ApplySettings(settings, selection.warnings_are_errors, found[i]);
  };
  std::vector<Diagnostic> findings;
  const auto collect = [&] {
    for (std::vector<Diagnostic>& of_rule : found) {
      findings.insert(findings.end(), std::make_move_iterator(of_rule.begin()),
                      std::make_move_iterator(of_rule.end()));
      of_rule.clear();
    }
  };
  for_each(rules.size(), [&](size_t i) { run(i, false); });
  for (size_t i = 0; i < rules.size(); ++i) {
    if (ran[i] != 0) use.rules_run.push_back(rules[i]->info.name);
  }
  collect();
  MarkSuppressed(plans, findings, use);
  ForEachInOrder(rules.size(), [&](size_t i) { run(i, true); });
  collect();
  std::stable_sort(findings.begin(), findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.span.file, a.span.begin, a.rule) < std::tuple(b.span.file, b.span.begin, b.rule);
  });
  return findings;
}

}  // namespace gsd
