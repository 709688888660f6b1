// That no rule is without its documentation, its name or its test inputs, and that docs/rules.md says the
// same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "driver/gsdc_rule_docs.h"
#include "tests/rule_inputs.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;

TEST(RulesCoverage, EveryRuleHasTwoInputsOfEachKind) {
  for (const Rule* rule : AllRules()) {
    const std::vector<RuleInput> inputs = RuleInputs(rule->info.name);
    const auto bad =
        std::count_if(inputs.begin(), inputs.end(), [](const RuleInput& input) { return input.bad; });
    EXPECT_GE(bad, 2) << "testdata/rules/" << rule->info.name << "/bad*";
    EXPECT_GE(static_cast<std::ptrdiff_t>(inputs.size()) - bad, 2)
        << "testdata/rules/" << rule->info.name << "/ok*";
  }
}

TEST(RulesCoverage, EveryFolderOfTestDataIsARule) {
  for (const auto& entry : fs::directory_iterator(RuleDataDir())) {
    EXPECT_NE(FindRule(entry.path().filename().string()), nullptr) << entry.path();
  }
}

TEST(RulesCoverage, EveryGoldenHasItsInput) {
  for (const auto& entry : fs::recursive_directory_iterator(RuleDataDir())) {
    const fs::path& path = entry.path();
    if (path.extension() != ".expected" && path.extension() != ".fixed") continue;
    fs::path folder = path;
    folder.replace_extension();
    fs::path file = folder;
    file += ".md";
    EXPECT_TRUE(fs::exists(file) || fs::is_directory(folder)) << path << " is left over";
  }
}

TEST(RulesCoverage, NamesAreUniqueAndKebabCaseAndThoseOfTheFiles) {
  std::set<std::string_view> names;
  std::string_view last;
  for (const Rule* rule : AllRules()) {
    const std::string name(rule->info.name);
    EXPECT_TRUE(names.insert(rule->info.name).second) << name;
    EXPECT_LT(last, rule->info.name) << "the table is not sorted";
    last = rule->info.name;
    EXPECT_THAT(name, testing::MatchesRegex("[a-z]+(-[a-z]+)*"));
    std::string file = name;
    std::replace(file.begin(), file.end(), '-', '_');
    EXPECT_TRUE(fs::exists(SourceDir() / "passes" / "rules" / (file + ".cpp"))) << name;
  }
}

TEST(RulesCoverage, EveryRuleIsDocumented) {
  for (const Rule* rule : AllRules()) {
    SCOPED_TRACE(rule->info.name);
    EXPECT_FALSE(rule->info.category.empty());
    EXPECT_TRUE(rule->info.summary.ends_with('.')) << rule->info.summary;
    EXPECT_TRUE(rule->info.rationale.ends_with('.')) << rule->info.rationale;
    EXPECT_GT(rule->info.rationale.size(), rule->info.summary.size());
  }
}

// What gsdc says about the rule's first bad input.
std::string Example(std::string_view rule) {
  for (const RuleInput& input : RuleInputs(rule)) {
    const fs::path golden = input.Beside(".expected");
    if (input.bad && fs::exists(golden)) return ReadFile(golden);
  }
  return {};
}

TEST(RulesCoverage, TheDocumentationIsUpToDate) {
  ExpectGolden(SourceDir() / "docs" / "rules.md", RulesToMarkdown(AllRules(), Example));
}

TEST(RulesCoverage, TheListOfRulesIsJson) {
  const auto list = nlohmann::json::parse(RulesToJson(AllRules()));
  ASSERT_EQ(list.at("rules").size(), AllRules().size());
  const auto& first = list.at("rules").at(0);
  EXPECT_EQ(first.at("name"), AllRules()[0]->info.name);
  EXPECT_EQ(first.at("summary"), AllRules()[0]->info.summary);
  EXPECT_THAT(first.at("severity"), testing::AnyOf("error", "warning", "note"));
  EXPECT_THAT(first.at("fix"), testing::AnyOf("none", "safe", "unsafe"));
}

TEST(RulesCoverage, ExplainSaysWhatTheDocumentationSays) {
  const std::string all = RulesToMarkdown(AllRules(), Example);
  for (const Rule* rule : AllRules()) {
    EXPECT_THAT(all, testing::HasSubstr(RuleToMarkdown(rule->info, Example(rule->info.name))))
        << rule->info.name;
  }
}

}  // namespace
}  // namespace gsd::test
