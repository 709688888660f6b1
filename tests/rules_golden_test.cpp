// Every rule against its inputs in testdata/rules/: what it says, what its fixes make of the plan, and that
// no cut of an input harms anybody.
#include <gtest/gtest.h>

#include "frontend/edits.h"
#include "tests/rule_inputs.h"

namespace gsd::test {
namespace {

std::string Render(const Compilation& compilation) {
  std::string out;
  WriteTextDiagnostics(FilesOf(compilation.plans), compilation.diagnostics, {}, out);
  return out;
}

// The plans with the edits of all fixes applied.
std::vector<PlanInput> ApplyFixes(std::vector<PlanInput> plans, const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::vector<Edit>> edits(plans.size());
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.fix) continue;
    for (const Edit& edit : diagnostic.fix->edits) edits[edit.span.file.value].push_back(edit);
  }
  for (size_t i = 0; i < plans.size(); ++i) plans[i].text = ApplyEdits(plans[i].text, std::move(edits[i]));
  return plans;
}

size_t CountFixes(const std::vector<Diagnostic>& diagnostics) {
  return static_cast<size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                           [](const Diagnostic& d) { return d.fix.has_value(); }));
}

// The fixed text; of a project, the plans that changed, each under its path.
std::string RenderFixed(const std::vector<PlanInput>& before, const std::vector<PlanInput>& after) {
  if (after.size() == 1) return after[0].text;
  std::string out;
  for (size_t i = 0; i < after.size(); ++i) {
    if (after[i].text != before[i].text) out += "=== " + after[i].path + "\n" + after[i].text;
  }
  return out;
}

class RulesGolden : public testing::TestWithParam<std::string> {
 protected:
  static Compilation CompileInput(const RuleInput& input, std::vector<PlanInput> plans) {
    Compilation compilation =
        Compile(std::move(plans), OptionsOf(input), OnlyRule(input.rule), *WorkspaceOf(input));
    std::erase_if(compilation.diagnostics, [](const Diagnostic& d) { return d.suppressed.has_value(); });
    return compilation;
  }

  // What is left after a fix: nothing that could be fixed, and nothing at all when every finding had a fix.
  static void CheckFixes(const RuleInput& input, const Compilation& first) {
    const size_t fixes = CountFixes(first.diagnostics);
    if (fixes == 0) return;
    const std::vector<PlanInput> before = LoadRuleInput(input);
    const std::vector<PlanInput> after = ApplyFixes(before, first.diagnostics);
    ExpectGolden(input.Beside(".fixed"), RenderFixed(before, after));
    const Compilation second = CompileInput(input, after);
    EXPECT_EQ(CountFixes(second.diagnostics), 0U) << "fixes are left:\n" << Render(second);
    if (fixes == first.diagnostics.size()) {
      EXPECT_TRUE(second.diagnostics.empty()) << Render(second);
    }
    EXPECT_EQ(RenderFixed(before, ApplyFixes(after, second.diagnostics)), RenderFixed(before, after))
        << "fixing twice is not the same as fixing once";
  }
};

TEST_P(RulesGolden, ReportsWhatItShould) {
  for (const RuleInput& input : RuleInputs(GetParam())) {
    SCOPED_TRACE(input.path.string());
    const Compilation compilation = CompileInput(input, LoadRuleInput(input));
    if (!input.bad) {
      EXPECT_TRUE(compilation.diagnostics.empty()) << Render(compilation);
      continue;
    }
    EXPECT_FALSE(compilation.diagnostics.empty()) << "the rule says nothing";
    for (const Diagnostic& diagnostic : compilation.diagnostics) {
      EXPECT_EQ(diagnostic.rule, input.rule);
      EXPECT_LE(diagnostic.span.begin, diagnostic.span.end);
      EXPECT_LE(diagnostic.span.end, compilation.plans.FileOf(diagnostic.span).text().size());
    }
    ExpectGolden(input.Beside(".expected"), Render(compilation));
    CheckFixes(input, compilation);
  }
}

// A plan is cut off when its author is interrupted, and an editor shows every state in between.
TEST_P(RulesGolden, SurvivesEveryCut) {
  constexpr size_t kCuts = 64;
  for (const RuleInput& input : RuleInputs(GetParam())) {
    SCOPED_TRACE(input.path.string());
    const std::vector<PlanInput> plans = LoadRuleInput(input);
    for (size_t file = 0; file < plans.size(); ++file) {
      const size_t size = plans[file].text.size();
      for (size_t cut = 0; cut < kCuts; ++cut) {
        std::vector<PlanInput> shortened = plans;
        shortened[file].text.resize(size * cut / kCuts);
        const Compilation compilation =
            Compile(std::move(shortened), OptionsOf(input), EveryRule(), *WorkspaceOf(input));
        for (const Diagnostic& diagnostic : compilation.diagnostics) {
          ASSERT_LE(diagnostic.span.end, compilation.plans.FileOf(diagnostic.span).text().size())
              << diagnostic.rule << ": " << diagnostic.message;
        }
        Render(compilation);
      }
    }
  }
}

std::vector<std::string> RuleNames() {
  std::vector<std::string> names;
  for (const Rule* rule : AllRules()) names.emplace_back(rule->info.name);
  return names;
}

std::string TestName(const testing::TestParamInfo<std::string>& rule) {
  std::string name = rule.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, RulesGolden, testing::ValuesIn(RuleNames()), TestName);

}  // namespace
}  // namespace gsd::test
