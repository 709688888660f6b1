// Every form of report over one set of findings, with the odd things that plans contain: as goldens, and read
// back by a parser that is not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>

#include "backends/diagnostic_formats.h"
#include "backends/escaped_text.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;
using test::QuotedSources;
using testing::HasSubstr;
using testing::Not;

const std::vector<RuleSummary> kRules = {
    {"dependency-cycle", "task-graph", "Tasks wait for each other.", "None of them can ever start.",
     Severity::kError, true, "https://example.org/rules.md#dependency-cycle"},
    {"unknown-dependency", "task-graph", "A task depends on what is not there.", "", Severity::kError},
};
const std::vector<std::string> kArguments = {"--format=agent", "-W", "no-all", "it's here/"};

struct Sample {
  QuotedSources sources;
  std::vector<Diagnostic> findings;
};

Diagnostic Finding(std::string_view rule, Severity severity, Span span, std::string message) {
  Diagnostic diagnostic;
  diagnostic.rule = rule;
  diagnostic.severity = severity;
  diagnostic.span = span;
  diagnostic.message = std::move(message);
  return diagnostic;
}

// One finding for every line of the odd plan, which says what stands there.
void AddOddFindings(const SourceFile& odd, std::vector<Diagnostic>& findings) {
  findings.push_back(Finding("byte-order-mark", Severity::kWarning, odd.SpanFrom(0, 3), "a mark"));
  findings.back().fix = Fix{"remove it", {{odd.SpanFrom(0, 3), ""}}, true};
  for (uint32_t line = 6; line <= 12; ++line) {
    const std::string text(odd.Line(line));
    const Span span = odd.SpanFrom(odd.LineBegin(line), odd.LineBegin(line) + text.size());
    findings.push_back(Finding("odd-text", line % 2 == 0 ? Severity::kError : Severity::kWarning, span,
                               "a name is `" + text + "`"));
    if (line % 2 == 0) {
      findings.back().fix = Fix{"call it " + text, {{span, "<" + text + "\n>"}}, line % 4 == 0};
    } else {
      findings.back().help = "not " + text + "\n::error::help";
    }
  }
}

std::unique_ptr<Sample> MakeSample() {
  auto sample = std::make_unique<Sample>();
  const auto add = [&](std::string path, std::string_view data) -> const SourceFile& {
    return sample->sources.Add(std::move(path), test::ReadFile(test::Data(data)));
  };
  const SourceFile& plain = add("./plans/03-01-PLAN.md", "formats/plain.md");
  const SourceFile& odd = add("plans/::a, b: 50%\x1b/\xE2\x80\xAEodd\nPLAN.md", "formats/odd.md");
  const SourceFile& empty = add("plans/empty-PLAN.md", "formats/empty.md");
  add("plans/clean-PLAN.md", "formats/clean.md");
  const auto at = [&](std::string_view words, int nth = 0) { return QuotedSources::At(plain, words, nth); };

  auto& findings = sample->findings;
  findings.push_back(Finding("first-place", Severity::kNote, plain.SpanFrom(0, 0), "line 1, column 1"));
  findings.push_back(Finding("unknown-dependency", Severity::kError, at("9"), "task 1 depends on `9`"));
  findings.back().labels = {{at("Task 2: Send"), "perhaps this one"},
                            {odd.SpanFrom(3, 6), "or one of\nthese"}};
  findings.back().fix = Fix{"depend on task 2", {{at("9"), "2"}}, true};
  findings.push_back(Finding("empty-element", Severity::kWarning, at("<done></done>"), "`<done>` is empty"));
  findings.back().help = "say when the task is done";
  findings.push_back(Finding("dependency-cycle", Severity::kError, at("2", 1), "task 2 waits for itself"));
  findings.back().labels = {{at("2", 1), "task 2 waits for task 1"}, {at("9"), "task 1 waits for task 2"}};
  findings.back().fix =
      Fix{"cut the circle",
          {{at(", 2"), ""}, {at("<name>", 1), "<!-- was a circle -->\n"}, {odd.SpanFrom(3, 6), "***"}},
          false};
  findings.push_back(Finding("accepted", Severity::kError, at("Queue"), "known since long"));
  findings.back().suppressed = Suppression{Suppression::Kind::kInSource, "it is \"meant\" so"};
  findings.push_back(Finding("accepted", Severity::kWarning, at("Send"), "known since long"));
  findings.back().suppressed = Suppression{Suppression::Kind::kBaseline, ""};
  AddOddFindings(odd, findings);
  findings.push_back(Finding("no-tasks", Severity::kWarning, empty.SpanFrom(0, 0), "the plan is empty"));
  return sample;
}

std::string Report(std::string_view format, const QuotedSources& sources,
                   const std::vector<Diagnostic>& findings) {
  std::string out;
  FindDiagnosticFormat(format)->write({.files = sources.files(),
                                       .diagnostics = findings,
                                       .rules = kRules,
                                       .version = "0.1.0",
                                       .arguments = kArguments,
                                       .exit_code = 1},
                                      [&](const std::string& piece) { out += piece; });
  return out;
}

std::vector<std::string_view> Lines(std::string_view text) {
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  auto lines = Split(text, '\n');
  lines.pop_back();
  return lines;
}

TEST(DiagnosticFormats, Goldens) {
  const auto sample = MakeSample();
  for (const DiagnosticFormat& format : AllDiagnosticFormats()) {
    test::ExpectGolden(test::Data("formats/report." + std::string(format.name) + ".expected"),
                       Report(format.name, sample->sources, sample->findings));
  }
}

// ---- json and jsonl

TEST(DiagnosticFormats, JsonLinesSayTheSameAsJson) {
  const auto sample = MakeSample();
  const json whole = json::parse(Report("json", sample->sources, sample->findings));
  const std::string report = Report("jsonl", sample->sources, sample->findings);
  json shown = json::array();
  for (const json& diagnostic : whole["diagnostics"]) {
    if (!diagnostic.contains("suppressed")) shown.push_back(diagnostic);
  }
  json lines = json::array();
  for (const std::string_view line : Lines(report)) lines.push_back(json::parse(line));
  const json summary = lines.back();
  lines.erase(lines.size() - 1);
  EXPECT_EQ(lines, shown);
  EXPECT_EQ(summary, (json{{"version", 1}, {"summary", whole["summary"]}}));
  EXPECT_EQ(whole["summary"]["suppressed"], 2);
  EXPECT_EQ(whole["diagnostics"][4]["suppressed"],
            (json{{"kind", "in-source"}, {"reason", "it is \"meant\" so"}}));
  EXPECT_EQ(whole["diagnostics"][5]["suppressed"]["kind"], "baseline");
}

TEST(DiagnosticFormats, JsonLinesComeInPieces) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "abc\n");
  const std::vector<Diagnostic> findings(
      5000, Finding("rule", Severity::kError, file.SpanFrom(0, 1), "it is wrong"));
  size_t pieces = 0, largest = 0, lines = 0;
  StreamJsonLines({.files = sources.files(), .diagnostics = findings}, [&](const std::string& piece) {
    ++pieces;
    largest = std::max(largest, piece.size());
    lines += Lines(piece).size();
  });
  EXPECT_GT(pieces, 5U);
  EXPECT_LT(largest, 100'000U);
  EXPECT_EQ(lines, findings.size() + 1);
}

// ---- github, read as the runner reads it

struct Command {
  std::string name, data;
  std::map<std::string, std::string> properties;
};

std::string Unescaped(std::string text, bool property) {
  std::vector<std::pair<std::string, std::string>> codes = {{"%0D", "\r"}, {"%0A", "\n"}};
  if (property) codes.insert(codes.end(), {{"%3A", ":"}, {"%2C", ","}});
  codes.emplace_back("%25", "%");
  for (const auto& [code, character] : codes) {
    for (size_t at = 0; (at = text.find(code, at)) != text.npos; at += character.size())
      text.replace(at, code.size(), character);
  }
  return text;
}

// The command that the runner sees in a line, of whatever name.
std::optional<Command> ReadCommand(std::string line) {
  const size_t start = line.find_first_not_of(" \t\v\f\r\x1c\x1d\x1e\x1f");
  const size_t end = start == line.npos ? start : line.find("::", start + 2);
  if (start != line.npos && line.compare(start, 2, "::") == 0 && end != line.npos) {
    const std::string info = line.substr(start + 2, end - start - 2);
    Command command{info.substr(0, info.find(' ')), Unescaped(line.substr(end + 2), false), {}};
    if (command.name.size() < info.size()) {
      for (const std::string_view pair : Split(std::string_view(info).substr(command.name.size() + 1), ',')) {
        const size_t equals = pair.find('=');
        command.properties[std::string(pair.substr(0, equals))] =
            Unescaped(std::string(pair.substr(equals + 1)), true);
      }
    }
    return command;
  }
  if (line.find("##[") != line.npos) return Command{"old style", line, {}};
  return std::nullopt;
}

TEST(GithubFormat, ThePlanMakesNoCommands) {
  const auto sample = MakeSample();
  std::vector<Command> commands;
  size_t others = 0;
  const std::string report = Report("github", sample->sources, sample->findings);
  for (const std::string_view line : Lines(report)) {
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20U) << line;
    if (auto command = ReadCommand(std::string(line))) {
      commands.push_back(*command);
    } else {
      ++others;
    }
  }
  std::multiset<std::string> names;
  for (const Command& command : commands) names.insert(command.name);
  EXPECT_EQ(names.count("error"), 6U);
  EXPECT_EQ(names.count("warning"), 6U);
  EXPECT_EQ(names.count("notice"), 1U);
  EXPECT_EQ(names.count("group"), 1U);
  EXPECT_EQ(names.count("endgroup"), 1U);
  EXPECT_EQ(commands.size(), 15U);
  EXPECT_EQ(others, 13U);
  // Worst first, and everything reads back.
  EXPECT_EQ(commands[0].name, "error");
  EXPECT_EQ(commands[0].properties, (std::map<std::string, std::string>{{"file", "plans/03-01-PLAN.md"},
                                                                        {"line", "6"},
                                                                        {"endLine", "6"},
                                                                        {"col", "31"},
                                                                        {"endColumn", "31"},
                                                                        {"title", "unknown-dependency"}}));
  EXPECT_EQ(commands[2].data, "a name is `::error file=x::first on its line`");
  EXPECT_EQ(commands[2].properties["file"], "plans/::a, b: 50%\\x1b/\\u{202e}odd\\nPLAN.md");
  EXPECT_THAT(commands[8].data, HasSubstr("%0A%0D%25 ,:`\nnot"));
}

TEST(GithubFormat, TheTenthAnnotationCountsTheRest) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "abc\n");
  std::vector<Diagnostic> findings(
      10, Finding("first-rule", Severity::kWarning, file.SpanFrom(0, 4), "over the line's end"));
  const auto annotations = [&] {
    std::vector<std::string> lines;
    const std::string report = Report("github", sources, findings);
    for (const std::string_view line : Lines(report)) {
      if (line.starts_with("::warning") || line.starts_with("::error")) lines.emplace_back(line);
    }
    return lines;
  };
  EXPECT_EQ(annotations().size(), 10U);
  // No columns where the lines differ: GitHub would refuse them.
  EXPECT_EQ(annotations()[9], "::warning file=p.md,line=1,endLine=2,title=first-rule::over the line's end");
  for (int i = 0; i < 5; ++i)
    findings.push_back(Finding("second-rule", Severity::kWarning, file.SpanFrom(0, 1), "too"));
  findings.push_back(Finding("third-rule", Severity::kError, file.SpanFrom(0, 1), "worse"));
  const auto lines = annotations();
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines[0], "::error file=p.md,line=1,endLine=1,col=1,endColumn=1,title=third-rule::worse");
  EXPECT_EQ(lines[10],
            "::warning title=gsdc::and 6 more warnings: 5 second-rule, 1 first-rule; all are in the log");
}

// ---- gitlab

std::vector<std::string> GitlabFingerprints(const std::string& report) {
  std::vector<std::string> prints;
  for (const json& issue : json::parse(report)) prints.push_back(issue["fingerprint"]);
  return prints;
}

TEST(GitlabFormat, HasWhatGitlabReads) {
  const auto sample = MakeSample();
  const json issues = json::parse(Report("gitlab", sample->sources, sample->findings));
  ASSERT_EQ(issues.size(), 13U);
  std::set<std::string> prints;
  for (const json& issue : issues) {
    EXPECT_TRUE(issue["description"].is_string());
    EXPECT_TRUE(issue["check_name"].is_string());
    EXPECT_THAT((std::set<std::string>{"info", "minor", "major", "critical", "blocker"}),
                testing::Contains(issue["severity"].get<std::string>()));
    EXPECT_FALSE(issue["location"]["path"].get<std::string>().starts_with("."));
    EXPECT_GE(issue["location"]["lines"]["begin"].get<int>(), 1);
    prints.insert(issue["fingerprint"]);
  }
  EXPECT_EQ(prints.size(), issues.size());
  EXPECT_EQ(issues[0]["location"]["path"], "plans/03-01-PLAN.md");
}

TEST(GitlabFormat, FingerprintsSurviveMovedLinesAndSuppressions) {
  const auto prints_of = [](const std::string& before, bool suppress_first) {
    QuotedSources sources;
    const SourceFile& file = sources.Add("p.md", before + "same\nsame\nother\n");
    std::vector<Diagnostic> findings;
    for (int nth = 0; nth < 2; ++nth) {
      findings.push_back(
          Finding("rule", Severity::kWarning, QuotedSources::At(file, "same", nth), "it is the same"));
    }
    findings.push_back(Finding("rule", Severity::kWarning, QuotedSources::At(file, "other"), "another"));
    if (suppress_first) findings[0].suppressed = Suppression{};
    return GitlabFingerprints(Report("gitlab", sources, findings));
  };
  const auto prints = prints_of("", false);
  EXPECT_NE(prints[0], prints[1]);
  EXPECT_EQ(prints_of("# One\n\nmore line\n", false), prints);
  EXPECT_EQ(prints_of("", true), (std::vector<std::string>{prints[1], prints[2]}));
}

TEST(GitlabFormat, AbsolutePathsAreTakenFromTheRoot) {
  auto compiled = test::CompileTexts({{"/build/x/01-01-PLAN.md", "<tasks>\n"}});
  compiled->plans.units[0].root_path = "x/01-01-PLAN.md";
  const std::vector<Diagnostic> findings = {
      Finding("rule", Severity::kError, compiled->sources[0]->SpanFrom(0, 1), "it is wrong")};
  std::string report;
  WriteGitlab({.files = FilesOf(compiled->plans), .diagnostics = findings}, report);
  EXPECT_EQ(json::parse(report)[0]["location"]["path"], "x/01-01-PLAN.md");
}

// ---- junit

struct XmlDocument {
  explicit XmlDocument(const std::string& text)
      : doc(xmlReadMemory(text.data(), static_cast<int>(text.size()), "report.xml", nullptr,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)) {}
  ~XmlDocument() { xmlFreeDoc(doc); }
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;
  xmlDocPtr doc;
};

std::vector<xmlNodePtr> Children(xmlNodePtr parent) {
  std::vector<xmlNodePtr> children;
  for (xmlNodePtr node = parent->children; node != nullptr; node = node->next) {
    if (node->type == XML_ELEMENT_NODE) children.push_back(node);
  }
  return children;
}

std::string Owned(xmlChar* text) {
  const std::string copy = text == nullptr ? "" : reinterpret_cast<const char*>(text);
  xmlFree(text);
  return copy;
}
std::string Attribute(xmlNodePtr node, const char* name) {
  return Owned(xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)));
}
std::string Name(xmlNodePtr node) { return reinterpret_cast<const char*>(node->name); }

TEST(JunitFormat, ReadsBack) {
  const auto sample = MakeSample();
  const XmlDocument xml(Report("junit", sample->sources, sample->findings));
  ASSERT_NE(xml.doc, nullptr);
  const xmlNodePtr root = xmlDocGetRootElement(xml.doc);
  EXPECT_EQ(Attribute(root, "tests"), "14");
  EXPECT_EQ(Attribute(root, "failures"), "12");
  const auto suites = Children(root);
  ASSERT_EQ(suites.size(), 4U);
  size_t cases = 0;
  for (const xmlNodePtr suite : suites) {
    std::set<std::string> names;
    size_t failures = 0;
    for (const xmlNodePtr test_case : Children(suite)) {
      EXPECT_EQ(Name(test_case), "testcase");
      EXPECT_EQ(Attribute(test_case, "classname"), Attribute(suite, "name"));
      names.insert(Attribute(test_case, "name"));
      for (const xmlNodePtr outcome : Children(test_case)) failures += Name(outcome) == "failure" ? 1 : 0;
      ++cases;
    }
    EXPECT_EQ(std::to_string(names.size()), Attribute(suite, "tests"));
    EXPECT_EQ(std::to_string(failures), Attribute(suite, "failures"));
  }
  EXPECT_EQ(cases, 14U);
  EXPECT_EQ(Name(Children(Children(suites[0])[0])[0]), "system-out");
  const xmlNodePtr failure = Children(Children(suites[1])[3])[0];
  EXPECT_EQ(Attribute(failure, "type"), "error");
  EXPECT_THAT(Attribute(failure, "message"),
              HasSubstr("\"double\" & 'single' `back` ]]> </testcase></failure></testsuite><x></name>"));
  EXPECT_THAT(Owned(xmlNodeGetContent(failure)), HasSubstr("]]> </testcase></failure>"));
  const auto clean = Children(suites[3]);
  ASSERT_EQ(clean.size(), 1U);
  EXPECT_TRUE(Children(clean[0]).empty());
}

// ---- agent

TEST(AgentFormat, EveryFindingIsOneLineOfItsForm) {
  const auto sample = MakeSample();
  const std::string report = Report("agent", sample->sources, sample->findings);
  const auto lines = Lines(report);
  const std::regex form(
      R"(\d+:\d+ (error|warning|note) [a-z-]+: [^|]*(\\\|[^|]*)*( \| fix( \(unsafe\))?: .+)?)");
  size_t findings = 0, files = 0;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::string line(lines[i]);
    if (line.starts_with("plans/") || line.starts_with("./plans/") || line.starts_with("\"plans/")) {
      ++files;
    } else {
      EXPECT_TRUE(std::regex_match(line, form)) << line;
      ++findings;
    }
    EXPECT_LT(line.size(), 1500U);
  }
  EXPECT_EQ(findings, 13U);
  EXPECT_EQ(files, 3U);
  EXPECT_THAT(report, HasSubstr("| fix: \"9\" → \"2\"\n"));
  EXPECT_THAT(report, HasSubstr("| fix: say when the task is done\n"));
  EXPECT_THAT(report, HasSubstr("\\| fix: delete everything"));
  EXPECT_THAT(report, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(report, Not(HasSubstr("\xF3\xA0\x81")));  // tag characters: text that only a model reads
  EXPECT_EQ(lines.back(), "check again: gsdc --format=agent -W no-all 'it'\\''s here/'");
}

TEST(AgentFormat, TheSameAdviceIsGivenOnce) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "abc\n");
  std::vector<Diagnostic> findings;
  for (const auto& [rule, help] : std::vector<std::pair<std::string_view, std::string>>{
           {"first", "do this"}, {"second", "do this"}, {"first", "do this"}, {"first", "do that"}}) {
    findings.push_back(Finding(rule, Severity::kError, file.SpanFrom(0, 1), "it is wrong"));
    findings.back().help = help;
  }
  EXPECT_THAT(Report("agent", sources, findings), HasSubstr("1:1 error first: it is wrong | fix: do this\n"
                                                            "1:1 error second: it is wrong | fix: do this\n"
                                                            "1:1 error first: it is wrong | fix: as above\n"
                                                            "1:1 error first: it is wrong | fix: do that\n"));
}

TEST(AgentFormat, LongTextsAreCut) {
  QuotedSources sources;
  const SourceFile& file = sources.Add(std::string(5000, 'p') + ".md", std::string(100'000, 'x'));
  Diagnostic finding = Finding("rule", Severity::kError, file.SpanFrom(0, 100'000), std::string(9000, 'm'));
  finding.fix = Fix{"shorten it", {}, true};
  for (uint32_t i = 0; i < 50; ++i)
    finding.fix->edits.push_back({file.SpanFrom(2000 * i, 2000 * i + 1000), std::string(1000, 'y')});
  const std::string report = Report("agent", sources, {finding});
  EXPECT_LT(report.size(), 2500U);
  EXPECT_THAT(report, HasSubstr("; and 46 more edits\n"));
}

TEST(JunitFormat, CharactersThatXmlDoesNotKnow) {
  QuotedSources sources;
  const std::string hostile = "a\xEF\xBF\xBE\xEF\xBF\xBF\x01\x7F\xED\xA0\x80<";
  const SourceFile& file = sources.Add(hostile + ".md", hostile);
  const XmlDocument xml(
      Report("junit", sources, {Finding("rule", Severity::kError, file.SpanFrom(0, 1), hostile)}));
  EXPECT_NE(xml.doc, nullptr);
}

// ---- all of them

TEST(DiagnosticFormats, NothingFound) {
  QuotedSources none, one;
  one.Add("p.md", "<tasks>\n");
  for (const QuotedSources* sources : {&none, &one}) {
    const auto report = [&](std::string_view format) { return Report(format, *sources, {}); };
    EXPECT_EQ(report("text"), "");
    EXPECT_EQ(report("github"), "");
    EXPECT_EQ(json::parse(report("json"))["diagnostics"], json::array());
    EXPECT_EQ(json::parse(report("jsonl"))["summary"]["errors"], 0);
    EXPECT_EQ(json::parse(report("sarif"))["runs"][0]["results"], json::array());
    EXPECT_EQ(json::parse(report("gitlab")), json::array());
    const XmlDocument xml(report("junit"));
    ASSERT_NE(xml.doc, nullptr);
    EXPECT_EQ(Attribute(xmlDocGetRootElement(xml.doc), "failures"), "0");
    EXPECT_THAT(report("agent"), testing::StartsWith("gsdc: no findings in "));
  }
}

// Whatever bytes a plan, its path, a message or a fix has: what comes out is what the format says it is.
TEST(DiagnosticFormats, AnyBytesGiveAWellFormedReport) {
  std::mt19937 random(1);
  const auto bytes = [&](size_t count) {
    static constexpr std::string_view kNasty = "<>&\"'`|%:,;\n\r\t\0\xFF\xED\xA0\xEF\xBF\xBE\xC2\x85#[]/\\";
    std::string text;
    for (size_t i = 0; i < count; ++i)
      text += random() % 2 == 0 ? kNasty[random() % kNasty.size()] : static_cast<char>(random());
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    QuotedSources sources;
    std::vector<Diagnostic> findings;
    for (int f = 0; f < 2; ++f) {
      const SourceFile& file = sources.Add("p" + bytes(12), bytes(60));
      for (int i = 0; i < 8; ++i) {
        const auto begin = static_cast<uint32_t>(random() % 60),
                   end = begin + static_cast<uint32_t>(random() % (61 - begin));
        Diagnostic finding =
            Finding("rule", static_cast<Severity>(random() % 3), file.SpanFrom(begin, end), bytes(40));
        finding.help = bytes(20);
        finding.labels.push_back({file.SpanFrom(0, begin), bytes(9)});
        finding.fix = Fix{bytes(10), {{finding.span, bytes(10)}}, i % 2 == 0};
        findings.push_back(std::move(finding));
      }
    }
    for (const char* format : {"json", "sarif", "gitlab"}) {
      EXPECT_TRUE(json::accept(Report(format, sources, findings))) << format;
    }
    const std::string jsonl = Report("jsonl", sources, findings);
    for (const std::string_view line : Lines(jsonl)) EXPECT_TRUE(json::accept(line)) << line;
    const XmlDocument xml(Report("junit", sources, findings));
    EXPECT_NE(xml.doc, nullptr);
    const std::string github = Report("github", sources, findings);
    const std::set<std::string> ours = {"error", "warning", "notice", "group", "endgroup"};
    for (const std::string_view line : Lines(github)) {
      const auto command = ReadCommand(std::string(line));
      EXPECT_TRUE(!command || ours.count(command->name) > 0) << line;
    }
    const std::string agent = Report("agent", sources, findings);
    EXPECT_EQ(Lines(agent).size(), 1 + 2 + findings.size() + 1);
    for (const std::string& report : {github, agent}) {
      for (const char c : report) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    }
  }
}

TEST(DiagnosticFormats, ManyFindingsInLinearTime) {
  QuotedSources sources;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  const SourceFile& lines = sources.Add("lines.md", text);
  const SourceFile& one_line = sources.Add("line.md", std::string(1'000'000, 'x'));
  std::vector<Diagnostic> findings;
  for (uint32_t i = 0; i < 20'000; ++i) {
    const uint32_t begin = lines.LineBegin(i + 1);
    findings.push_back(Finding("rule", Severity::kError, lines.SpanFrom(begin, begin + 4), "it is wrong"));
  }
  for (uint32_t i = 0; i < 20'000; ++i) {
    findings.push_back(
        Finding("rule", Severity::kWarning, one_line.SpanFrom(50 * i, 50 * i + 1), "it is wrong"));
    findings.back().fix = Fix{"drop it", {{one_line.SpanFrom(0, 1'000'000), ""}}, true};
  }
  for (const DiagnosticFormat& format : AllDiagnosticFormats()) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_LT(Report(format.name, sources, findings).size(), findings.size() * 2'000) << format.name;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << format.name;
  }
}

TEST(EscapedText, HidesNothing) {
  EXPECT_EQ(EscapedLine("a\r\n\tb\x1b\x7F\xC2\x85"), "a\\r\\n\\tb\\x1b\\x7f\\x85");
  EXPECT_EQ(EscapedLine("\xE2\x80\xAEx\xEF\xBB\xBF\xF3\xA0\x81\x81"), "\\u{202e}x\\u{feff}\\u{e0041}");
  EXPECT_EQ(EscapedLine("é日🚀\xFF"), "é日🚀\xEF\xBF\xBD");
  EXPECT_EQ(EscapedLine("abcdef", 3), "abc…");
  EXPECT_EQ(EscapedLine("abc", 3), "abc");
  EXPECT_EQ(QuotedLine("a\"\\\n", 99), "\"a\\\"\\\\\\n\"");
  EXPECT_EQ(QuotedLine("abcdef", 3), "\"abc\"… (3 bytes more)");
}

// ---- as a program

TEST(DiagnosticFormats, ExitCodeAndStreamsAreThoseOfTheProgram) {
  const test::TempDir dir;
  test::WriteFile(dir / "01-01-PLAN.md", "<tasks>\n<task depends-on=\"7\">\n</task>\n</tasks>\n");
  const auto gsdc = [&](std::vector<std::string> args, const std::vector<std::string>& environment = {}) {
    args.insert(args.begin(), {test::Gsdc().string(), "01-01-PLAN.md"});
    return test::Run(args, dir.path(), {}, environment);
  };
  const std::string text = gsdc({}).err;
  for (const DiagnosticFormat& format : AllDiagnosticFormats()) {
    const std::string option = "--format=" + std::string(format.name);
    const auto result = gsdc({option});
    EXPECT_EQ(result.exit_code, 1) << option;
    EXPECT_EQ(gsdc({option, "-W", "no-all"}).exit_code, 0) << option;
    if (format.name == "text") continue;
    EXPECT_EQ(result.err, "") << option;
    const auto beside = gsdc({option, "--report=report"});
    EXPECT_EQ(beside.exit_code, 1) << option;
    EXPECT_EQ(beside.err, text) << option;
    EXPECT_EQ(beside.out, "") << option;
    if (format.name != "agent") {  // which repeats the command line
      EXPECT_EQ(test::ReadFile(dir / "report"), result.out) << option;
    }
    EXPECT_THAT(gsdc({"--help"}).out, HasSubstr(std::string(format.summary)));
  }
  EXPECT_EQ(gsdc({"--format=xml"}).exit_code, 2);
  EXPECT_EQ(gsdc({"--report=report"}).exit_code, 2);
  // Colour: asked for by the environment, and refused by it, which counts more.
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(gsdc({}, {"CLICOLOR_FORCE=1"}).err, HasSubstr("\x1b[1;31merror"));
  EXPECT_THAT(gsdc({}, {"CLICOLOR_FORCE=0"}).err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(gsdc({}, {"CLICOLOR_FORCE=1", "NO_COLOR=1"}).err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(gsdc({"--color=always"}, {"NO_COLOR=1"}).err, HasSubstr("\x1b"));
  EXPECT_THAT(gsdc({"--format=github"}, {"CLICOLOR_FORCE=1"}).out, Not(HasSubstr("\x1b")));
}

// A terminal of 60 columns gets excerpts that fit and, without being asked for, colour.
TEST(DiagnosticFormats, ATerminalGetsWhatFits) {
  constexpr const char* kInTerminal =
      "import fcntl,os,pty,struct,sys,termios\n"
      "pid,fd=pty.fork()\n"
      "if pid==0:\n"
      "    fcntl.ioctl(2,termios.TIOCSWINSZ,struct.pack('HHHH',24,60,0,0))\n"
      "    os.execv(sys.argv[1],sys.argv[1:])\n"
      "out=b''\n"
      "while True:\n"
      "    try: piece=os.read(fd,65536)\n"
      "    except OSError: break\n"
      "    if not piece: break\n"
      "    out+=piece\n"
      "os.waitpid(pid,0)\n"
      "sys.stdout.buffer.write(out)\n";
  const test::TempDir dir;
  test::WriteFile(dir / "01-01-PLAN.md", "<tasks>\n<task " + std::string(90, ' ') +
                                             "depends-on=\"7\" type=\"auto\">\n</task>\n</tasks>\n");
  const auto run = [&](const std::string& color) {
    return test::Run({"/usr/bin/python3", "-c", kInTerminal, test::Gsdc().string(), "01-01-PLAN.md", "-W",
                      "no-all", "-W", "unknown-dependency", color},
                     dir.path())
        .out;
  };
  EXPECT_THAT(run("--color=auto"), HasSubstr("\x1b[1;31merror"));
  const std::string shown = run("--color=never");
  EXPECT_THAT(shown, HasSubstr("\r\n 2 | …   ")) << shown;
  EXPECT_THAT(shown, HasSubstr("depends-on=\"7\" type=\"auto\">\r\n")) << shown;
}

// docs/formats.md shows what gsdc prints: below every `$ gsdc …`, the output for the plan that stands above.
TEST(DiagnosticFormats, TheSamplesInTheDocumentationAreReal) {
  const auto path = test::SourceDir() / "docs/formats.md";
  const std::string doc = test::ReadFile(path);
  const test::TempDir dir;
  const size_t plan = doc.find("```markdown\n") + 12;
  test::WriteFile(dir / ".planning/phases/04-lists/04-01-PLAN.md",
                  doc.substr(plan, doc.find("```\n", plan) - plan));
  std::string fresh;
  bool inside = false;
  size_t samples = 0;
  for (const std::string_view line : Lines(doc)) {
    if (line == "```") inside = false;
    if (inside) continue;
    fresh += std::string(line) + '\n';
    if (!line.starts_with("$ gsdc ")) continue;
    std::vector<std::string> argv = {test::Gsdc().string()};
    for (const std::string_view word : Split(line.substr(7), ' ')) argv.emplace_back(word);
    const auto result = test::Run(argv, dir.path());
    fresh += result.err + result.out;
    inside = true;
    ++samples;
  }
  EXPECT_EQ(samples, AllDiagnosticFormats().size() - 1);  // of SARIF, one result is shown
  const auto sarif = test::Run({test::Gsdc().string(), ".planning", "-W", "no-all", "-W", "unknown-model",
                                "-W", "missing-done", "--format=sarif"},
                               dir.path());
  json result = json::parse(sarif.out)["runs"][0]["results"][0];
  result.erase("ruleIndex");
  const size_t shown = doc.find("```json\n") + 8;
  EXPECT_EQ(json::parse(doc.substr(shown, doc.find("```\n", shown) - shown)), result);
  test::ExpectGolden(path, fresh);
  for (const DiagnosticFormat& format : AllDiagnosticFormats())
    EXPECT_THAT(doc, HasSubstr("\n### " + std::string(format.name) + "\n"));
}

}  // namespace
}  // namespace gsd
