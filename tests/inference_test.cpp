// Which tasks wait for which when the plan does not say: every kind of evidence, and of independence.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "analysis/task_graph.h"
#include "backends/backend.h"
#include "driver/gsdc_compile.h"
#include "frontend/parser.h"
#include "frontend/source_file.h"
#include "test_support.h"

namespace gsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A plan of tasks, and what is inferred about it. Tasks are named by their numbers, from 1.
struct Inferred {
  explicit Inferred(std::string text)
      : source(FileId{0}, "PLAN.md", std::move(text)), plan(ParsePlan(source)) {
    graph = BuildTaskGraph(source, plan, IdentifyPlan(plan, source.path()));
  }

  // "1 2": what the task waits for.
  std::string Into(uint32_t task) const {
    std::string numbers;
    for (const TaskEdge& edge : graph.Into(TaskId{task - 1}))
      numbers += fmt::format("{}{}", numbers.empty() ? "" : " ", edge.from.value + 1);
    return numbers;
  }
  std::string_view Why(uint32_t from, uint32_t to) const {
    for (const TaskEdge& edge : graph.Into(TaskId{to - 1})) {
      if (edge.from.value + 1 == from) return EvidenceName(edge.evidence);
    }
    return "no edge";
  }
  // "3 beside 1-2: wave"
  std::vector<std::string> Dropped() const {
    std::vector<std::string> all;
    for (const DroppedWait& wait : graph.dropped) {
      all.push_back(fmt::format("{} beside {}-{}: {}", wait.task.value + 1, wait.first.value + 1,
                                wait.last.value + 1, IndependenceName(wait.independence)));
    }
    return all;
  }

  SourceFile source;
  Plan plan;
  TaskGraph graph;
};

std::string TaskText(std::string_view files, std::string_view action, std::string_view attributes = "",
                     std::string_view name = "") {
  return fmt::format(
      "<task type=\"auto\" {}>\n<name>{}</name>\n<files>{}</files>\n<action>{}</action>\n</task>\n",
      attributes, name, files, action);
}

std::string Plan3(std::string_view third) {
  return "<tasks>\n" + TaskText("src/first.ts", "Do.") + TaskText("src/second.ts", "Do.") +
         std::string(third) + "</tasks>\n";
}

TEST(InferenceTest, WithoutEvidenceATaskWaitsForAllBeforeIt) {
  const Inferred plan(Plan3(TaskText("src/third.ts", "Do.")));
  EXPECT_EQ(plan.Into(2), "1");
  EXPECT_EQ(plan.Into(3), "2");
  EXPECT_EQ(plan.Why(2, 3), "sequential");
  EXPECT_THAT(plan.Dropped(), IsEmpty());
}

TEST(InferenceTest, EvidenceForAnotherTaskTakesNoWaitAway) {
  const Inferred plan(Plan3(TaskText("src/third.ts", "Use `src/first.ts`.")));
  EXPECT_EQ(plan.Into(3), "2");
  // All before it: also those that nothing waits for, because their depends-on is declared.
  const Inferred mixed("<tasks>\n" + TaskText("a.ts", "Do.", "depends-on=\"\"") +
                       TaskText("b.ts", "Do.", "depends-on=\"\"") + TaskText("c.ts", "Do.") + "</tasks>\n");
  EXPECT_EQ(mixed.Into(3), "1 2");
}

// Both tasks before the third are in its wave, so only evidence makes it wait.
TEST(InferenceTest, EveryKindOfEvidence) {
  const std::string wave = "wave=\"1\"";
  const auto third = [&](std::string_view files, std::string_view action) {
    return Inferred("<tasks>\n" + TaskText("src/first-file.ts, docs/guide/one.md", "Do.", wave) +
                    TaskText("src/second-file.ts", "Do.", wave) + TaskText(files, action, wave) +
                    "</tasks>\n");
  };
  EXPECT_EQ(third("src/third.ts", "Do.").Into(3), "");
  const std::map<std::string, std::string> named = {
      {"Use src/first-file.ts.", "the path"},
      {"Use first-file.ts.", "the name"},
      {"Use @~/project/src/first-file.ts.", "a longer path"},
      {"import { a } from './first-file'", "an import"},
      {"import { a } from '@/src/first-file'", "an import from the root"},
      {"Read docs/guide/ first.", "the folder"},
  };
  for (const auto& [action, what] : named) {
    EXPECT_EQ(third("src/third.ts", action).Why(1, 3), "named-path") << what;
    EXPECT_EQ(third("src/third.ts", action).Into(3), "1") << what;
  }
  for (const char* other :
       {"Use lib/first-file.ts.", "Use first-file.", "import './other/first-file'", "See src/ first."})
    EXPECT_EQ(third("src/third.ts", other).Into(3), "") << other;
  EXPECT_EQ(third("src/first-file.ts", "Do.").Why(1, 3), "shared-file");
  EXPECT_EQ(third("src/third.ts", "As in Task 2.").Why(2, 3), "task-mention");
  EXPECT_EQ(third("src/third.ts", "As in tasks 1-2.").Into(3), "1 2");
}

TEST(InferenceTest, CheckpointsAreBarriers) {
  const Inferred plan("<tasks>\n" + TaskText("a.ts", "Do.", "wave=\"1\"") +
                      TaskText("b.ts", "Do.", "wave=\"1\"") +
                      "<task type=\"checkpoint:human-verify\" wave=\"1\">\n</task>\n" +
                      TaskText("c.ts", "Do.", "wave=\"1\"") + "</tasks>\n");
  EXPECT_EQ(plan.Into(3), "1 2");
  EXPECT_EQ(plan.Why(1, 3), "checkpoint");
  EXPECT_EQ(plan.Into(4), "3");
  EXPECT_EQ(plan.Why(3, 4), "checkpoint");
}

TEST(InferenceTest, AClosingTaskWaitsForAll) {
  const Inferred plan("<tasks>\n" + TaskText("a.ts", "Do.", "wave=\"1\"") +
                      TaskText("b.ts", "Do.", "wave=\"1\"") +
                      TaskText("c.ts", "Do.", "wave=\"1\"", "Run the full suite") + "</tasks>\n");
  EXPECT_EQ(plan.Into(3), "1 2");
  EXPECT_EQ(plan.Why(2, 3), "closing");
}

TEST(InferenceTest, ALaterWaveWaitsForAllOfTheEarlierOnes) {
  std::string text = "<tasks>\n";
  for (const int wave : {1, 1, 2, 2, 3})
    text += TaskText(fmt::format("f{}.ts", text.size()), "Do.", fmt::format("wave=\"{}\"", wave));
  const Inferred plan(text + "</tasks>\n");
  EXPECT_EQ(plan.Into(3), "1 2");
  EXPECT_EQ(plan.Into(4), "1 2");
  EXPECT_EQ(plan.Into(5), "3 4");
  EXPECT_EQ(plan.Why(1, 4), "wave");
  EXPECT_THAT(plan.Dropped(), ElementsAre("2 beside 1-1: wave", "4 beside 3-3: wave"));
  // An earlier wave that is written later orders nothing: the order of the text stays.
  const Inferred back(Plan3(TaskText("c.ts", "Do.", "wave=\"1\"") + TaskText("d.ts", "Do.", "wave=\"0\"")));
  EXPECT_EQ(back.Into(4), "3");
}

TEST(InferenceTest, TasksThatSayThatTheyRunBesideOthers) {
  for (const char* says : {"parallel=\"can-parallelize\"", "parallel=\"true\""}) {
    const Inferred plan("<tasks>\n" + TaskText("a.ts", "Do.") + TaskText("b.ts", "Do.", says) +
                        TaskText("c.ts", "Do.", says) + TaskText("d.ts", "Do.", says) +
                        TaskText("e.ts", "Do.") + "</tasks>\n");
    EXPECT_EQ(plan.Into(2), "1");
    EXPECT_EQ(plan.Into(3), "1");
    EXPECT_EQ(plan.Into(4), "1");
    EXPECT_EQ(plan.Into(5), "2 3 4");
    EXPECT_THAT(plan.Dropped(), ElementsAre("3 beside 2-2: parallel", "4 beside 2-3: parallel"));
  }
  // Not past one that does not say so, and not past what it names.
  const std::string says = "parallel=\"can-parallelize\"";
  const Inferred plan("<tasks>\n" + TaskText("a.ts", "Do.", says) + TaskText("b.ts", "Do.") +
                      TaskText("c.ts", "Do.", says) + TaskText("d.ts", "As in Task 3.", says) + "</tasks>\n");
  EXPECT_EQ(plan.Into(3), "2");
  EXPECT_EQ(plan.Into(4), "3");
}

TEST(InferenceTest, StatementsInTheText) {
  for (const char* statement :
       {"This task is independent of Task 2.", "Independent of Task 2.", "Can run in parallel with task 2.",
        "It does not depend on Task 2, because it has its own table.",
        "Note: this is fully independent of Task 2 (the other one)", "Tasks 2 and 3 can run in parallel.",
        "Task 2 and Task 3 are independent of each other.", "Tasks 2-3 can be done in any order",
        "Run tasks 2 & 3 simultaneously after Task 1.", "Task 3 is independent of Task 2."}) {
    const Inferred plan(Plan3(TaskText("src/third.ts", statement)));
    EXPECT_EQ(plan.Into(3), "1") << statement;
    EXPECT_THAT(plan.Dropped(), ElementsAre("3 beside 2-2: statement")) << statement;
  }
  for (const char* not_one :
       {"This task is not independent of Task 2.", "Independent of Task 2's cache.",
        "If it is independent of Task 2, hurry.", "The helper is independent of Task 2.",
        "Cannot run in parallel with Task 2.", "Independent of Task 2 once it is merged.",
        "Tasks 2 and 3 cannot run in parallel.", "Do not run tasks 2 and 3 in parallel.",
        "Tasks 2 and 3 are independent of Task 1.", "Whether tasks 2 and 3 can run in parallel is open.",
        "Tasks 2 and 3 independently write the file.", "Neither Task 2 nor Task 3 can run in parallel.",
        "Tasks 2 and 3 can run in parallel only if they must.",
        // Questions.
        "Is this independent of Task 2?", "Is this independent of Task 2", "Can tasks 2-3 run in parallel?",
        "Can tasks 2-3 run in parallel", "Tasks 2-3 can run in parallel (right?)",
        "Tasks 2 and 3 are independent of each other...?",
        // A part of the tasks.
        "The tests of tasks 2-3 can run in parallel.", "Tests in Tasks 2-3 can run in parallel.",
        "The files of Task 3 are independent of Task 2.",
        // Code and quotations.
        "`Tasks 2-3 can run in parallel.`", "Write a doc: \"this can run in parallel with Task 2\".",
        "Write a doc: \"Two parts. Tasks 2-3 can run in parallel.\"", "Write 'Note: independent of Task 2'.",
        "Say “Short: Tasks 2-3 can run in parallel.”", "The header says\n> Tasks 2-3 can run in parallel.",
        "Write:\n```md\nTasks 2-3 can run in parallel.\n```\n",
        "Write:\n~~~\n\nIndependent of Task 2.\n~~~\n"}) {
    const Inferred plan(Plan3(TaskText("src/third.ts", not_one)));
    EXPECT_EQ(plan.Into(3), "2") << not_one;
  }
  // More than is read of a sentence may hold a condition.
  const std::string tail(300, 'x');
  EXPECT_EQ(Inferred(Plan3(TaskText("c.ts", "Tasks 2-3 can run in parallel " + tail))).Into(3), "2");
  // Outside of the tasks, and about a task that still waits for the others.
  const Inferred plan(
      "<objective>\n**Order**: Tasks 2-3 can spawn\nsimultaneously (all need Task 1)\n</objective>\n" +
      Plan3(TaskText("src/third.ts", "Do.")));
  EXPECT_EQ(plan.Into(3), "1");
  ASSERT_THAT(plan.graph.dropped, SizeIs(1));
  EXPECT_EQ(DescribeReason(plan.graph.dropped[0]),
            "the plan says \"Tasks 2-3 can spawn simultaneously (all need Task 1)\"");
  // What a task writes counts more.
  EXPECT_EQ(Inferred(Plan3(TaskText("src/second.ts", "Independent of Task 2."))).Into(3), "2");
}

TEST(InferenceTest, StatementsOfOtherPlansSayNothing) {
  const auto third = [](std::string_view statement) {
    return Inferred("---\nphase: 02-accounts\nplan: 03\n---\n" + Plan3(TaskText("src/third.ts", statement)))
        .Into(3);
  };
  for (const char* other :
       {"Independent of Task 2 (plan 04).", "See plan 04, where Task 3 is independent of Task 2.",
        "Plan 04: Tasks 2-3 can run in parallel.", "In 02-04, tasks 2-3 can run in parallel.",
        "In 02-04-PLAN.md, tasks 2-3 can run in parallel.", "In plan-04, tasks 2-3 can run in parallel.",
        "In the next plan, tasks 2-3 can run in parallel.", "Tasks 2-3 can run in parallel in plan #4.",
        "Phase 3: tasks 2-3 can run in parallel.",
        "Plan 04:\n- Add a page.\n- Tasks 2-3 can run in parallel.",
        "In plans 03 and 04, tasks 2-3 can run in parallel."})
    EXPECT_EQ(third(other), "2") << other;
  for (const char* own :
       {"In this plan, tasks 2-3 can run in parallel.", "Plan 03: Tasks 2-3 can run in parallel.",
        "In 02-03, tasks 2-3 can run in parallel.", "In plan 02-03, tasks 2-3 can run in parallel.",
        "Phase 2: tasks 2-3 can run in parallel.", "Uses the page of plan 02. Tasks 2-3 can run in parallel.",
        "The table `users` has \"names\". Task 3 is independent of Task 2.",
        "Write:\n```\ncode\n```\nTasks 2-3 can run in parallel."})
    EXPECT_EQ(third(own), "1") << own;
}

// What a person reads who asks why.
TEST(InferenceTest, ExplainedInWords) {
  const auto folder = test::SourceDir() / "testdata" / "inference";
  for (const char* name : {"features", "independence"}) {
    const auto explained = test::Run({test::Gsdc().string(), "--no-cache", "--config", "none", "--rule-set",
                                      "none", "--explain-deps", fmt::format("{}.md", name)},
                                     folder);
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    test::ExpectGolden(folder / fmt::format("{}.expected", name), explained.out);
  }
}

std::string RandomPlan(std::mt19937& random) {
  const auto roll = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  const uint32_t count = 2 + roll(9);
  std::string text = "<tasks>\n";
  for (uint32_t t = 1; t <= count; ++t) {
    std::string attributes, action;
    if (roll(3) == 0) attributes += fmt::format(" wave=\"{}\"", 1 + roll(3));
    if (roll(3) == 0) attributes += " parallel=\"can-parallelize\"";
    if (roll(6) == 0)
      attributes += fmt::format(" depends-on=\"{}\"", t == 1 ? "" : std::to_string(1 + roll(t - 1)));
    const uint32_t other = 1 + roll(count);
    if (roll(5) == 0) action += fmt::format("Independent of Task {}. ", other);
    if (roll(5) == 0) action += fmt::format("Tasks {} and {} can run in parallel. ", t, other);
    if (roll(8) == 0) action += fmt::format("As in Task {}. ", other);
    text += TaskText(fmt::format("f{}.ts", roll(2 * count)), action, attributes);
  }
  return text + "</tasks>\n";
}

TEST(InferenceTest, NothingIsLeftUnorderedWithoutAReason) {
  std::mt19937 random(5);
  size_t dropped = 0;
  for (int round = 0; round < 3'000; ++round) {
    const Inferred inferred(RandomPlan(random));
    const auto count = static_cast<uint32_t>(inferred.plan.tasks.size());
    Reachability reach(inferred.graph.digraph);
    std::set<std::pair<uint32_t, uint32_t>> apart;
    for (const DroppedWait& wait : inferred.graph.dropped) {
      for (uint32_t s = wait.first.value; s <= wait.last.value; ++s) apart.emplace(s, wait.task.value);
    }
    for (uint32_t t = 1; t < count; ++t) {
      if (inferred.plan.tasks[TaskId{t}].depends_on) continue;
      for (uint32_t s = 0; s < t; ++s) {
        const bool waits = reach.Reaches(s, t) == Reachability::Answer::kYes;
        ASSERT_NE(waits, apart.count({s, t}) > 0) << s + 1 << " " << t + 1 << inferred.source.text();
      }
    }
    dropped += apart.size();
    EXPECT_THAT(inferred.graph.cycles, IsEmpty());
  }
  EXPECT_GT(dropped, 1'000U);
}

// What annotating writes into the tags is read again: it must neither be evidence of its own, nor hide any.
TEST(InferenceTest, AnnotatedPlansAreInferredAlike) {
  const auto folder = test::SourceDir() / "testdata" / "inference";
  std::vector<std::string> texts = {test::ReadFile(folder / "features.md"),
                                    test::ReadFile(folder / "independence.md")};
  std::mt19937 random(9);
  while (texts.size() < 500) texts.push_back(RandomPlan(random));
  const auto compile = [](std::string text) {
    std::vector<PlanInput> inputs;
    inputs.push_back({"01-01-PLAN.md", "01-01-PLAN.md", std::move(text)});
    return Compile(std::move(inputs), {}, {}, EmptyWorkspace());
  };
  const auto edges = [](const Compilation& compilation) {
    std::vector<std::string> all;
    const TaskGraph& graph = compilation.plans.units[0].graph;
    for (const TaskEdge& edge : graph.edges) {
      all.push_back(fmt::format("{} {} {} {}", edge.from.value, edge.to.value, EdgeSourceName(edge.source),
                                EvidenceName(edge.evidence)));
    }
    for (const DroppedWait& wait : graph.dropped)
      all.push_back(fmt::format("{} beside {} to {}", wait.task.value, wait.first.value, wait.last.value));
    return all;
  };
  for (const std::string& text : texts) {
    const Compilation first = compile(text);
    const auto once = AnnotatePlan(first.plans, PlanIndex{0}, false);
    ASSERT_TRUE(once) << once.error() << text;
    const Compilation second = compile(*once);
    ASSERT_EQ(*AnnotatePlan(second.plans, PlanIndex{0}, false), *once);
    ASSERT_EQ(edges(second), edges(first)) << *once;
  }
}

// The shape of part 7 of the design document, without its depends-on.
TEST(InferenceTest, TheDocumentsExampleKeepsItsBatches) {
  const Inferred plan(test::ReadFile(test::SourceDir() / "testdata" / "inference" / "features.md"));
  EXPECT_EQ(plan.Into(1), "");
  EXPECT_EQ(plan.Into(2), "1");
  EXPECT_EQ(plan.Into(3), "2");
  for (const uint32_t task : {4U, 5U, 6U}) EXPECT_EQ(plan.Into(task), "3");
  EXPECT_EQ(plan.Into(7), "4 5 6");
  EXPECT_EQ(plan.Why(4, 7), "closing");
}

TEST(InferenceTest, AHundredThousandTasksAreBounded) {
  for (const char* attributes : {"", "wave=\"1\"", "parallel=\"can-parallelize\"", "depends-on=\"\""}) {
    std::string text = "<tasks>\n";
    for (int i = 1; i <= 100'000; ++i) {
      text += fmt::format(
          "<task type=\"auto\" {}>\n<action>Like Task {}. Tasks {} and {} can run in "
          "parallel.</action>\n</task>\n",
          i % 3 == 0   ? attributes
          : i % 3 == 1 ? "parallel=\"true\""
                       : "wave=\"1\"",
          i / 2, i, i + 1);
    }
    const Inferred plan(text + "</tasks>\n");
    EXPECT_LT(plan.graph.edges.size(), 2'000'000U);
    EXPECT_LT(plan.graph.dropped.size(), 2'000'000U);
    EXPECT_THAT(plan.graph.cycles, IsEmpty());
  }
}

}  // namespace
}  // namespace gsd
