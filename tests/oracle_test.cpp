// 10,000 random task sets: batches, scores and routes equal the executable reading of the design document.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/plan_set.h"
#include "frontend/parser.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

using nlohmann::json;

// The task set as a plan, so that the whole way from text to facts is compared.
std::string AsPlan(const json& tasks) {
  std::string plan = "---\nphase: 01-x\nplan: 01\n---\n<tasks>\n";
  for (const json& task : tasks) {
    std::string deps;
    for (const json& dep : task["depends_on"])
      deps += (deps.empty() ? "" : ",") + std::to_string(dep.get<int>());
    plan += fmt::format(
        "<task type=\"auto\" number=\"{}\" "
        "depends-on=\"{}\">\n<name>{}</name>\n<files>{}</files>\n<action>{}</action>\n<done>{}</done>\n",
        task["number"].get<int>(), deps, task["name"].get<std::string>(), task["files"].get<std::string>(),
        task["action"].get<std::string>(), task["done"].get<std::string>());
    if (!task["estimated_tokens"].is_null()) {
      plan += fmt::format("<metrics>\n<estimated-tokens>{}</estimated-tokens>\n</metrics>\n",
                          task["estimated_tokens"].get<int>());
    }
    plan += "</task>\n";
  }
  return plan + "</tasks>\n";
}

TEST(OracleTest, BatchesScoresAndRoutesEqualTheDocument) {
  const auto shared = test::SharedDir();
  if (!shared) GTEST_SKIP() << test::kNoShared;
  const auto cases = test::Run({"/usr/bin/python3", (test::SourceDir() / "tests/oracle_driver.py").string(),
                                (*shared / "oracle/reference.py").string(), "10000", "20261122"});
  ASSERT_EQ(cases.exit_code, 0) << cases.err;
  std::istringstream lines(cases.out);
  std::string line;
  int compared = 0;
  int cyclic = 0;
  while (std::getline(lines, line)) {
    const json expected = json::parse(line);
    const SourceFile file(FileId{0}, "01-01-PLAN.md", AsPlan(expected["tasks"]));
    AnalysisOptions options;
    options.budget_tokens = expected["budget"];
    options.profile = ScoringProfile::kDocument;
    options.matching = Matching::kSubstring;
    std::vector<ParsedPlan> plans;
    plans.push_back({&file, ParsePlan(file), "01-01-PLAN.md"});
    const PlanSet set = Analyze(std::move(plans), options, EmptyWorkspace());
    const PlanUnit& unit = set.units[0];
    ++compared;
    if (expected["batches"].is_null()) {
      ASSERT_FALSE(unit.graph.cycles.empty()) << line;
      ++cyclic;
      continue;
    }
    ASSERT_TRUE(unit.graph.cycles.empty()) << line;
    // No task is sequential, a checkpoint or in conflict as far as the oracle knows; two that write one file
    // are only kept from running together here, which shows in can_parallelize and not in the batches.
    ASSERT_EQ(set.union_graph.edge_count(), unit.graph.digraph.edge_count());
    const auto batches = BuildBatches(set.union_graph, {});
    ASSERT_EQ(batches.size(), expected["batches"].size()) << line;
    for (size_t b = 0; b < batches.size(); ++b) {
      const json& theirs = expected["batches"][b];
      std::vector<int> tasks, depends_on;
      for (const uint32_t t : batches[b].tasks) tasks.push_back(set.TaskAt(t).number);
      for (const uint32_t t : batches[b].depends_on) depends_on.push_back(set.TaskAt(t).number);
      ASSERT_EQ(json(tasks), theirs["tasks"]) << line;
      ASSERT_EQ(json(depends_on), theirs["depends_on"]) << line;
      ASSERT_EQ(batches[b].can_parallelize, theirs["can_parallelize"].get<bool>()) << line;
    }
    // The router, in the document's order.
    Router router(static_cast<double>(options.budget_tokens));
    for (const Batch& batch : batches) {
      for (const uint32_t t : batch.tasks) {
        const Task& task = set.TaskAt(t);
        const TaskFacts& facts = unit.tasks[TaskId{t}];
        const std::string number = std::to_string(task.number);
        ASSERT_EQ(facts.complexity.computed, expected["scores"][number].get<int>()) << line;
        const Route route = router.ByComplexity(facts.complexity.computed,
                                                static_cast<double>(facts.estimate.tokens.expected));
        ASSERT_EQ(InfoOf(route.model).name, expected["models"][number].get<std::string>()) << line;
      }
    }
    // And as the compiler itself routes them, where no write conflict reorders its batches.
    if (!set.conflicts.empty()) continue;
    for (uint32_t t = 0; t < set.tasks.size(); ++t) {
      const std::string number = std::to_string(set.TaskAt(t).number);
      ASSERT_EQ(InfoOf(unit.tasks[TaskId{t}].routed.model).name,
                expected["models"][number].get<std::string>())
          << line;
    }
  }
  EXPECT_EQ(compared, 10'000);
  EXPECT_GT(cyclic, 100);
}

}  // namespace
}  // namespace gsd
