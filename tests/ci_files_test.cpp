// What other people's CI takes from this repository: the GitHub action and the problem matcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json ToJson(const YAML::Node& node) {
  json value;
  if (node.IsMap()) {
    value = json::object();
    for (const auto& member : node) value[member.first.as<std::string>()] = ToJson(member.second);
  } else if (node.IsSequence()) {
    value = json::array();
    for (const auto& item : node) value.push_back(ToJson(item));
  } else {
    const auto text = node.as<std::string>();
    const bool quoted = node.Tag() == "!";
    value = quoted || (text != "true" && text != "false") ? json(text) : json(text == "true");
  }
  return value;
}

json Action() { return ToJson(YAML::LoadFile((test::SourceDir() / "action.yml").string())); }

json StepOf(const json& action, const std::string& id) {
  for (const json& step : action["runs"]["steps"]) {
    if (step.value("id", "") == id) return step;
  }
  ADD_FAILURE() << "no step " << id;
  return {};
}

TEST(GithubAction, HasTheKeysThatGithubDemands) {
  const json action = Action();
  EXPECT_TRUE(action["name"].is_string());
  EXPECT_TRUE(action["description"].is_string());
  EXPECT_EQ(action["runs"]["using"], "composite");
  for (const auto& [name, input] : action["inputs"].items()) {
    EXPECT_TRUE(input["description"].is_string()) << name;
    EXPECT_TRUE(input["default"].is_string()) << name;
  }
  for (const json& step : action["runs"]["steps"]) {
    EXPECT_NE(step.contains("run"), step.contains("uses")) << step;
    EXPECT_EQ(step.contains("run"), step.contains("shell")) << step;
    if (!step.contains("run")) continue;
    // An input inside a script would be code that the caller's caller writes.
    EXPECT_EQ(step["run"].get<std::string>().find("${{"), std::string::npos) << step;
    EXPECT_EQ(test::Run({"bash", "-n", "-c", step["run"].get<std::string>()}).exit_code, 0) << step;
  }
  for (const char* name : {"GSDC_PATHS", "GSDC_ARGS", "GSDC_FAIL_ON"})
    EXPECT_THAT(StepOf(action, "check")["env"][name].get<std::string>(), HasSubstr("inputs."));
}

// The first block of YAML in a page.
std::string FirstYaml(const std::string& page) {
  const size_t begin = page.find("```yaml\n") + 8;
  return page.substr(begin, page.find("\n```", begin) - begin);
}

TEST(PublishedSchemas, AcceptWhatWeOfferAndWrite) {
  const auto shared = test::SharedDir();
  if (!shared) GTEST_SKIP() << test::kNoShared;
  const auto mistakes = [&](const char* schema, const json& document) {
    return test::SchemaMistakes(*shared / "schemas" / schema, document.dump());
  };
  EXPECT_EQ(mistakes("github-action.json", Action()), "");
  EXPECT_EQ(mistakes("pre-commit-hooks.json",
                     ToJson(YAML::LoadFile((test::SourceDir() / ".pre-commit-hooks.yaml").string()))),
            "");
  const std::string workflow = FirstYaml(test::ReadFile(test::SourceDir() / "docs/ci.md"));
  EXPECT_EQ(mistakes("github-workflow.json", ToJson(YAML::Load(workflow))), "") << workflow;
  const test::TempDir dir;
  ASSERT_EQ(test::Run({test::Gsdc(), "init"}, dir.path()).exit_code, 0);
  EXPECT_EQ(
      mistakes("pre-commit-config.json", ToJson(YAML::LoadFile((dir / ".pre-commit-config.yaml").string()))),
      "");
}

// The step that does the work, as GitHub would run it, with the gsdc of this build.
TEST(GithubAction, ChecksThePlans) {
  const test::TempDir dir;
  test::WriteFile(dir / "a b/01-01-PLAN.md", "<tasks>\n<task depends-on=\"7\">\n</task>\n</tasks>\n");
  std::filesystem::create_directories(dir / "temp/gsdc");
  std::filesystem::create_symlink(test::Gsdc(), dir / "temp/gsdc/gsdc");
  const auto script = StepOf(Action(), "check")["run"].get<std::string>();
  const auto check = [&](const std::string& paths, const std::string& args, const std::string& fail_on) {
    std::filesystem::remove(dir / "output");
    return test::Run({"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script}, dir.path(), {},
                     {"RUNNER_TEMP=" + (dir / "temp").string(), "GITHUB_OUTPUT=" + (dir / "output").string(),
                      "GSDC_PATHS=" + paths, "GSDC_ARGS=" + args, "GSDC_FAIL_ON=" + fail_on});
  };
  const auto failed = check("a b\n", "", "error");
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_THAT(failed.out, HasSubstr("::error file=a b/01-01-PLAN.md,line=2,"));
  EXPECT_EQ(test::ReadFile(dir / "output"), "exit-code=1\n");
  EXPECT_EQ(check(".", "", "never").exit_code, 0);
  EXPECT_EQ(test::ReadFile(dir / "output"), "exit-code=1\n");
  EXPECT_EQ(check("missing", "", "never").exit_code, 2);
  const std::string only = "-Wno-all\n\n-Wmissing-name\n";
  EXPECT_EQ(check(".", only, "error").exit_code, 0);
  EXPECT_EQ(check(".", only, "warning").exit_code, 1);
  EXPECT_EQ(check(".", "", "sometimes").exit_code, 2);
}

TEST(ProblemMatcher, MatchesTheHeadlinesOfTheTextFormat) {
  const json matchers =
      json::parse(test::ReadFile(test::SourceDir() / ".github/gsdc-problem-matcher.json"))["problemMatcher"];
  const json& problem = matchers[0]["pattern"][0];
  const json& note = matchers[1]["pattern"][0];
  const auto match = [](const json& pattern, const std::string& line) {
    std::smatch groups;
    std::map<std::string, std::string> parts;
    if (!std::regex_search(line, groups, std::regex(pattern["regexp"].get<std::string>()))) return parts;
    for (const auto& [name, group] : pattern.items()) {
      if (group.is_number()) parts[name] = groups[group.get<size_t>()].str();
    }
    return parts;
  };
  const test::TempDir dir;
  test::WriteFile(
      dir / "a: 1:2: b/01-01-PLAN.md",
      "<tasks>\r\n<task depends-on=\"7\" id=x>\n  <name>[odd]: error: x</name>\n</task>\n</tasks>\n");
  size_t problems = 0, notes = 0, headlines = 0;
  const auto result = test::Run({test::Gsdc().string(), "."}, dir.path());
  std::istringstream lines(result.err);
  for (std::string line; std::getline(lines, line);) {
    headlines += line.starts_with("a: 1:2: b/") ? 1 : 0;
    for (const json* pattern : {&problem, &note}) {
      auto parts = match(*pattern, line);
      if (parts.empty()) continue;
      ++(pattern == &problem ? problems : notes);
      EXPECT_EQ(parts["file"], "a: 1:2: b/01-01-PLAN.md");
      EXPECT_GE(std::stoi(parts["line"]), 1);
      EXPECT_GE(std::stoi(parts["column"]), 1);
      EXPECT_THAT(line, HasSubstr(": " + parts["message"] + " [" + parts["code"] + "]"));
    }
  }
  EXPECT_GE(problems, 3U) << result.err;
  EXPECT_GE(notes, 1U) << result.err;
  EXPECT_EQ(problems + notes, headlines) << result.err;
  EXPECT_EQ(match(problem, "x.md:3:9: warning: a [b] c [some-rule]"),
            (std::map<std::string, std::string>{{"file", "x.md"},
                                                {"line", "3"},
                                                {"column", "9"},
                                                {"severity", "warning"},
                                                {"message", "a [b] c"},
                                                {"code", "some-rule"}}));
  EXPECT_EQ(matchers[1]["severity"], "notice");
  EXPECT_TRUE(match(problem, "  ::: x.md:3:1").empty());
  EXPECT_TRUE(match(problem, " 12 | a:1:2: error: in the source").empty());
}

}  // namespace
}  // namespace gsd
