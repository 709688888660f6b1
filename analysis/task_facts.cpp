#include <algorithm>
#include <array>
#include <unordered_map>

#include "analysis/inference.h"
#include "analysis/steps.h"
#include "analysis/task_text.h"
#include "analysis/token_stats_json.h"
#include "analysis/upstream_estimate.h"
#include "analysis/work_type.h"

namespace gsd {

namespace {

// The decision framework of part 2.2, from the name's first word and the files: code → general-purpose;
// mapping the code → explore; writing plans → plan; running things without writing any → bash.
std::string_view DeriveSubagent(const Task& task) {
  static constexpr std::array<std::string_view, 9> kExplore = {
      "explore", "research", "investigate", "analyze", "analyse", "audit", "survey", "map", "inventory"};
  static constexpr std::array<std::string_view, 9> kBash = {
      "deploy", "run", "install", "start", "publish", "release", "push", "migrate", "provision"};
  const std::string_view verb = FirstWord(task.name.value);
  const bool only_documents = std::all_of(task.files.begin(), task.files.end(),
                                          [](const PathEntry& f) { return f.path.ends_with(".md"); });
  const bool plans =
      !task.files.empty() && std::all_of(task.files.begin(), task.files.end(),
                                         [](const PathEntry& f) { return f.path.ends_with("PLAN.md"); });
  if (plans) return "plan";
  if (only_documents && EqualsAnyIgnoreCase(verb, kExplore)) return "explore";
  if (task.files.empty() && EqualsAnyIgnoreCase(verb, kBash)) return "bash";
  return "general-purpose";
}

// Interns the files that tasks write.
class PathTable {
 public:
  explicit PathTable(PlanSet& set) : set_(set) {}

  uint32_t Intern(std::string_view path) {
    if (const auto known = ids_.find(path); known != ids_.end()) return known->second;
    if (IsNormalPath(path)) return Add(path);
    std::string normal = NormalizePath(path);
    if (normal.empty()) normal = path;  // outside the root: compared as it is written
    const auto known = ids_.find(normal);
    const uint32_t id =
        known != ids_.end() ? known->second : Add(set_.path_storage.emplace_back(std::move(normal)));
    ids_.emplace(path, id);
    return id;
  }

 private:
  uint32_t Add(std::string_view path) {
    const auto id = static_cast<uint32_t>(set_.paths.size());
    set_.paths.push_back(path);
    ids_.emplace(path, id);
    return id;
  }

  PlanSet& set_;
  std::unordered_map<std::string_view, uint32_t> ids_;  // views into the sources and path_storage
};

void ReadDeclared(const Task& task, TaskFacts& facts) {
  if (const Attribute* model = FindAttribute(task, "model")) {
    const std::string_view value = Trim(model->value);
    if (!value.empty()) {
      facts.routed.declared_by = model;
      if (const auto known = ModelFromName(value)) {
        facts.routed.declared = true;
        facts.routed.model = *known;
      }
    }
  }
  const Attribute* subagent = FindAttribute(task, "subagent");
  facts.subagent =
      subagent != nullptr && !Trim(subagent->value).empty() ? Trim(subagent->value) : DeriveSubagent(task);
  facts.declared_explore = subagent != nullptr && facts.subagent == "explore";
  const Attribute* mode = FindAttribute(task, "context-mode");
  facts.inherited_context = mode != nullptr ? Trim(mode->value) == "inherited" : facts.subagent == "bash";
}

// parallel= where it is written, else what the batches make of the task.
void ComputeParallelism(PlanUnit& unit) {
  const size_t count = unit.plan.tasks.size();
  std::vector<BatchInput> inputs(count);
  std::vector<bool> declared(count);
  for (uint32_t t = 0; t < count; ++t) {
    TaskFacts& facts = unit.tasks[TaskId{t}];
    const std::string_view value = DeclaredParallel(unit.plan.tasks[TaskId{t}]);
    declared[t] = !value.empty();
    facts.parallel = value == "can-parallelize" ? Parallelism::kCanParallelize : Parallelism::kSequential;
    inputs[t].alone = facts.checkpoint || value == "sequential";
    inputs[t].writes = facts.writes;
  }
  unit.batches = BuildBatches(unit.graph.digraph, inputs);
  for (const Batch& batch : unit.batches) {
    for (const uint32_t t : batch.tasks) {
      if (!declared[t] && batch.can_parallelize)
        unit.tasks[TaskId{t}].parallel = Parallelism::kCanParallelize;
    }
  }
  // What turned out sequential stands alone, exactly as if the plan said so: annotating must not change the
  // batches.
  bool split = false;
  for (const Batch& batch : unit.batches) {
    if (batch.tasks.size() == 1) continue;
    for (const uint32_t t : batch.tasks) {
      inputs[t].alone = inputs[t].alone || unit.tasks[TaskId{t}].parallel == Parallelism::kSequential;
      split = split || inputs[t].alone;
    }
  }
  if (split) unit.batches = BuildBatches(unit.graph.digraph, inputs);
}

std::string_view WorkTypeOf(const Task& task, const Complexity& complexity) {
  WorkText text{task.name.value, {}, {}};
  for (const PathEntry& entry : task.files) {
    if (entry.kind != PathKind::kProse) text.files.push_back(entry.path);
  }
  for (const ComplexitySignal& signal : complexity.signals) text.signals.push_back(signal.name);
  return WorkTypeOf(text);
}

// What the router will take, as long as the budget lasts.
Model LikelyModel(const TaskFacts& facts) {
  if (facts.routed.declared) return facts.routed.model;
  return facts.declared_explore ? Model::kHaiku : ModelForScore(facts.complexity.score());
}

// What a plan's own estimate leaves, after the tasks that have one, is shared by those that have none.
class PlanEstimates {
 public:
  explicit PlanEstimates(const Workspace& workspace) : workspace_(workspace) {}

  void Share(PlanUnit& unit) {
    const auto written = ReadUpstreamEstimate(unit.plan.header);
    if (!written) return;
    int64_t rest = CalibratedTokens(*written, Samples());
    int64_t tasks = 0;
    for (const TaskFacts& facts : unit.tasks) {
      if (facts.checkpoint) continue;
      if (facts.estimate.source == EstimateSource::kDefault) ++tasks;
      if (facts.estimate.source == EstimateSource::kDeclared) rest -= facts.estimate.tokens.expected;
    }
    if (tasks == 0 || rest < tasks) return;
    const std::string_view said = written->confidence;
    for (uint32_t t = 0; t < unit.tasks.size(); ++t) {
      TaskFacts& facts = unit.tasks[TaskId{t}];
      if (facts.checkpoint || facts.estimate.source != EstimateSource::kDefault) continue;
      ShareOfPlan(facts.estimate, rest / tasks, MetricsOf(unit.plan.tasks[TaskId{t}]).duration.has_value());
      facts.estimate.confidence = said == "high" ? 0.5 : said == "med" ? 0.4 : 0.3;
    }
  }

 private:
  // Read when the first plan has an estimate; most projects have none.
  const std::vector<CalibrationSample>& Samples() {
    if (!samples_) {
      const auto json = workspace_.ReadHead(kCalibrationPath, kLargestTokenStats);
      samples_ = json ? ParseCalibration(*json) : std::vector<CalibrationSample>();
    }
    return *samples_;
  }

  const Workspace& workspace_;
  std::optional<std::vector<CalibrationSample>> samples_;
};

}  // namespace

void ComputeTaskFacts(PlanSet& set, const TokenStats& user, const Workspace& workspace) {
  PathTable paths(set);
  Learner learner(set.token_stats, user);
  PlanEstimates plan_estimates(workspace);
  for (PlanUnit& unit : set.units) {
    unit.tasks = IdVector<TaskId, TaskFacts>(unit.plan.tasks.size());
    for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
      const Task& task = unit.plan.tasks[TaskId{t}];
      TaskFacts& facts = unit.tasks[TaskId{t}];
      facts.checkpoint = task.type == TaskType::kCheckpoint;
      facts.complexity = EvaluateComplexity(*unit.source, task, set.options.profile, set.options.matching);
      facts.estimate = EstimateTask(task);
      // How long people take is not guessed.
      if (facts.checkpoint && !MetricsOf(task).duration) facts.estimate.seconds = {};
      if (unit.open()) facts.verify = VerifyCommands(*unit.source, task);
      ReadDeclared(task, facts);
      for (const PathEntry& entry : task.files) {
        if (IsConcretePath(entry)) facts.writes.push_back(paths.Intern(entry.path));
      }
      std::sort(facts.writes.begin(), facts.writes.end());
      facts.writes.erase(std::unique(facts.writes.begin(), facts.writes.end()), facts.writes.end());
    }
    plan_estimates.Share(unit);
    for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
      const Task& task = unit.plan.tasks[TaskId{t}];
      TaskFacts& facts = unit.tasks[TaskId{t}];
      const std::string_view type = WorkTypeOf(task, facts.complexity);
      facts.estimate.timed_on = LikelyModel(facts);
      if (facts.checkpoint) continue;
      facts.success = RatesOf(set.token_stats, user, type, facts.complexity.score());
      learner.Improve(facts.estimate, type, facts.complexity.score(), LikelyModel(facts),
                      MetricsOf(task).duration.has_value());
    }
    ComputeParallelism(unit);
  }
}

}  // namespace gsd
