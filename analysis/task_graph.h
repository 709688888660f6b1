// The tasks of one plan and what each waits for: declared, or inferred with a reason that a person can check.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/digraph.h"
#include "analysis/plan_id.h"
#include "frontend/ast.h"

namespace gsd {

enum class EdgeSource : uint8_t { kDeclared, kInferred, kConflict, kPlan };
std::string_view EdgeSourceName(EdgeSource source);

// Why an inferred edge exists.
enum class Evidence : uint8_t {
  kNone,         // declared
  kSharedFile,   // both write a file
  kNamedPath,    // names a path that the earlier one writes
  kTaskMention,  // "Task 2" in the text
  kCheckpoint,   // checkpoints are barriers
  kWave,         // wave= on tasks
  kClosing,      // a closing verification or integration task follows all
  kSequential,   // no evidence either way: after its predecessor
};
std::string_view EvidenceName(Evidence evidence);

// `to` depends on `from`.
struct TaskEdge {
  TaskId from, to;
  EdgeSource source = EdgeSource::kDeclared;
  Evidence evidence = Evidence::kNone;
  Span span;                // the word in depends-on, or the text that is the evidence
  std::string_view detail;  // the file, path or words; points into the plan
};

// A word of a depends-on list that is no edge.
struct UnresolvedDependency {
  TaskId task;
  DependencyRef ref;
  bool ambiguous = false;  // names more than one task
};

// Why a task need not wait for an earlier one although nothing else orders the two.
enum class Independence : uint8_t {
  kParallel,   // both say parallel="can-parallelize", and all between them
  kWave,       // the same wave= on both
  kStatement,  // "Tasks 2 and 3 can run in parallel" in the text
};
std::string_view IndependenceName(Independence independence);

// An inferred wait that was dropped: `task` may run beside `first` to `last`, which stand before it.
struct DroppedWait {
  TaskId task, first, last;
  Independence independence = Independence::kParallel;
  Span span;
  std::string_view detail;  // the attribute's value, or the words; points into the plan
};

struct TaskGraph {
  std::vector<TaskEdge>
      edges;  // by `to`, then `from`; one per pair; self-dependencies and repeats are left out
  std::vector<DroppedWait> dropped;  // by `task`, then from the nearest to the farthest
  Digraph digraph;                   // over TaskId::value
  std::vector<UnresolvedDependency> unresolved;
  std::vector<TaskEdge> self_dependencies,
      forward_dependencies;                 // forward: on a later task; they are edges too
  std::vector<TaskEdge> repeated;           // the same task named twice
  std::vector<std::vector<TaskId>> cycles;  // as paths from the smallest number, at most 100
  // Groups of tasks with the same number (or label), each with two or more, in document order.
  std::vector<std::vector<TaskId>> duplicate_numbers;

  // The edges into one task.
  std::span<const TaskEdge> Into(TaskId task) const;
  std::vector<uint32_t> into_begin;  // index into `edges`, by task, one longer than the tasks
};

// `own`: which plan it is, for texts that name plans.
TaskGraph BuildTaskGraph(const SourceFile& file, const Plan& plan, const PlanId& own);

// "both write `src/a.ts`" and the like: one line for people.
std::string DescribeReason(const TaskEdge& edge, const Plan& plan);
std::string DescribeReason(const DroppedWait& dropped);

}  // namespace gsd
