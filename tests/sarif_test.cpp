// SARIF: valid against the published schema, stable fingerprints, regions and fixes that say the right bytes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "backends/diagnostic_formats.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using test::QuotedSources;

const std::vector<RuleSummary> kRules = {
    {"dependency-cycle", "task-graph", "Tasks wait for each other.", "None of them can ever start.",
     Severity::kError, true, "https://example.org/rules.md#dependency-cycle"},
    {"unused-thing", "meta", "Nobody uses it.", "", Severity::kNote, false},
};

constexpr std::string_view kPlan =
    "<tasks>\n<task id=\"1\" depends-on=\"2\">\n</task>\n  <task id=\"2\" depends-on=\"1\">é "
    "\"x\"\n</task>\n</tasks>\n";

std::vector<Diagnostic> SampleFindings(const SourceFile& file) {
  std::vector<Diagnostic> findings;
  Diagnostic cycle;
  cycle.rule = "dependency-cycle";
  cycle.span = QuotedSources::At(file, "depends-on=\"2\"");
  cycle.message = "tasks 1 → 2 → 1 wait for each other";
  cycle.labels.push_back({QuotedSources::At(file, "depends-on=\"1\""), "2 waits for 1"});
  cycle.help = "remove one of them";
  findings.push_back(cycle);
  Diagnostic thing;
  thing.rule = "unused-thing";
  thing.severity = Severity::kNote;
  thing.span = QuotedSources::At(file, "\"x\"");
  thing.message = "\"x\" is used by nobody";
  thing.fix = Fix{"replace it", {{thing.span, "y"}, {file.SpanFrom(0, 0), "<!-- -->\n"}}, true};
  findings.push_back(thing);
  Diagnostic unlisted;
  unlisted.rule = "not-in-the-list";
  unlisted.severity = Severity::kWarning;
  unlisted.span = file.SpanFrom(0, 0);
  unlisted.message = "a rule without a description";
  findings.push_back(unlisted);
  return findings;
}

std::string Sarif(const QuotedSources& sources, const std::vector<Diagnostic>& findings) {
  std::string out;
  WriteSarif({.files = sources.files(),
              .diagnostics = findings,
              .rules = kRules,
              .version = "0.1.0",
              .exit_code = 1},
             out);
  return out;
}

TEST(Sarif, Sample) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("plans/a b#1/日-PLAN.md", std::string(kPlan));
  const std::string out = Sarif(sources, SampleFindings(file));
  test::ExpectGolden(test::Data("sample.sarif.expected"), out);
  const json run = json::parse(out)["runs"][0];
  EXPECT_EQ(run["columnKind"], "unicodeCodePoints");
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["help"]["text"], "None of them can ever start.");
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["helpUri"], "https://example.org/rules.md#dependency-cycle");
  EXPECT_EQ(run["tool"]["driver"]["rules"][1]["defaultConfiguration"],
            (json{{"enabled", false}, {"level", "note"}}));
  EXPECT_EQ(run["invocations"][0], (json{{"executionSuccessful", true}, {"exitCode", 1}}));
  EXPECT_EQ(run["artifacts"][0]["length"], file.text().size());
  EXPECT_EQ(run["artifacts"][0]["hashes"]["sha-256"], Sha256Hex(file.text()));
  const json& results = run["results"];
  const json& place = results[1]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "plans/a%20b%231/%E6%97%A5-PLAN.md");
  EXPECT_EQ(place["region"]["startLine"], 4);
  EXPECT_EQ(place["region"]["startColumn"], 33);  // é is one column and two bytes
  EXPECT_EQ(place["region"]["endColumn"], 36);
  EXPECT_EQ(file.text().substr(place["region"]["byteOffset"], place["region"]["byteLength"]), "\"x\"");
  EXPECT_EQ(results[0]["ruleIndex"], 0);
  EXPECT_FALSE(results[2].contains("ruleIndex"));
  const json& steps = results[0]["codeFlows"][0]["threadFlows"][0]["locations"];
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0]["location"]["message"]["text"], "2 waits for 1");
  EXPECT_EQ(results[0]["relatedLocations"][0]["message"]["text"], "2 waits for 1");
  EXPECT_FALSE(results[1].contains("codeFlows"));
  const json& replacements = results[1]["fixes"][0]["artifactChanges"][0]["replacements"];
  ASSERT_EQ(replacements.size(), 2U);
  EXPECT_EQ(replacements[0]["deletedRegion"], place["region"]);
  EXPECT_EQ(replacements[0]["insertedContent"]["text"], "y");
  EXPECT_EQ(replacements[1]["deletedRegion"]["byteLength"], 0);
}

TEST(Sarif, ValidAgainstThePublishedSchema) {
  const auto shared = test::SharedDir();
  if (!shared) GTEST_SKIP() << test::kNoShared;
  QuotedSources sources;
  const SourceFile& file = sources.Add("plans/a b#1/日-PLAN.md", std::string(kPlan));
  const SourceFile& marked = sources.Add("/abs/b\xFF.md", "\xEF\xBB\xBF<tasks>\n");
  std::vector<Diagnostic> findings = SampleFindings(file);
  Diagnostic mark;
  mark.rule = "byte-order-mark";
  mark.severity = Severity::kWarning;
  mark.span = marked.SpanFrom(0, 3);
  mark.message = "a mark \x01 \xFF";
  mark.fix = Fix{"remove it", {{mark.span, ""}, {file.SpanFrom(0, 1), "x"}}, true};
  findings.push_back(mark);
  findings.back().suppressed = Suppression{Suppression::Kind::kInSource, "later"};
  const auto schema = *shared / "schemas/sarif-2.1.0.json";
  for (const auto& some : {findings, std::vector<Diagnostic>{}})
    EXPECT_EQ(test::SchemaMistakes(schema, Sarif(sources, some)), "");
}

TEST(Sarif, SuppressedFindingsAreListedAsSuch) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", std::string(kPlan));
  std::vector<Diagnostic> findings = SampleFindings(file);
  EXPECT_FALSE(json::parse(Sarif(sources, findings))["runs"][0]["results"][0].contains("suppressions"));
  findings[0].suppressed = Suppression{Suppression::Kind::kBaseline, ""};
  findings[1].suppressed = Suppression{Suppression::Kind::kInSource, "it is meant so"};
  const json log = json::parse(Sarif(sources, findings));
  const json& results = log["runs"][0]["results"];
  EXPECT_EQ(results[0]["suppressions"], (json::array({{{"kind", "external"}, {"status", "accepted"}}})));
  EXPECT_EQ(results[1]["suppressions"][0]["kind"], "inSource");
  EXPECT_EQ(results[1]["suppressions"][0]["justification"], "it is meant so");
  EXPECT_EQ(results[2]["suppressions"], json::array());
}

TEST(Sarif, NoLinkAndNoByteOfAFixIsMadeUp) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", std::string(kPlan));
  std::vector<Diagnostic> findings = SampleFindings(file);
  findings[0].message = "task [here](https://example.org) a\\b";
  findings[1].fix->edits[0].text = "\xFF\xFEx";
  findings[1].fix->edits[1].text = "caf\xC3\xA9";
  const json log = json::parse(Sarif(sources, findings));
  const json& results = log["runs"][0]["results"];
  EXPECT_EQ(results[0]["message"]["text"], "task \\[here\\](https://example.org) a\\\\b\nremove one of them");
  const json& replacements = results[1]["fixes"][0]["artifactChanges"][0]["replacements"];
  EXPECT_EQ(replacements[0]["insertedContent"], (json{{"binary", "//54"}}));
  EXPECT_EQ(replacements[1]["insertedContent"], (json{{"text", "café"}}));
}

std::vector<std::string> Fingerprints(const std::string& sarif) {
  std::vector<std::string> prints;
  const json log = json::parse(sarif);
  for (const json& result : log["runs"][0]["results"]) {
    prints.push_back(result["partialFingerprints"]["gsdcFinding/v1"]);
  }
  return prints;
}

TEST(Sarif, FingerprintsSurviveMovedLines) {
  const auto prints_of = [](const std::string& before, int count) {
    QuotedSources sources;
    const SourceFile& file = sources.Add("p.md", before + std::string(kPlan));
    std::vector<Diagnostic> findings = SampleFindings(file);
    for (int i = 1; i < count; ++i) findings.push_back(findings[1]);
    return Fingerprints(Sarif(sources, findings));
  };
  const auto prints = prints_of("", 1);
  EXPECT_EQ(prints[0], prints_of("\n\n# Heading\n", 1)[0]);
  EXPECT_EQ(prints[1], prints_of("\n\n# Heading\n", 1)[1]);
  const auto repeated = prints_of("", 3);
  EXPECT_EQ(repeated[1], prints[1]);
  EXPECT_EQ(std::set<std::string>(repeated.begin(), repeated.end()).size(), repeated.size());
}

}  // namespace
}  // namespace gsd
