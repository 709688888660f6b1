// What does not change the meaning of a plan does not change what gsdc finds in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "frontend/parser.h"
#include "tests/rule_inputs.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;

// A finding without its column and words: rule and line.
using Finding = std::pair<std::string, uint32_t>;

std::multiset<Finding> Findings(const std::string& name, const std::string& text,
                                const std::set<std::string_view>& ignored, bool lines = true) {
  std::vector<PlanInput> inputs;
  inputs.push_back({name, name, text});
  AnalysisOptions options;
  options.check_references = false;  // a plan without its project
  const Compilation compilation = Compile(std::move(inputs), options, EveryRule(), EmptyWorkspace());
  std::multiset<Finding> findings;
  for (const Diagnostic& d : compilation.diagnostics) {
    if (ignored.count(d.rule) > 0) continue;
    findings.insert(
        {std::string(d.rule), lines ? compilation.plans.FileOf(d.span).PositionOf(d.span.begin).line : 0});
  }
  return findings;
}

// Plans of our own, and some of the corpus where it is.
std::vector<fs::path> Plans() {
  std::vector<fs::path> plans;
  for (const auto& entry : fs::recursive_directory_iterator(RuleDataDir())) {
    if (entry.is_regular_file() && entry.path().extension() == ".md") plans.push_back(entry.path());
  }
  if (const auto shared = SharedDir()) {
    size_t n = 0;
    std::vector<fs::path> corpus;
    for (const auto& entry : fs::recursive_directory_iterator(*shared / "corpus")) {
      if (entry.path().filename().string().ends_with("PLAN.md")) corpus.push_back(entry.path());
    }
    std::sort(corpus.begin(), corpus.end());
    for (const fs::path& path : corpus) {
      if (++n % 8 == 0) plans.push_back(path);
    }
  }
  return plans;
}

void ExpectSame(const std::function<std::string(const std::string&)>& change,
                const std::set<std::string_view>& ignored, bool lines = true) {
  size_t compared = 0;
  for (const fs::path& path : Plans()) {
    const std::string text = ReadFile(path);
    // Mixed line endings, a byte-order mark or NUL in the input are what the change is about.
    if (text.find('\r') != std::string::npos || text.starts_with("\xEF\xBB\xBF")) continue;
    SCOPED_TRACE(path.string());
    const std::string name = path.filename().string();
    const auto findings = Findings(name, text, ignored, lines);
    compared += findings.size();
    EXPECT_EQ(Findings(name, change(text), ignored, lines), findings);
  }
  EXPECT_GT(compared, 300U);
}

TEST(MetamorphicTest, LineEndings) {
  ExpectSame(
      [](const std::string& text) {
        std::string crlf;
        for (const char c : text) {
          if (c == '\n') crlf += '\r';
          crlf += c;
        }
        return crlf;
      },
      {"mixed-line-endings"});
}

TEST(MetamorphicTest, AByteOrderMark) {
  ExpectSame([](const std::string& text) { return "\xEF\xBB\xBF" + text; }, {"byte-order-mark"});
}

TEST(MetamorphicTest, TextBehindTheLastSection) {
  ExpectSame([](const std::string& text) { return text + "\n\nNothing of importance follows here.\n"; },
             {"truncated-plan", "unclosed-element", "mixed-line-endings"});
}

// <task a="1" b="2"> → <task b="2" a="1">, where every attribute is well-formed.
std::string ReverseAttributes(const std::string& text) {
  const SourceFile source(FileId{0}, "p", text);
  const Plan plan = ParsePlan(source);
  std::string out = text;
  for (size_t t = plan.tasks.size(); t-- > 0;) {
    const Task& task = plan.tasks[TaskId{static_cast<uint32_t>(t)}];
    const uint32_t count = task.own_attributes;
    if (count < 2) continue;
    std::set<std::string_view> names;
    bool plain = true;
    for (uint32_t i = 0; i < count; ++i) {
      plain = plain && task.attributes[i].quote != 0 && names.insert(task.attributes[i].name).second &&
              task.attributes[i].value_span.end + 1 == task.attributes[i].span.end;
    }
    if (!plain) continue;
    std::string reversed;
    for (uint32_t i = count; i-- > 0;) {
      reversed += source.Slice(task.attributes[i].span);
      if (i > 0)
        reversed +=
            source.Slice(source.SpanFrom(task.attributes[i - 1].span.end, task.attributes[i].span.begin));
    }
    const uint32_t begin = task.attributes[0].span.begin;
    out.replace(begin, task.attributes[count - 1].span.end - begin, reversed);
  }
  return out;
}

TEST(MetamorphicTest, TheOrderOfAttributes) { ExpectSame(ReverseAttributes, {}, false); }

// A plan of tasks with the given dependencies, numbered from `first`.
std::string PlanOf(const std::vector<std::vector<int>>& dependencies, int first) {
  std::string text =
      "---\nphase: 01-base\nplan: \"01\"\ntype: execute\nwave: 1\ndepends_on: []\nautonomous: "
      "true\n---\n\n<tasks>\n\n";
  for (size_t t = 0; t < dependencies.size(); ++t) {
    const int number = first + static_cast<int>(t);
    std::string list;
    for (const int d : dependencies[t]) list += (list.empty() ? "" : ",") + std::to_string(first + d);
    text += "<task type=\"auto\" depends-on=\"" + list + "\">\n  <name>Task " + std::to_string(number) +
            ": piece " + std::string(1, static_cast<char>('a' + t % 26)) + "</name>\n  <files>src/" +
            std::to_string(t / 2) +
            ".ts</files>\n  <action>Write it.</action>\n  <verify>npm test</verify>\n  "
            "<done>There.</done>\n</task>\n\n";
  }
  return text + "</tasks>\n";
}

TEST(MetamorphicTest, NumbersAndImpliedDependencies) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const size_t n = 2 + random() % 12;
    std::vector<std::vector<int>> dependencies(n);
    for (size_t t = 1; t < n; ++t) {
      for (size_t d = 0; d < t; ++d) {
        if (random() % 3 == 0) dependencies[t].push_back(static_cast<int>(d));
      }
    }
    const auto findings = Findings("01-01-PLAN.md", PlanOf(dependencies, 1), {"redundant-dependency"});
    EXPECT_EQ(Findings("01-01-PLAN.md", PlanOf(dependencies, 41), {"redundant-dependency"}), findings);
    // All that is implied, written out.
    std::vector<std::set<int>> closure(n);
    for (size_t t = 0; t < n; ++t) {
      for (const int d : dependencies[t]) {
        closure[t].insert(d);
        closure[t].insert(closure[static_cast<size_t>(d)].begin(), closure[static_cast<size_t>(d)].end());
      }
    }
    std::vector<std::vector<int>> all(n);
    for (size_t t = 0; t < n; ++t) all[t].assign(closure[t].begin(), closure[t].end());
    EXPECT_EQ(
        Findings("01-01-PLAN.md", PlanOf(all, 1), {"redundant-dependency", "needless-sequential"}),
        Findings("01-01-PLAN.md", PlanOf(dependencies, 1), {"redundant-dependency", "needless-sequential"}));
  }
}

TEST(MetamorphicTest, AHundredRunsAreOne) {
  const std::vector<std::string> args = {Gsdc().string(), "testdata", "--no-cache", "--format=json", "-Wall"};
  const std::string first = test::Run(args, SourceDir()).out;
  ASSERT_GT(first.size(), 10'000U);
  for (int run = 0; run < 100; ++run) {
    std::vector<std::string> with_jobs = args;
    with_jobs.push_back(run % 2 == 0 ? "-j1" : "-j8");
    ASSERT_EQ(test::Run(with_jobs, SourceDir()).out, first) << run;
  }
}

}  // namespace
}  // namespace gsd::test
