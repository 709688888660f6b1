// Text and JSON diagnostics: excerpts, carets on odd characters, long lines, labels, fixes, counts.
#include <gtest/gtest.h>

#include <random>

#include <chrono>
#include <nlohmann/json.hpp>

#include "backends/backend.h"
#include "backends/position_cursor.h"
#include "backends/source_window.h"
#include "backends/terminal_text.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using test::QuotedSources;

std::string Text(const QuotedSources& sources, const std::vector<Diagnostic>& diagnostics,
                 TextOptions options = {}) {
  std::string out;
  WriteTextDiagnostics(sources.files(), diagnostics, options, out);
  return out;
}

Diagnostic Finding(Span span, std::string message = "it is wrong") {
  Diagnostic diagnostic;
  diagnostic.rule = "some-rule";
  diagnostic.span = span;
  diagnostic.message = std::move(message);
  return diagnostic;
}

constexpr std::string_view kPlan = R"(---
phase: 03-mail
plan: 01
---
<tasks>
<task type="auto" depends-on="9">
  <name>Task 1: Queue</name>
</task>
<task type="auto" id="1">
  <name>Task 2: Send</name>
	<action>
	Send it.
  </action>
</task>
</tasks>
)";

std::vector<Diagnostic> SampleFindings(QuotedSources& sources) {
  const SourceFile& file = sources.Add("plans/03-01-PLAN.md", std::string(kPlan));
  const SourceFile& other = sources.Add("plans/03-02-PLAN.md", "---\nphase: 03-mail\nplan: 01\n---\n");
  std::vector<Diagnostic> findings;
  Diagnostic unknown =
      Finding(QuotedSources::At(file, "9"), "task 1 depends on 9, which is no task of this plan");
  unknown.rule = "unknown-dependency";
  unknown.labels.push_back({QuotedSources::At(file, "Task 2: Send"), "perhaps this one"});
  unknown.fix = Fix{"depend on task 2", {{QuotedSources::At(file, "9"), "2"}}, true};
  findings.push_back(unknown);
  Diagnostic duplicate = Finding(QuotedSources::At(file, "plan: 01"), "another plan is called 03-01");
  duplicate.rule = "duplicate-plan-id";
  duplicate.labels.push_back({QuotedSources::At(other, "plan: 01"), "the other one"});
  duplicate.labels.push_back({QuotedSources::At(file, "phase: 03-mail"), "of this phase"});
  duplicate.help = "number the plans of a phase 01, 02, 03";
  findings.push_back(duplicate);
  Diagnostic action =
      Finding(QuotedSources::At(file, "<action>\n\tSend it.\n  </action>"), "the action is short");
  action.severity = Severity::kWarning;
  action.rule = "short-action";
  action.fix = Fix{"drop it", {{action.span, ""}}, false};
  findings.push_back(action);
  Diagnostic note = Finding(QuotedSources::At(file, "id=\"1\""), "a number of its own");
  note.severity = Severity::kNote;
  note.labels.push_back({QuotedSources::At(file, "type=\"auto\"", 1), "beside this"});
  findings.push_back(note);
  return findings;
}

TEST(TextDiagnostics, NothingWithoutFindings) {
  QuotedSources sources;
  EXPECT_EQ(Text(sources, {}), "");
  EXPECT_EQ(Text(sources, {}, {.color = true}), "");
}

TEST(TextDiagnostics, Sample) {
  QuotedSources sources;
  const auto findings = SampleFindings(sources);
  test::ExpectGolden(test::Data("sample.text.expected"), Text(sources, findings));
}

TEST(TextDiagnostics, Quiet) {
  QuotedSources sources;
  const auto findings = SampleFindings(sources);
  EXPECT_EQ(Text(sources, findings, {.quiet = true}),
            "plans/03-01-PLAN.md:6:31: error: task 1 depends on 9, which is no task of this plan "
            "[unknown-dependency]\n"
            "plans/03-01-PLAN.md:3:1: error: another plan is called 03-01 [duplicate-plan-id]\n"
            "plans/03-01-PLAN.md:11:2: warning: the action is short [short-action]\n"
            "plans/03-01-PLAN.md:9:19: note: a number of its own [some-rule]\n");
}

TEST(TextDiagnostics, ColorOnlyAddsEscapes) {
  QuotedSources sources;
  const auto findings = SampleFindings(sources);
  const std::string colored = Text(sources, findings, {.color = true});
  std::string stripped;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] != '\x1b') {
      stripped += colored[i];
    } else {
      i = colored.find('m', i);
    }
  }
  EXPECT_NE(colored, stripped);
  EXPECT_EQ(stripped, Text(sources, findings));
}

// The excerpt's two lines for the first finding: the source as shown and the underline.
std::pair<std::string, std::string> Excerpt(std::string text, std::string_view words) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", std::move(text));
  const std::string shown = Text(sources, {Finding(QuotedSources::At(file, words))});
  const auto lines = Split(shown, '\n');
  return {std::string(lines[2].substr(5)), std::string(lines[3].substr(5))};
}

TEST(TextDiagnostics, CaretsStandUnderOddCharacters) {
  EXPECT_EQ(Excerpt("\tab", "ab"), std::pair(std::string("    ab"), std::string("    ^^")));
  EXPECT_EQ(Excerpt("日本x", "x"), std::pair(std::string("日本x"), std::string("    ^")));
  EXPECT_EQ(Excerpt("x日本", "日本"), std::pair(std::string("x日本"), std::string(" ^^^^")));
  EXPECT_EQ(Excerpt("e\xCC\x81x", "x"), std::pair(std::string("e\xCC\x81x"), std::string(" ^")));
  EXPECT_EQ(Excerpt("🚀x", "x"), std::pair(std::string("🚀x"), std::string("  ^")));
  EXPECT_EQ(Excerpt("a\x1b[31mx", "x"), std::pair(std::string("a\\x1b[31mx"), std::string("         ^")));
  EXPECT_EQ(Excerpt("a\xFFx", "x"), std::pair(std::string("a\xEF\xBF\xBDx"), std::string("  ^")));
  EXPECT_EQ(Excerpt("a\xC2\x9Bx", "x"), std::pair(std::string("a\\x9bx"), std::string("     ^")));
  // An override would show the rest of the line backwards.
  EXPECT_EQ(Excerpt("a\xE2\x80\xAEx", "x").first, "a\xEF\xBF\xBDx");
}

TEST(TextDiagnostics, EmptySpansAndEnds) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "ab\r\n\r\ncd");
  EXPECT_EQ(Text(sources, {Finding(file.SpanFrom(2, 2))}, {}),
            "p.md:1:3: error: it is wrong [some-rule]\n   |\n 1 | ab\n   |   ^\n\n1 error\n");
  EXPECT_EQ(Text(sources, {Finding(file.SpanFrom(4, 4))}, {}),
            "p.md:2:1: error: it is wrong [some-rule]\n   |\n 2 |\n   | ^\n\n1 error\n");
  EXPECT_EQ(Text(sources, {Finding(file.SpanFrom(8, 8))}, {}),
            "p.md:3:3: error: it is wrong [some-rule]\n   |\n 3 | cd\n   |   ^\n\n1 error\n");
  // The line break at the end of a span is no second line; one more byte is.
  EXPECT_NE(Text(sources, {Finding(file.SpanFrom(0, 4))}, {}).find("   | ^^\n"), std::string::npos);
  EXPECT_NE(Text(sources, {Finding(file.SpanFrom(0, 7))}, {}).find("   | ^^… to line 3\n"),
            std::string::npos);
  const SourceFile& empty = sources.Add("e.md", "");
  EXPECT_EQ(Text(sources, {Finding(empty.SpanFrom(0, 0))}, {}),
            "e.md:1:1: error: it is wrong [some-rule]\n   |\n 1 |\n   | ^\n\n1 error\n");
}

TEST(TextDiagnostics, LongLinesAreCutAroundTheSpan) {
  const std::string text = std::string(1'000'000, 'a') + "NEEDLE" + std::string(1'000'000, 'b');
  const auto [shown, underline] = Excerpt(text, "NEEDLE");
  EXPECT_LT(shown.size(), 130U);
  EXPECT_TRUE(shown.starts_with("…a")) << shown;
  EXPECT_TRUE(shown.ends_with("b…")) << shown;
  EXPECT_EQ(underline, std::string(25, ' ') + "^^^^^^");
  // Near the end of a line, the room behind it is used for what stands before.
  EXPECT_EQ(Excerpt(std::string(500, 'a') + "NEEDLE", "NEEDLE").second, std::string(104, ' ') + "^^^^^^");
  EXPECT_NE(Excerpt(std::string(100'000, '\x80') + "NEEDLE" + std::string(900, 'b'), "NEEDLE")
                .second.find("^^^^^^"),
            std::string::npos);
  // Widest characters before the place, and a line of combining marks only.
  EXPECT_NE(Excerpt(std::string(500, '\x01') + "NEEDLE", "NEEDLE").second.find("^^^^^^"), std::string::npos);
  EXPECT_NE(Excerpt(std::string(105, '\t') + "NEEDLE", "NEEDLE").second.find("^^^^^^"), std::string::npos);
  std::string marks;
  for (int i = 0; i < 10000; ++i) marks += "\xCC\x81";
  EXPECT_NE(Excerpt(marks + "NEEDLE" + marks, "NEEDLE").second.find("^^^^^^"), std::string::npos);
}

// In a terminal of 80 columns no excerpt and no underline breaks its line, whatever is in it.
TEST(TextDiagnostics, ExcerptsFitTheTerminal) {
  const std::vector<std::string> befores = {std::string(300, 'a'), std::string(300, '\t'),
                                            std::string(60, 'x')};
  for (const std::string& before : befores) {
    for (const int columns : {40, 80, 100, 200}) {
      QuotedSources sources;
      const SourceFile& file =
          sources.Add("p.md", std::string(99, '\n') + before + "NEEDLE" + std::string(300, 'b'));
      const std::string shown =
          Text(sources, {Finding(QuotedSources::At(file, "NEEDLE"))}, {.columns = columns});
      const auto lines = Split(shown, '\n');
      for (const size_t excerpt : {2U, 3U}) {
        int width = 0;
        ShownChar c;
        for (std::string_view rest = lines[excerpt]; !rest.empty(); rest.remove_prefix(c.bytes)) {
          ReadShownChar(rest, c);
          width += c.width;
        }
        EXPECT_LE(width, columns) << shown;
      }
      EXPECT_NE(lines[2].find("NEEDLE"), std::string_view::npos) << shown;
      EXPECT_TRUE(lines[3].ends_with(" ^^^^^^")) << shown;
    }
  }
}

TEST(TextDiagnostics, SuppressedFindingsAreNotShown) {
  QuotedSources sources;
  auto findings = SampleFindings(sources);
  findings[0].suppressed = Suppression{};
  const std::string shown = Text(sources, findings);
  EXPECT_EQ(shown.find("unknown-dependency"), std::string::npos);
  EXPECT_NE(shown.find("\n1 error, 1 warning, 1 note (1 fixable with --unsafe-fixes)\n"), std::string::npos);
  for (Diagnostic& finding : findings) finding.suppressed = Suppression{};
  EXPECT_EQ(Text(sources, findings), "");
}

TEST(TextDiagnostics, FarLabelsOnOneLongLineGetTheirOwnWindow) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "first" + std::string(5000, '.') + "second");
  Diagnostic finding = Finding(QuotedSources::At(file, "first"));
  finding.labels.push_back({QuotedSources::At(file, "second"), "here too"});
  const std::string shown = Text(sources, {finding});
  EXPECT_NE(shown.find(" 1 | first.."), std::string::npos) << shown;
  EXPECT_NE(shown.find("..second\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("------ here too\n"), std::string::npos) << shown;
}

TEST(TextDiagnostics, NoRawControlsFromAPlan) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("a\x1b]0;x\x07.md", "x\x1b[2Jy\n");
  Diagnostic finding = Finding(QuotedSources::At(file, "y"), "odd \x1b[31m\nname");
  finding.help = "do \x07";
  finding.labels.push_back({file.SpanFrom(0, 1), "\x1b"});
  finding.fix = Fix{"say \x1b", {{file.SpanFrom(0, 1), "\x1b[0m"}}, true};
  const std::string shown = Text(sources, {finding});
  for (const char c : shown) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << shown;
  EXPECT_NE(shown.find("odd \\x1b[31m name"), std::string::npos) << shown;
}

TEST(TextDiagnostics, ManyLabelsAreCounted) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "abc\n");
  Diagnostic finding = Finding(file.SpanFrom(0, 1));
  for (int i = 0; i < 500; ++i) finding.labels.push_back({file.SpanFrom(1, 2), "label"});
  EXPECT_NE(Text(sources, {finding}).find("and 488 more places\n"), std::string::npos);
}

TEST(TextDiagnostics, Counts) {
  QuotedSources sources;
  const SourceFile& file = sources.Add("p.md", "abc\n");
  const auto last_line = [&](int errors, int warnings, int safe, int unsafe) {
    std::vector<Diagnostic> findings(static_cast<size_t>(errors + warnings), Finding(file.SpanFrom(0, 1)));
    for (int i = 0; i < warnings; ++i)
      findings[static_cast<size_t>(errors + i)].severity = Severity::kWarning;
    for (int i = 0; i < safe + unsafe; ++i) findings[static_cast<size_t>(i)].fix = Fix{"do", {}, i < safe};
    const std::string shown = Text(sources, findings);
    return shown.substr(shown.rfind('\n', shown.size() - 2) + 1);
  };
  EXPECT_EQ(last_line(2, 1, 2, 0), "2 errors, 1 warning (2 fixable with --fix)\n");
  EXPECT_EQ(last_line(1, 0, 0, 0), "1 error\n");
  EXPECT_EQ(last_line(0, 2, 0, 1), "2 warnings (1 fixable with --unsafe-fixes)\n");
  EXPECT_EQ(last_line(1, 2, 1, 2), "1 error, 2 warnings (1 fixable with --fix, 2 with --unsafe-fixes)\n");
}

TEST(TextDiagnostics, ManyFindingsInLinearTime) {
  QuotedSources sources;
  const SourceFile& lines = sources.Add("lines.md", [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "x\n";
    return text;
  }());
  const SourceFile& one_line = sources.Add("line.md", std::string(1'000'000, 'x'));
  std::vector<Diagnostic> findings;
  for (uint32_t i = 0; i < 100'000; ++i) findings.push_back(Finding(lines.SpanFrom(2 * i, 2 * i + 1)));
  for (uint32_t i = 0; i < 20'000; ++i) findings.push_back(Finding(one_line.SpanFrom(50 * i, 50 * i + 1)));
  const auto start = std::chrono::steady_clock::now();
  std::string json, sarif;
  EXPECT_GT(Text(sources, findings).size(), findings.size() * 40);
  WriteJsonDiagnostics(sources.files(), findings, json);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(PositionCursor, AgreesWithTheFile) {
  const std::string odd = "a日b\xFF\xE2\x82\nzwei\r\n\xE2\x82\xAC\xE2\x82\xAC ende";
  std::string long_lines = odd;
  for (int i = 0; i < 900; ++i) long_lines += "é\x80\xE2\x82" + std::string(static_cast<size_t>(i % 3), 'x');
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& text : {odd, mark + odd, long_lines + "\n" + long_lines, mark + long_lines}) {
    const SourceFile file(FileId{0}, "p.md", text);
    PositionCursor cursor;
    const auto size = static_cast<uint32_t>(text.size());
    for (uint32_t i = 0; i <= size + 1; ++i) {
      for (const uint32_t offset : {i, size - std::min(i, size)}) {
        const Position expected = file.PositionOf(offset), actual = cursor.At(file, offset);
        ASSERT_EQ(std::pair(actual.line, actual.column), std::pair(expected.line, expected.column)) << offset;
      }
    }
  }
}

TEST(JsonDiagnostics, Sample) {
  QuotedSources sources;
  const auto findings = SampleFindings(sources);
  std::string out;
  WriteJsonDiagnostics(sources.files(), findings, out);
  test::ExpectGolden(test::Data("sample.json.expected"), out);
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(
      json["summary"],
      nlohmann::json({{"errors", 2}, {"warnings", 1}, {"notes", 1}, {"fixable", 1}, {"suppressed", 0}}));
  const auto& first = json["diagnostics"][0];
  EXPECT_EQ(first["span"]["begin"],
            nlohmann::json({{"line", 6}, {"column", 31}, {"offset", first["fix"]["edits"][0]["begin"]}}));
  EXPECT_EQ(first["fix"]["edits"][0]["text"], "2");
  EXPECT_FALSE(first.contains("help"));
  EXPECT_FALSE(json["diagnostics"][1].contains("fix"));
  EXPECT_EQ(json["diagnostics"][1]["labels"][0]["path"], "plans/03-02-PLAN.md");
}

TEST(JsonDiagnostics, EmptyAndInvalidBytes) {
  QuotedSources sources;
  std::string out;
  WriteJsonDiagnostics(sources.files(), {}, out);
  EXPECT_EQ(nlohmann::json::parse(out)["diagnostics"], nlohmann::json::array());
  const SourceFile& file = sources.Add("a\xFF.md", "x");
  out.clear();
  WriteJsonDiagnostics(sources.files(), {Finding(file.SpanFrom(0, 1), "bad \xFF\x01")}, out);
  EXPECT_EQ(nlohmann::json::parse(out)["diagnostics"][0]["message"], "bad \xEF\xBF\xBD\x01");
}

// Whoever draws excerpts goes on until every place is drawn, so the first place must always be in the window.
TEST(SourceWindowTest, TheFirstPlaceIsShownWhateverTheLineHolds) {
  std::mt19937 random(3);
  const std::string_view pieces[] = {"a", "\xBD", "\xCD",         "\xE0", "\xF0\x9F", "\t",
                                     "é", "漢",   "\xE2\x80\xAE", "\x01", "e\xCC\x81"};
  for (int round = 0; round < 20'000; ++round) {
    std::string line;
    const size_t count = random() % 200;
    for (size_t i = 0; i < count; ++i) line += pieces[random() % std::size(pieces)];
    std::vector<LineRange> ranges;
    for (size_t i = 0; i <= random() % 3; ++i) {
      const size_t begin = random() % (line.size() + 2);  // a CR stands behind the line
      ranges.push_back({begin, begin + random() % 40});
    }
    const int columns = 30 + static_cast<int>(random() % 80);
    const SourceWindow window = CutWindow(line, ranges, columns);
    ASSERT_GE(window.columns[0].first, 0) << round;
    ASSERT_LE(window.columns[0].first, columns + 4) << round;
    for (const auto& place : window.columns) ASSERT_GE(place.count, 0);
  }
}

TEST(EscapeControls, NothingOfAPlanSteersATerminalOrReordersALine) {
  EXPECT_EQ(EscapeControls("a\x1b[31m\xc2\x9b\x7f"), "a\\x1b[31m\\x9b\\x7f");
  EXPECT_EQ(EscapeControls("rm \xE2\x80\xAE txt.exe\xE2\x81\xA9 \xD8\x9C"),
            "rm \\u202e txt.exe\\u2069 \\u061c");
  for (const std::string plain : {"\xE2\x80\x9Cquoted\xE2\x80\x9D", "\xE2\x80", "\xD8", "日本語\n\t"})
    EXPECT_EQ(EscapeControls(plain), plain);
}

}  // namespace
}  // namespace gsd
