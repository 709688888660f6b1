// DOT, SVG, Mermaid and the AST dump: goldens, and that no name of a task can break their syntax.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "backends/backend.h"
#include "backends/graph_view.h"
#include "tests/backend_test_plans.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using test::Compiled;
using test::CompileData;
using test::CompileTexts;
using test::Data;

std::string Emit(const Compiled& compiled, Status (*emit)(const CompileResult&, std::string&)) {
  std::string out;
  const Status status = emit(compiled.result(), out);
  EXPECT_TRUE(status.ok()) << status.error();
  return out;
}

std::string TaskText(int id, std::string_view depends_on, std::string_view name) {
  return "<task type=\"auto\" id=\"" + std::to_string(id) + "\" depends-on=\"" + std::string(depends_on) +
         "\">\n  <name>" + std::string(name) + "</name>\n  <files>src/" + std::to_string(id) +
         ".ts</files>\n  <action>x</action>\n</task>\n";
}
std::string PlanText(std::string_view plan, std::string_view depends_on, const std::string& tasks) {
  return "---\nphase: 05-x\nplan: " + std::string(plan) + "\ndepends_on: [" + std::string(depends_on) +
         "]\n---\n<tasks>\n" + tasks + "</tasks>\n";
}

TEST(AllBackends, InTheirOrder) {
  std::vector<std::string_view> names;
  for (const Backend& backend : AllBackends()) names.push_back(backend.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"annotated", "manifest", "dot", "svg", "mermaid", "html",
                                                  "cost", "cost-json", "ast"}));
}

TEST(GraphBackends, Goldens) {
  for (const std::string name : {"mail.md", "odd.md"}) {
    const auto compiled = CompileData({name});
    const std::string stem = name.substr(0, name.size() - 3);
    test::ExpectGolden(Data(stem + ".dot.expected"), Emit(*compiled, EmitDot));
    test::ExpectGolden(Data(stem + ".mmd.expected"), Emit(*compiled, EmitMermaid));
    test::ExpectGolden(Data(stem + ".ast.expected"), Emit(*compiled, EmitAst));
  }
}

TEST(Dot, ImpliedEdgesAreLeftOut) {
  const auto compiled = CompileTexts(
      {{"05-01-PLAN.md",
        PlanText("01", "", TaskText(1, "", "a") + TaskText(2, "1", "b") + TaskText(3, "1,2", "c"))}});
  const std::string dot = Emit(*compiled, EmitDot);
  EXPECT_NE(dot.find("t0 -> t1 ["), std::string::npos) << dot;
  EXPECT_NE(dot.find("t1 -> t2 ["), std::string::npos) << dot;
  EXPECT_EQ(dot.find("t0 -> t2"), std::string::npos) << dot;
}

TEST(Dot, PlansAreClustersAndPlanEdgesGrey) {
  const auto compiled = CompileTexts({{"05-01-PLAN.md", PlanText("01", "", TaskText(1, "", "a"))},
                                      {"05-02-PLAN.md", PlanText("02", "05-01", TaskText(1, "", "b"))}});
  const std::string dot = Emit(*compiled, EmitDot);
  EXPECT_NE(dot.find("subgraph cluster_plan_0"), std::string::npos) << dot;
  EXPECT_NE(dot.find("subgraph cluster_plan_1"), std::string::npos) << dot;
  EXPECT_NE(dot.find("plan 05-01 comes first"), std::string::npos) << dot;
}

// Everything a picture can be asked to show: names from hostile bytes, a cycle, no tasks, no plans.
std::vector<std::unique_ptr<Compiled>> HostilePlans() {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c == '<' ? '(' : c);
  bytes +=
      "\xEF\xBF\xBE \xEF\xBF\xBF \xEF\xB7\x90 \xF0\x9F\xBF\xBE \xED\xA0\x80";  // noncharacters, a surrogate
  std::vector<std::unique_ptr<Compiled>> all;
  all.push_back(CompileData({"odd.md"}));
  all.push_back(
      CompileTexts({{"05-01-PLAN.md", PlanText("01", "", TaskText(1, "", bytes) + TaskText(2, "", "\\"))}}));
  all.push_back(
      CompileTexts({{"05-01-PLAN.md", PlanText("01", "", TaskText(1, "2", "a") + TaskText(2, "1", "b"))}}));
  all.push_back(CompileTexts({{"05-01-PLAN.md", PlanText("01", "", "")}}));
  all.push_back(CompileTexts({{"a\"b\\.md", "no plan at all"}}));
  all.push_back(CompileTexts({}));
  return all;
}

TEST(Dot, GraphvizReadsWhateverANameHolds) {
  for (const auto& compiled : HostilePlans()) {
    const std::string dot = Emit(*compiled, EmitDot);
    const auto result = test::Run({"dot", "-Tplain"}, {}, dot);
    if (result.exit_code == 127) GTEST_SKIP() << "skipped: the dot program is not installed";
    EXPECT_EQ(result.exit_code, 0) << result.err << dot;
    EXPECT_EQ(result.err, "") << dot;
  }
}

TEST(Svg, WellFormedWhateverANameHolds) {
  constexpr const char* kParse = "import sys,xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())";
  for (const auto& compiled : HostilePlans()) {
    const std::string svg = Emit(*compiled, EmitSvg);
    EXPECT_NE(svg.find("<svg "), std::string::npos);
    const auto result = test::Run({"/usr/bin/python3", "-c", kParse}, {}, svg);
    EXPECT_EQ(result.exit_code, 0) << result.err << svg;
  }
  EXPECT_NE(Emit(*CompileData({"mail.md"}), EmitSvg).find("Build the queue"), std::string::npos);
}

// Clusters of plans and of batches: what Graphviz sorts by their ids, which are addresses of its own.
std::vector<std::pair<std::string, std::string>> ManyClusters() {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const std::string plan : {"01", "02", "03", "04", "05", "06", "07", "08"}) {
    texts.emplace_back(
        "05-" + plan + "-PLAN.md",
        PlanText(plan, plan == "01" ? "" : "05-01",
                 TaskText(1, "", "a" + plan) + TaskText(2, "1", "b" + plan) + TaskText(3, "1", "c" + plan)));
  }
  return texts;
}

TEST(Svg, DoesNotDependOnTheHeap) {
  const auto compiled = CompileTexts(ManyClusters());
  const std::string first = Emit(*compiled, EmitSvg);
  std::vector<std::unique_ptr<char[]>> holes;
  for (size_t round = 1; round < 6; ++round) {
    for (size_t i = 0; i < 4000; ++i) holes.push_back(std::make_unique<char[]>(16 + i * round % 90));
    for (size_t i = 0; i < holes.size(); i += round + 1) holes[i].reset();
    EXPECT_EQ(Emit(*compiled, EmitSvg), first) << round;
  }
}

TEST(Svg, DoesNotDependOnTheEnvironmentOrTheOutputsName) {
  const test::TempDir folder;
  for (const auto& [name, text] : ManyClusters())
    test::WriteFile(folder / ".planning/phases/05-x" / name, text);
  std::string first;
  for (const size_t bytes : {size_t{1}, size_t{30}, size_t{300}, size_t{5000}}) {
    const std::string name(std::min(bytes, size_t{100}), 'o');
    const auto result = test::Run({test::Gsdc().string(), "--config=none", "--no-cache", "-q", ".planning",
                                   "--emit=svg=" + name, "--emit=html=" + name + ".html"},
                                  folder.path(), {}, {"PADDING=" + std::string(bytes, 'x')});
    ASSERT_LE(result.exit_code, 1) << result.err;
    const std::string seen = test::ReadFile(folder / name) + test::ReadFile(folder / (name + ".html"));
    if (first.empty()) first = seen;
    EXPECT_EQ(seen, first) << bytes;
  }
}

TEST(Svg, RefusesWhatCannotBeLaidOut) {
  std::string tasks;
  for (int i = 1; i <= 1600; ++i) tasks += TaskText(i, "", "many");
  const auto compiled = CompileTexts({{"05-01-PLAN.md", PlanText("01", "", tasks)}});
  std::string out;
  const Status status = EmitSvg(compiled->result(), out);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().find("--emit=dot"), std::string::npos) << status.error();
  EXPECT_EQ(out, "");
}

// A chain, beside it as many tasks that all run first and that one of the chain waits for: long edges.
std::unique_ptr<Compiled> ChainWithFeeders(int half) {
  std::string tasks;
  for (int i = 1; i <= half; ++i) {
    const std::string feeder = std::to_string(half + i * 37 % half + 1);
    tasks += TaskText(i, i == 1 ? feeder : std::to_string(i - 1) + "," + feeder, "chain");
  }
  for (int i = 1; i <= half; ++i) {
    std::string task = TaskText(half + i, "", "feeder");
    tasks += task.insert(task.find(" id="), " parallel=\"true\"");
  }
  return CompileTexts({{"05-01-PLAN.md", PlanText("01", "", tasks)}});
}

TEST(Svg, TheWorkOfLayoutIsBounded) {
  const auto some = ChainWithFeeders(100), many = ChainWithFeeders(400);
  EXPECT_NE(Emit(*some, EmitDot).find("nslimit="), std::string::npos);
  EXPECT_EQ(Emit(*CompileData({"mail.md"}), EmitDot).find("nslimit="), std::string::npos);
  EXPECT_NE(Emit(*some, EmitSvg).find("<svg "), std::string::npos);
  std::string out;
  const Status status = EmitSvg(many->result(), out);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().find("too long to lay out"), std::string::npos) << status.error();
}

TEST(GraphView, CrossedRanks) {
  const auto crossed = [](const Compiled& compiled) {
    return CrossedRanks(compiled.plans, ViewGraph(compiled.plans));
  };
  // 1 → 2 → 3 → 4 → 5, and 1 → 6 → 5, which is two ranks shorter.
  EXPECT_EQ(crossed(*CompileTexts(
                {{"05-01-PLAN.md",
                  PlanText("01", "",
                           TaskText(1, "", "a") + TaskText(2, "1", "b") + TaskText(3, "2", "c") +
                               TaskText(4, "3", "d") + TaskText(6, "1", "e") + TaskText(5, "4,6", "f"))}})),
            2U);
  // A cycle of three: no rank is known, each edge may cross all.
  EXPECT_EQ(
      crossed(*CompileTexts(
          {{"05-01-PLAN.md",
            PlanText("01", "", TaskText(1, "3", "a") + TaskText(2, "1", "b") + TaskText(3, "2", "c"))}})),
      9U);
}

TEST(Mermaid, NoNameLeavesItsQuotes) {
  for (const auto& compiled : HostilePlans()) {
    const std::string mermaid = Emit(*compiled, EmitMermaid);
    int nodes = 0;
    for (const std::string_view line : Split(mermaid, '\n')) {
      const size_t open = line.find("[\"") != line.npos ? line.find("[\"") : line.find("{{\"");
      if (open == line.npos || line.find(":::") == line.npos) continue;
      ++nodes;
      const size_t begin = line.find('"', open) + 1, end = line.rfind('"');
      std::string label(line.substr(begin, end - begin));
      for (size_t at; (at = label.find("<br/>")) != label.npos;) label.erase(at, 5);
      EXPECT_EQ(label.find_first_of("\"`<>[]{}()|\\%"), label.npos) << line;
      const std::string_view rest = line.substr(end + 1);
      EXPECT_TRUE(rest.starts_with("]:::") || rest.starts_with("}}:::checkpoint")) << line;
    }
    EXPECT_EQ(static_cast<size_t>(nodes), compiled->plans.tasks.size()) << mermaid;
  }
}

TEST(Ast, SpansSayWhereTheirTextStands) {
  const auto compiled = CompileData({"mail.md"});
  const std::string_view source = compiled->sources[0]->text();
  const auto ast = nlohmann::json::parse(Emit(*compiled, EmitAst));
  const auto slice = [&](const nlohmann::json& span) {
    return source.substr(span[0], span[1].get<size_t>() - span[0].get<size_t>());
  };
  const auto& plan = ast["plans"][0];
  EXPECT_EQ(slice(plan["header"]["phase"]["span"]), "03-mail");
  ASSERT_EQ(plan["tasks"].size(), 5U);
  EXPECT_EQ(slice(plan["tasks"][1]["name"]["span"]), plan["tasks"][1]["name"]["value"]);
  EXPECT_EQ(slice(plan["tasks"][0]["files"][0]["span"]), "src/queue.ts");
  EXPECT_EQ(slice(plan["tasks"][3]["depends_on"][2]["span"]), "3");
  EXPECT_FALSE(plan["tasks"][0].contains("label"));
}

TEST(Ast, ValidJsonForHostilePlans) {
  for (const auto& compiled : HostilePlans()) {
    EXPECT_FALSE(nlohmann::json::parse(Emit(*compiled, EmitAst), nullptr, false).is_discarded());
  }
}

TEST(GraphView, NamesAndTimes) {
  EXPECT_EQ(NameWithoutNumber("Task 4: Build it"), "Build it");
  EXPECT_EQ(NameWithoutNumber("task 4 — Build it"), "Build it");
  EXPECT_EQ(NameWithoutNumber("Task 2.1: Build it"), "Build it");
  EXPECT_EQ(NameWithoutNumber("3. Build it"), "Build it");
  EXPECT_EQ(NameWithoutNumber("Task 3 (checkpoint): Look"), "Look");
  EXPECT_EQ(NameWithoutNumber("3 retries"), "3 retries");
  EXPECT_EQ(NameWithoutNumber("Task runner"), "Task runner");
  EXPECT_EQ(NameWithoutNumber("Task 4"), "Task 4");
  EXPECT_EQ(NameWithoutNumber(""), "");
  EXPECT_EQ(WrapName("one two three", 7, 3), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(WrapName("one two three", 5, 2), (std::vector<std::string>{"one", "two …"}));
  EXPECT_EQ(WrapName("日本語", 4, 3), (std::vector<std::string>{"日本", "語"}));
  EXPECT_EQ(WrapName("\xEF\xBF\xBE\xEF\xBF\xBF", 9, 1),
            (std::vector<std::string>{"\xEF\xBF\xBD\xEF\xBF\xBD"}));
  EXPECT_EQ(WrapName("a\x1b\xFF", 9, 1), (std::vector<std::string>{"a\xEF\xBF\xBD\xEF\xBF\xBD"}));
  EXPECT_EQ(DescribeSeconds(80), "80 s");
  EXPECT_EQ(DescribeSeconds(600), "10 min");
  EXPECT_EQ(DescribeSeconds(5280), "88 min");
  EXPECT_EQ(DescribeSeconds(7169), "119 min");
  EXPECT_EQ(DescribeSeconds(7170), "2 h 0 min");
  EXPECT_EQ(DescribeSeconds(8280), "2 h 18 min");
}

}  // namespace
}  // namespace gsd
