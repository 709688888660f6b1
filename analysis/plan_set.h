// Everything that is known about the plans being compiled, before anybody judges it. Immutable after Analyze.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/batches.h"
#include "analysis/complexity.h"
#include "analysis/cost.h"
#include "analysis/escalation.h"
#include "analysis/models.h"
#include "analysis/optimize.h"
#include "analysis/paths.h"
#include "analysis/plan_coupling.h"
#include "analysis/plan_graph.h"
#include "analysis/plan_id.h"
#include "analysis/plan_phases.h"
#include "analysis/routing.h"
#include "analysis/schedule.h"
#include "analysis/task_graph.h"
#include "analysis/token_stats.h"
#include "analysis/verify_commands.h"
#include "analysis/workspace.h"
#include "frontend/ast.h"

namespace gsd {

// What the command line and the configuration say about limits.
struct AnalysisOptions {
  int64_t budget_tokens = kDefaultBudgetTokens;
  bool budget_given = false;  // somebody asked for this budget; else it is the default
  std::optional<double> budget_usd;
  std::optional<int64_t> window;  // overrides every model's context window
  int max_parallel = 5;
  bool check_references =
      true;  // false: the plan stands outside any project, nothing on disk to compare with
  ScoringProfile profile = kDefaultProfile;
  Matching matching = Matching::kWords;
  std::string user_token_stats;  // the user-level statistics, as JSON; "": none
  PriceList prices = DefaultPriceList();
  RoutingGoals goals;
};

// The model of a task, and why.
struct RoutedTask {
  Model model = Model::kSonnet;
  bool declared = false;
  const Attribute* declared_by = nullptr;  // model=, whether or not its value is a model's name
  Model computed = Model::kSonnet;         // what the router alone would take
  Route route;
  bool optimized = false;  // chosen by --optimize
};

// How a task is run.
enum class Parallelism : uint8_t { kSequential, kCanParallelize };

// A file that a task will read, and all of them. `largest`: at most three, largest first; only of tasks that
// read a lot.
struct ContextFile {
  std::string path;
  int64_t bytes = 0;
};
struct ContextRead {
  int64_t files = 0, bytes = 0;
  std::vector<ContextFile> largest;
};

// What is known about one task beside its text.
struct TaskFacts {
  Complexity complexity;
  RoutedTask routed;
  TaskEstimate estimate;
  Parallelism parallel = Parallelism::kSequential;  // declared, or derived from the graph
  bool inherited_context = false;                   // context-mode, declared or derived
  std::string_view subagent;      // declared or derived: general-purpose, explore, plan, bash
  bool declared_explore = false;  // subagent="explore" in the plan: runs on haiku unless it says model=
  bool checkpoint = false;
  int64_t context_tokens = 0;         // prompt + plan context + files + read_first; bytes / 4
  ContextRead reads;                  // the files in it
  SuccessRates success{};             // of one attempt, by Model
  std::vector<uint32_t> writes;       // interned paths (PlanSet::paths), sorted
  std::vector<VerifyCommand> verify;  // none in a plan that is not to be run any more: executed or superseded
};

// One plan with its facts.
struct PlanUnit {
  const SourceFile* source = nullptr;
  Plan plan;
  PlanId id;
  std::string root_path;  // path relative to the project root
  FileContent content = FileContent::kPlan;
  bool superseded = false;  // status: superseded — scheduled nowhere, checked little
  bool says_done = false;   // status: complete, and the like
  std::string summary;      // the SUMMARY that says the plan has been executed; "" while there is none
  TaskGraph graph;
  std::vector<Batch> batches;  // of this plan alone
  IdVector<TaskId, TaskFacts> tasks;

  bool finished() const { return says_done || !summary.empty(); }
  // Somebody is still to run it, so that it is worth correcting.
  bool open() const { return !superseded && !finished(); }
};

// A task of the whole set: the union graph numbers tasks plan by plan, in document order.
struct TaskRef {
  PlanIndex plan;
  TaskId task;
};

// Two tasks that may run at the same time and write the same file.
struct WriteConflict {
  uint32_t first = 0, second = 0;  // union task numbers, first < second
  uint32_t path = 0;               // into PlanSet::paths
};

// An edge of the union graph that no plan's own graph has.
struct UnionEdge {
  uint32_t from = 0, to = 0;
  EdgeSource source = EdgeSource::kPlan;  // kPlan or kConflict
};

// A reference or file that was looked up on disk.
enum class PathState : uint8_t { kExists, kMissing, kProduced, kOutside, kNotChecked };
struct CheckedReference {
  PlanIndex plan;
  PathEntry path;
  PathState state = PathState::kNotChecked;
};

// A file that a plan counts on, beside its @ references, that is neither on disk nor written in time.
enum class FileUse : uint8_t { kVerify, kSentinel, kArtifact };
struct MissingFile {
  PlanIndex plan;
  TaskId task;  // whose command needs it; of an artifact: the number of tasks
  FileUse use = FileUse::kVerify;
  Span span;
  std::string path;              // as written
  std::optional<TaskRef> later;  // who writes it, but too late
};

struct PlanSet {
  AnalysisOptions options;
  std::vector<PlanUnit> units;
  PlanGraph graph;
  std::vector<Phase> phases;            // in order of their folders
  std::vector<PlanCoupling> couplings;  // between plans of one phase, phase by phase

  std::vector<std::string_view> paths;   // interned, normalised paths that tasks write
  std::deque<std::string> path_storage;  // those of them that are not written so in a plan
  std::vector<TaskRef> tasks;            // of the union graph
  std::vector<uint32_t> first_task;      // by plan: its first task's number in the union
  std::vector<UnionEdge> union_edges;
  Digraph union_graph;      // without conflict edges
  Digraph execution_graph;  // with them: what a manifest runs
  std::vector<WriteConflict> conflicts;
  bool conflicts_complete = true;  // false: too many tasks share files to compare them all
  std::vector<Batch> batches;      // of the union, in the order in which the router sees tasks
  SlotRules slot_rules;            // of the union graph's tasks
  CriticalPath critical_path;
  std::vector<uint32_t> levels;              // by task
  int width = 0;                             // tasks in the largest level
  std::vector<CheckedReference> references;  // @ references of <context>, in order

  TokenStats token_stats;                  // what earlier runs of this project needed
  std::vector<MissingFile> missing_files;  // of verify commands, MISSING sentinels and artifacts

  // Totals over the tasks that agents run.
  Estimate tokens;  // on the routed models, one attempt each
  double usd_low = 0, usd = 0, usd_high = 0;
  Model baseline_model = Model::kSonnet;  // the baseline: everything in one session of this model
  int64_t baseline_tokens = 0;
  double baseline_usd = 0;
  double main_context_share = 0;              // 0..1
  double remaining_tokens = 0;                // of the budget, after routing
  std::optional<OptimizedRouting> optimized;  // with RoutingGoals::objective

  // The source that a span is in.
  const SourceFile& FileOf(Span span) const { return *sources[span.file.value]; }
  std::vector<const SourceFile*> sources;  // by FileId
  uint32_t UnionTask(PlanIndex plan, TaskId task) const { return first_task[plan.value] + task.value; }
  const Task& TaskAt(uint32_t union_task) const {
    const TaskRef ref = tasks[union_task];
    return units[ref.plan.value].plan.tasks[ref.task];
  }
  // "08-02:4"
  std::string TaskName(uint32_t union_task) const;
};

// A source and its AST, ready to be analysed. `root_path` is relative to the project root.
struct ParsedPlan {
  const SourceFile* source = nullptr;
  Plan plan;
  std::string root_path;
};

// Why the task gets its model: one line for people.
std::string DescribeRoute(const TaskFacts& facts);
// All tasks of the union in the order in which they are budgeted: batch after batch.
std::vector<uint32_t> ScheduleOrder(const PlanSet& set);
// What it is expected to need on that model, and how that is known.
std::string DescribeEstimate(const TaskFacts& facts);

PlanSet Analyze(std::vector<ParsedPlan> plans, const AnalysisOptions& options, const Workspace& workspace);

}  // namespace gsd
