// Untrusted input: cut anywhere, with flipped bytes, absurdly large, deep or wide. Something sensible comes
// out, in time and memory that are linear in the bytes (a quadratic step would run into the test's time
// limit).
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <random>

#include "backends/backend.h"
#include "driver/gsdc_compile.h"
#include "frontend/xml.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

// Compiles, renders and annotates; what comes out is only looked at for its size.
void Exercise(const std::string& text) {
  std::vector<PlanInput> inputs;
  inputs.push_back({"01-01-PLAN.md", "01-01-PLAN.md", text});
  const Compilation compilation = Compile(std::move(inputs), {}, {}, EmptyWorkspace());
  std::string out;
  WriteTextDiagnostics(FilesOf(compilation.plans), compilation.diagnostics, {true, false}, out);
  WriteJsonDiagnostics(FilesOf(compilation.plans), compilation.diagnostics, out);
  if (const auto annotated = AnnotatePlan(compilation.plans, PlanIndex{0}, false)) out += *annotated;
  const CompileResult result{compilation.plans, "gsdc test", "."};
  for (const Backend& backend : AllBackends()) {
    if (backend.name == "svg" || backend.name == "annotated") continue;
    if (Status status = backend.emit(result, out); !status) out += status.error();
  }
  // Linear, with room for several findings and their excerpts, in two forms, for a tag of six bytes.
  EXPECT_LT(out.size(), 8'000 * text.size() + 100'000);
}

std::vector<std::string> Samples() {
  std::vector<std::string> samples;
  for (const auto& entry : fs::recursive_directory_iterator(test::SourceDir() / "testdata")) {
    if (entry.is_regular_file() && entry.path().extension() == ".md")
      samples.push_back(test::ReadFile(entry.path()));
  }
  if (const auto shared = test::SharedDir()) {
    int n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(*shared / "corpus")) {
      if (!entry.path().filename().string().ends_with("PLAN.md")) continue;
      if (++n % 25 == 0) samples.push_back(test::ReadFile(entry.path()));
    }
  }
  return samples;
}

TEST(HostileTest, CutAtManyOffsets) {
  std::mt19937 random(1);
  for (const std::string& sample : Samples()) {
    const size_t cuts = sample.size() < 4096 ? 24 : 6;
    for (size_t i = 0; i < cuts; ++i) Exercise(sample.substr(0, random() % (sample.size() + 1)));
  }
}

TEST(HostileTest, RandomBytesFlipped) {
  std::mt19937 random(2);
  for (const std::string& sample : Samples()) {
    if (sample.empty()) continue;
    for (int round = 0; round < 4; ++round) {
      std::string text = sample;
      static constexpr std::string_view kNasty = "<>&\"'`~\n\r\t\0\xFF-/=[]{}:#@|";
      for (int flips = 0; flips < 20; ++flips) {
        text[random() % text.size()] =
            random() % 2 == 0 ? kNasty[random() % kNasty.size()] : static_cast<char>(random());
      }
      Exercise(text);
    }
  }
}

std::string Repeat(std::string_view piece, size_t count) {
  std::string out;
  out.reserve(piece.size() * count);
  for (size_t i = 0; i < count; ++i) out += piece;
  return out;
}

// Sanitizers look for the same mistakes in a quarter of it; the other builds see that it stays quick.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kShare = 4;
#else
constexpr size_t kShare = 1;
#endif

TEST(HostileTest, OneMegabyteOnOneLine) {
  const size_t n = 1'000'000 / kShare;
  for (const std::string_view piece : {"x",
                                       "<",
                                       "`",
                                       "<task ",
                                       "<name>",
                                       "</name>",
                                       "<action>",
                                       "a <verify> `b` ",
                                       "\"",
                                       "(",
                                       ",",
                                       "((,",
                                       "<!--",
                                       "-->",
                                       "[",
                                       "{",
                                       "&amp;",
                                       "task 1, ",
                                       "tasks 1-99 ",
                                       "a/b.c ",
                                       "\xF0\x9F\x98\x80",
                                       "\xFF",
                                       " ",
                                       "@a "}) {
    SCOPED_TRACE(std::string(piece));
    const std::string line = Repeat(piece, n / piece.size());
    Exercise(line);
    Exercise("<tasks>\n<task type=\"auto\">\n<name>" + line + "</name>\n<files>" + line +
             "</files>\n<action>" + line + "</action>\n</task>\n<task type=\"auto\">\n<action>" + line +
             "</action>\n</task>\n</tasks>\n");
    Exercise("---\nphase: " + line + "\ndepends_on: [" + line + "]\nmust_haves: \"" + line + "\n---\n");
  }
}

TEST(HostileTest, ManyLines) {
  const size_t n = 20'000 / kShare;
  for (const std::string_view piece : {"<task>\n",
                                       "</task>\n",
                                       "<tasks>\n",
                                       "<task type=\"auto\n",
                                       "<action>\n",
                                       "```\n",
                                       "```js\n",
                                       "~~~~\n<task>\n",
                                       "<!--\n",
                                       "<name>\n<name>\n",
                                       "<objective>\n",
                                       "</context>\n",
                                       "@a/b\n",
                                       "- a\n",
                                       "k:\n",
                                       "\t\n",
                                       "---\n",
                                       "<task id=\"1\" id=\"1\" id=\"1\">\n<files>a.ts</files>\n",
                                       "<task depends-on=\"1-99\">\n</task>\n",
                                       "<task wave=\"3\">\n</task>\n",
                                       "<verify><automated>\n",
                                       "\r",
                                       "\r\n"}) {
    SCOPED_TRACE(std::string(piece));
    Exercise(Repeat(piece, n));
    Exercise("<tasks>\n" + Repeat(piece, n) + "</tasks>\n");
    Exercise("---\n" + Repeat(piece, n) + "---\n");
  }
}

TEST(HostileTest, AHundredThousandTasks) {
  std::string plan = "---\nphase: 01-x\nplan: 01\n---\n<tasks>\n";
  for (int i = 1; i <= 100'000; ++i) {
    plan += fmt::format(
        "<task type=\"auto\" depends-on=\"{}\">\n<name>Task {}: "
        "n</name>\n<files>src/f{}.ts</files>\n<action>do</action>\n</task>\n",
        i > 3 ? fmt::format("{},{},{}", i - 1, i - 2, i - 3) : "", i, i % 1000);
  }
  Exercise(plan + "</tasks>\n");
}

TEST(HostileTest, ManyTasksWithoutDependencies) {
  std::string plan = "<tasks>\n";
  for (int i = 1; i <= 20'000; ++i) {
    plan += fmt::format(
        "<task type=\"auto\"{}>\n<name>Task {}: n</name>\n<files>src/f{}.ts</files>\n<action>after task "
        "{}</action>\n</task>\n",
        i % 3 == 0 ? " depends-on=\"\"" : "", i, i % 50, 1 + i / 2);
  }
  Exercise(plan + "</tasks>\n");
}

TEST(HostileTest, TenThousandDeep) {
  for (const std::string_view tag : {"task", "action", "options", "context", "verify", "metrics", "b"}) {
    const std::string open = "<" + std::string(tag) + ">";
    const std::string close = "</" + std::string(tag) + ">";
    Exercise(Repeat(open, 10'000) + Repeat(close, 10'000));
    Exercise("<tasks>\n" + Repeat(open + "\n", 10'000) + Repeat(close + "\n", 10'000) + "</tasks>\n");
  }
  Exercise(Repeat("> ", 10'000) + "\n" + Repeat("- ", 10'000) + "\n");
  Exercise("---\nk: " + Repeat("[", 10'000) + Repeat("]", 10'000) + "\n---\n");
  Exercise("---\nk: " + Repeat("[", 10'000) + "\n---\n");
  Exercise("---\n" + Repeat("- ", 10'000) + "x\n---\n");
}

TEST(HostileTest, EntityAndAliasBombs) {
  Exercise(
      "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY c SYSTEM "
      "\"file:///etc/passwd\">]>\n<tasks>\n"
      "<task type=\"auto\" name=\"&b;&c;\">\n<action>&c;</action>\n</task>\n</tasks>\n");
  EXPECT_EQ(DecodeEntities("&b;&c;&#0;&#xFFFFFFF;&#x110000;&amp;"), "&b;&c;&#0;&#xFFFFFFF;&#x110000;&");
  std::string bomb = "---\na: &a [x]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    bomb += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}]\n", c, static_cast<char>(c - 1));
  Exercise(bomb + "---\n");
}

TEST(HostileTest, NulsAndNothing) {
  Exercise("");
  Exercise("\n");
  Exercise(std::string(1, '\0'));
  Exercise(std::string(100'000, '\0'));
  Exercise(std::string("---\nphase: \0\n---\n<tasks>\0<task>\0</task></tasks>", 46));
  Exercise("\xEF\xBB\xBF");
  Exercise("---");
  Exercise("---\n---");
}

}  // namespace
}  // namespace gsd
