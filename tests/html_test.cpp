// --emit=html: sound whatever a plan holds, complete without its script, and the terminal's findings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backends/backend.h"
#include "backends/html_document.h"
#include "tests/backend_test_plans.h"
#include "tests/html_check.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Emit(const Compiled& compiled, const std::vector<Diagnostic>& diagnostics = {}) {
  CompileResult result = compiled.result();
  result.diagnostics = &diagnostics;
  std::string out;
  const Status status = EmitHtml(result, out);
  EXPECT_TRUE(status.ok()) << status.error();
  return out;
}

std::string PlanText(const std::string& tasks) {
  return "---\nphase: 05-x\nplan: 01\n---\n<tasks>\n" + tasks + "</tasks>\n";
}

TEST(HtmlText, NothingIsMarkupAndNothingHides) {
  EXPECT_EQ(Html("a<b>&\"'\n\tc\r\nd"), "a&lt;b&gt;&amp;&quot;&#39;\n\tc\nd");
  EXPECT_EQ(Html("\x1b[31m\xE2\x80\xAE\r!"), "\\x1b[31m\\u{202e}\\r!");
  EXPECT_EQ(Html("\xEF\xBF\xBE\xEF\xBF\xBF"), "\\u{fffe}\\u{ffff}");
  EXPECT_EQ(Html("\xFF<"), "\xEF\xBF\xBD&lt;");
  EXPECT_EQ(Html("abcdef", 3), "abc…");
}

TEST(HtmlPage, DataCannotEndItsElement) {
  const std::string html = WriteHtmlPage({"</title><b>", "<p>x</p>", "", "1;", R"(["</script><!--"])"});
  const ParsedPage page = ExpectSoundPage(html, 2);
  EXPECT_EQ(page.Count("b"), 0U);
  EXPECT_THAT(html, HasSubstr(R"(["\u003c/script>\u003c!--"])"));
  EXPECT_THAT(html, HasSubstr("default-src &#39;none&#39;"));
  EXPECT_THAT(html, Not(HasSubstr("unsafe")));
}

TEST(HtmlPage, ThePolicyNamesTheHashOfTheScript) {
  // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
  EXPECT_THAT(WriteHtmlPage({"t", "", "", "alert(1)", ""}),
              HasSubstr(Html("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='")));
}

TEST(HtmlEmit, APlanOnOnePage) {
  const auto compiled = CompileData({"mail.md"});
  const std::string html = Emit(*compiled);
  EXPECT_EQ(html, Emit(*compiled));
  const ParsedPage page = ExpectSoundPage(html, 2);
  EXPECT_EQ(page.Count("svg"), 1U);
  EXPECT_EQ(page.Count("article"), compiled->plans.tasks.size());
  for (size_t task = 0; task < compiled->plans.tasks.size(); ++task) {
    EXPECT_NE(page.TextOf("node-" + std::to_string(task)), "") << task;
    EXPECT_THAT(page.TextOf("task-" + std::to_string(task)), HasSubstr("Waits for")) << task;
  }
  EXPECT_THAT(page.TextOf("task-0"), HasSubstr("on the critical path"));
  EXPECT_THAT(html, HasSubstr("on the critical path\"><title>"));
  for (const char* section : {"graph", "tasks", "batches", "critical", "costs", "findings", "source"})
    EXPECT_NE(page.TextOf(section), "") << section;
  // Every line of the plan, with its number.
  const SourceFile& source = *compiled->sources[0];
  for (uint32_t line = 1; line <= source.LineCount(); ++line)
    EXPECT_EQ(page.TextOf("src-0-" + std::to_string(line)),
              std::to_string(line) + std::string(source.Line(line)) + "\n");
  const auto data = nlohmann::json::parse(page.TextOf("data"));
  EXPECT_EQ(data.size(), compiled->plans.tasks.size());
}

TEST(HtmlEmit, FindingsAsOnATerminal) {
  const auto compiled = CompileTexts(
      {{"05-01-PLAN.md", PlanText("<task type=\"auto\" model=\"opsu\">\n  <name>x</name>\n</task>\n")}});
  const SourceFile& source = *compiled->sources[0];
  Diagnostic shown{"unknown-model",
                   Severity::kError,
                   QuotedSources::At(source, "opsu"),
                   "no <model> \"opsu\"",
                   {},
                   "say opus",
                   {}};
  Diagnostic silent = shown;
  silent.suppressed = Suppression{};
  const std::string html = Emit(*compiled, {shown, silent});
  const ParsedPage page = ExpectSoundPage(html, 2);
  const std::string text = page.TextOf("findings");
  EXPECT_THAT(text, HasSubstr("1 error"));
  EXPECT_THAT(text, HasSubstr("error: no <model> \"opsu\" [unknown-model]"));
  EXPECT_THAT(text, HasSubstr("05-01-PLAN.md:6:26"));
  EXPECT_THAT(text,
              HasSubstr(" 6 | <task type=\"auto\" model=\"opsu\">\n   |                          ^^^^\n"));
  EXPECT_THAT(text, HasSubstr("= help: say opus"));
  EXPECT_THAT(html, HasSubstr("<mark class=\"error\">opsu</mark>"));
  EXPECT_EQ(page.Count("mark"), 1U);
}

TEST(HtmlEmit, SoundWhateverAPlanHolds) {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c == '<' ? '(' : c);
  const std::string hostile =
      bytes +
      "</script><script>alert(1)</script><img src=x onerror=alert(1)>\xE2\x80\xAE\xE2\x81\xA6\"'><!--";
  std::string tasks;
  for (const char* tag : {"name", "files", "action", "verify", "done"})
    tasks += fmt::format("<{0}>{1}</{0}>\n", tag, hostile);
  const std::string task = "<task type=\"auto\">\n" + tasks + "</task>\n";
  for (const auto& texts : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {{"05-01-PLAN.md", PlanText(task)}},
           {{"a\"b<i>.md", "<objective>" + hostile + "</objective>" + task + task}},
           {{"05-01-PLAN.md",
             PlanText(
                 "<task id=\"1\" depends-on=\"2\"><name>a</name></task><task id=\"2\" depends-on=\"1\"/>")}},
           {{"x.md", "no plan at all"}},
           {{"x.md", ""}},
           {}}) {
    const auto compiled = CompileTexts(texts);
    std::vector<Diagnostic> diagnostics;
    for (const auto& source : compiled->sources)
      diagnostics.push_back({"x",
                             Severity::kWarning,
                             {source->id(), 0, static_cast<uint32_t>(source->text().size())},
                             hostile,
                             {{{source->id(), 3, 9}, hostile}},
                             hostile,
                             {}});
    const ParsedPage page = ExpectSoundPage(Emit(*compiled, diagnostics), 2);
    for (const char* never : {"img", "i", "tasks", "action"}) EXPECT_EQ(page.Count(never), 0U) << never;
  }
}

TEST(HtmlEmit, SaysWhatItMeans) {
  const auto compiled = CompileData({"mail.md"});
  const ParsedPage page = ExpectSoundPage(Emit(*compiled), 2);
  EXPECT_THAT(page.TextOf("batches"), HasSubstr("one task"));
  EXPECT_THAT(page.TextOf("batches"), Not(HasSubstr("alone")));
  EXPECT_THAT(page.TextOf("batches"), HasSubstr("gsd-run does not wait for a whole batch"));
  const std::string costs = page.TextOf("costs");
  for (const char* said :
       {"Low estimate", "High estimate", "In one session of sonnet", "with retries",
        "against one session of sonnet", "against a fresh session of sonnet for each task"})
    EXPECT_THAT(costs, HasSubstr(said));
  EXPECT_THAT(costs, Not(HasSubstr("At most")));
  EXPECT_THAT(page.TextOf("graph"), Not(HasSubstr("circle")));
  const std::string task = "<task type=\"auto\" id=\"{}\" depends-on=\"{}\"><name>x</name></task>\n";
  const auto circle =
      CompileTexts({{"05-01-PLAN.md", PlanText(fmt::format(fmt::runtime(task + task), 1, 2, 2, 1))}});
  EXPECT_THAT(ExpectSoundPage(Emit(*circle), 2).TextOf("graph"), HasSubstr("waits in a circle"));
}

TEST(HtmlEmit, SeveralPlans) {
  const auto plan = [](std::string_view phase, std::string_view number, std::string_view more) {
    return fmt::format(
        "---\nphase: {}\nplan: {}\n{}---\n<tasks>\n<task "
        "type=\"auto\"><name>x</name></task>\n</tasks>\n",
        phase, number, more);
  };
  const auto one_phase = CompileTexts({{"p/05-01-PLAN.md", plan("05-x", "01", "status: complete\n")},
                                       {"p/05-02-PLAN.md", plan("05-x", "02", "")}});
  std::string html = Emit(*one_phase);
  EXPECT_THAT(html, HasSubstr("<h1>Phase 05-x: 2 plans</h1>"));
  EXPECT_THAT(html, HasSubstr("<strong>Finished: 05-01."));
  EXPECT_THAT(html, HasSubstr("01 (finished)</text>"));
  const auto two = CompileTexts({{"shop/phases/05/05-01-PLAN.md", plan("05-x", "01", "")},
                                 {"shop/phases/06/06-01-PLAN.md", plan("06-y", "01", "")}});
  html = Emit(*two);
  EXPECT_THAT(html, HasSubstr("<h1>2 plans in shop/phases</h1>"));
  EXPECT_THAT(html, Not(HasSubstr("Finished")));
}

TEST(HtmlEmit, WithoutAPictureThereIsTheRest) {
  std::string tasks;
  for (int i = 1; i <= 1600; ++i)
    tasks += fmt::format(
        "<task type=\"auto\" id=\"{0}\" "
        "parallel=\"true\"><name>many</name><files>src/{0}.ts</files></task>\n",
        i);
  const auto compiled = CompileTexts({{"05-01-PLAN.md", PlanText(tasks)}});
  const ParsedPage page = ExpectSoundPage(Emit(*compiled), 2);
  EXPECT_EQ(page.Count("svg"), 0U);
  EXPECT_THAT(page.TextOf("graph"), HasSubstr("1600 tasks are too many"));
  EXPECT_EQ(page.Count("article"), 1600U);
}

TEST(HtmlEmit, TheProgramWritesIt) {
  const TempDir folder;
  WriteFile(folder / "05-01-PLAN.md",
            PlanText("<task type=\"auto\" model=\"opsu\">\n  <name>x</name>\n</task>\n"));
  test::Run({Gsdc().string(), "05-01-PLAN.md", "-o", "page.html"}, folder.path());
  const ParsedPage page = ExpectSoundPage(ReadFile(folder / "page.html"), 2);
  EXPECT_THAT(page.TextOf("findings"), HasSubstr("unknown-model"));
}

}  // namespace
}  // namespace gsd::test
