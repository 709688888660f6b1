// Facts → manifest. Decides nothing that analysis/ has not decided; it names tasks, copies their texts byte
// for byte and says in words where an edge comes from. Every step is linear in the tasks, edges and texts.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "analysis/cost_report.h"
#include "backends/backend.h"
#include "backends/checkpoint_text.h"
#include "backends/commit_message.h"
#include "backends/graph_view.h"
#include "backends/manifest_paths.h"

namespace gsd {
namespace {

// What an agent may spend on a task that declares no <token-budget>: the document's default, more if the
// estimate says.
constexpr int64_t kDefaultMaxTokens = 20'000;
// References of a plan's <context> that one task is told to read. Real plans have a dozen; without a limit a
// hostile one makes a manifest of references × tasks.
constexpr size_t kMaxContextReads = 200;

// In order whatever a plan says: an inverted range is a finding, and --force may have passed over it.
ManifestRange RangeOf(const Estimate& estimate) {
  const int64_t low = std::max<int64_t>(0, std::min(estimate.low, estimate.high));
  const int64_t high = std::max({low, estimate.low, estimate.high});
  return {low, std::clamp(estimate.expected, low, high), high};
}

// Money and shares to a millionth: enough for any report, and without the noise of binary fractions.
// Adding zero turns -0 into 0.
double Rounded(double value) { return std::round(value * 1e6) / 1e6 + 0.0; }

ManifestUsd UsdOf(const UsdEstimate& usd) {
  const double low = std::min(usd.low, usd.high), high = std::max(usd.low, usd.high);
  return {Rounded(low), Rounded(std::clamp(usd.expected, low, high)), Rounded(high)};
}

std::string_view Body(const SourceFile& file, const Task& task, Tag tag) {
  const Element* element = FindElement(task, tag);
  return element == nullptr ? std::string_view() : file.Slice(element->body);
}

class ManifestBuilder {
 public:
  explicit ManifestBuilder(const CompileResult& result)
      : result_(result), plans_(result.plans), origins_(plans_) {
    names_.reserve(plans_.tasks.size());
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) names_.push_back(plans_.TaskName(i));
  }

  Manifest Build() {
    Manifest manifest = BuildHead();
    manifest.tasks.reserve(scheduled_.size());
    for (const uint32_t task : scheduled_) manifest.tasks.push_back(TaskOf(task));
    manifest.batches.reserve(batches_.size());
    for (size_t i = 0; i < batches_.size(); ++i) manifest.batches.push_back(BatchOf(i));
    return manifest;
  }

  // Writes without ever holding all tasks: they are the bulk of a manifest.
  void Write(std::string& out, const Drain& drain) {
    const Manifest head = BuildHead();
    ManifestTask task;
    ManifestBatch batch;
    ManifestParts parts;
    parts.task_count = scheduled_.size();
    parts.task_at = [&](size_t i) -> const ManifestTask& { return task = TaskOf(scheduled_[i]); };
    parts.batch_count = batches_.size();
    parts.batch_at = [&](size_t i) -> const ManifestBatch& { return batch = BatchOf(i); };
    WriteManifest(head, parts, out, drain);
  }

 private:
  // Everything but the tasks and batches; finds which of those there are.
  Manifest BuildHead() {
    Manifest manifest;
    manifest.generator = result_.generator;
    manifest.root = result_.manifest_root;
    AddPlans(manifest);
    manifest.budget = Budget();
    manifest.models = Models();
    CollectContextReads();
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) {
      if (IsScheduled(plans_, i)) scheduled_.push_back(i);
    }
    for (const Batch& batch : plans_.batches) {
      const bool any = std::any_of(batch.tasks.begin(), batch.tasks.end(),
                                   [&](uint32_t task) { return IsScheduled(plans_, task); });
      if (any) batches_.push_back(&batch);
    }
    manifest.schedule = Schedule();
    return manifest;
  }

  // And the phases, which are their sums.
  void AddPlans(Manifest& manifest) const {
    // What each plan depends on, in the order in which its header says so.
    std::vector<std::vector<std::pair<uint32_t, std::string>>> depends_on(plans_.units.size());
    for (const PlanEdge& edge : plans_.graph.edges) {
      depends_on[edge.to.value].emplace_back(edge.ref.span.begin, plans_.units[edge.from.value].id.id);
    }
    for (const PlanDependency& other : plans_.graph.others) {
      if (other.state != PlanDependencyState::kExternal) continue;
      depends_on[other.plan.value].emplace_back(other.ref.span.begin, std::string(other.ref.value));
    }
    std::unordered_map<std::string, size_t> phase_numbers;
    std::vector<CostSum> phase_sums;
    for (size_t i = 0; i < plans_.units.size(); ++i) {
      const PlanUnit& unit = plans_.units[i];
      if (unit.superseded) continue;
      ManifestPlan plan;
      plan.id = unit.id.id;
      plan.phase = unit.id.phase;
      plan.plan = unit.id.plan;
      plan.type = unit.plan.header.type.value.empty() ? "execute" : unit.plan.header.type.value;
      plan.path = PlanPath(unit);
      plan.sha256 = Sha256Hex(unit.source->text());
      if (const Section* objective = FindSection(unit.plan, Tag::kObjective)) {
        plan.objective = Trim(unit.source->Slice(objective->body));
      }
      std::sort(depends_on[i].begin(), depends_on[i].end());
      std::unordered_set<std::string> known;
      for (auto& [position, id] : depends_on[i]) {
        if (known.insert(id).second) plan.depends_on.push_back(std::move(id));
      }
      plan.wave = std::max(1, i < plans_.graph.waves.size() ? plans_.graph.waves[i] : 1);
      CostSum sum;
      for (const TaskFacts& facts : unit.tasks) sum.Add(plans_.options.prices, facts);
      plan.estimated_tokens = RangeOf(sum.tokens);
      plan.estimated_usd = UsdOf(sum.usd);
      const auto [number, is_new] = phase_numbers.emplace(plan.phase, manifest.phases.size());
      if (is_new) {
        manifest.phases.push_back({plan.phase, {}});
        phase_sums.emplace_back();
      }
      manifest.phases[number->second].plans.push_back(plan.id);
      phase_sums[number->second] += sum;
      manifest.plans.push_back(std::move(plan));
    }
    for (size_t i = 0; i < phase_sums.size(); ++i) {
      manifest.phases[i].estimated_tokens = RangeOf(phase_sums[i].tokens);
      manifest.phases[i].estimated_usd = UsdOf(phase_sums[i].usd);
    }
  }

  ManifestBudget Budget() const {
    ManifestBudget budget;
    budget.tokens = plans_.options.budget_tokens;
    budget.usd = plans_.options.budget_usd;
    budget.estimated_tokens = RangeOf(plans_.tokens);
    budget.estimated_usd = Rounded(plans_.usd);
    budget.baseline_tokens = plans_.baseline_tokens;
    budget.baseline_usd = Rounded(plans_.baseline_usd);
    budget.savings = plans_.baseline_usd > 0 ? Rounded(1 - plans_.usd / plans_.baseline_usd) : 0;
    budget.main_context_share = Rounded(plans_.main_context_share);
    const TokenCounters& mix = plans_.options.prices.mix;
    budget.token_mix = {mix.input, mix.output, mix.cache_write, mix.cache_read};
    return budget;
  }

  std::vector<ManifestModel> Models() const {
    std::vector<ManifestModel> models;
    for (const Model model : kModels) {
      const ModelInfo& info = InfoOf(model);
      const Prices& prices = plans_.options.prices.Of(model);
      models.push_back({std::string(info.name),
                        std::string(info.agent_model),
                        plans_.options.window.value_or(info.context_window),
                        {plans_.options.prices.as_of, Rounded(prices.input), Rounded(prices.output),
                         Rounded(prices.cache_write), Rounded(prices.cache_read)}});
    }
    return models;
  }

  // The references of each plan's <context> that a task can read.
  void CollectContextReads() {
    context_reads_.resize(plans_.units.size());
    for (const CheckedReference& reference : plans_.references) {
      if (reference.state != PathState::kExists && reference.state != PathState::kProduced) continue;
      std::vector<std::string>& reads = context_reads_[reference.plan.value];
      if (reads.size() < kMaxContextReads)
        reads.push_back(CleanPath(reference.path.path, reference.path.kind));
    }
  }

  ManifestTask TaskOf(uint32_t number) const {
    const TaskRef ref = plans_.tasks[number];
    const PlanUnit& unit = plans_.units[ref.plan.value];
    const SourceFile& file = *unit.source;
    const Task& task = unit.plan.tasks[ref.task];
    const TaskFacts& facts = unit.tasks[ref.task];
    ManifestTask out;
    out.id = names_[number];
    out.plan = unit.id.id;
    out.number = task.number;
    out.name = task.name.value;
    if (out.name.empty() && facts.checkpoint) out.name = task.type_text.value;  // "checkpoint:human-verify"
    out.type = task.type_text.value.empty() ? "auto" : task.type_text.value;
    out.subagent = facts.subagent;
    out.model = InfoOf(facts.routed.model).name;
    out.model_reason = DescribeRoute(facts);
    out.complexity = ComplexityOf(facts.complexity);
    out.parallel = facts.parallel == Parallelism::kCanParallelize ? "can-parallelize" : "sequential";
    for (const uint32_t from : plans_.execution_graph.Predecessors(number)) {
      if (!IsScheduled(plans_, from)) continue;
      EdgeOrigin origin = origins_.Find(from, number);
      out.depends_on.push_back(names_[from]);
      out.dependencies.push_back(
          {names_[from], std::string(EdgeSourceName(origin.source)), std::move(origin.reason)});
    }
    out.context_mode = facts.inherited_context ? "inherited" : "fresh";
    FillPaths(task, context_reads_[ref.plan.value], out);
    out.action = ActionOf(file, task);
    out.verify = VerifyOf(file, task);
    out.done = ElementText(file, task, Tag::kDone);
    if (out.done.empty()) out.done = ElementText(file, task, Tag::kAcceptanceCriteria);
    // A person's work costs no tokens.
    if (!facts.checkpoint) {
      const Estimate tokens = TokensOn(facts.routed.model, facts.estimate);
      out.estimated_tokens = RangeOf(tokens);
      out.estimated_usd = UsdOf(CostOf(plans_.options.prices, facts.routed.model, tokens));
      out.max_tokens = std::max(tokens.high, kDefaultMaxTokens);
    }
    out.estimate_source = EstimateSourceName(facts.estimate);
    out.estimate_confidence = facts.estimate.confidence;
    out.estimated_seconds = RangeOf(facts.estimate.seconds);
    if (MetricsOf(task).budget) {
      out.token_budget = MetricsOf(task).budget->high;
      out.max_tokens = MetricsOf(task).budget->high;
    }
    out.context_tokens = facts.context_tokens;
    out.context_files = facts.reads.files;
    out.context_bytes = facts.reads.bytes;
    if (facts.checkpoint) out.checkpoint = CheckpointOf(file, task);
    out.commit = CommitOf(task, unit.plan.header.type.value, unit.id.id);
    return out;
  }

  static ManifestComplexity ComplexityOf(const Complexity& complexity) {
    ManifestComplexity out{complexity.score(), complexity.declared ? "declared" : "computed", {}};
    for (const ComplexitySignal& signal : complexity.signals) {
      ManifestSignal copy{std::string(signal.name), signal.weight, {}};
      for (const auto& word : signal.words) {
        if (std::find(copy.words.begin(), copy.words.end(), word.value) == copy.words.end()) {
          copy.words.emplace_back(word.value);
        }
      }
      out.signals.push_back(std::move(copy));
    }
    return out;
  }

  static void FillPaths(const Task& task, const std::vector<std::string>& context, ManifestTask& out) {
    UniquePaths files(out.files), reads(out.reads);
    for (const PathEntry& entry : task.files) {
      if (entry.kind != PathKind::kProse) files.Add(CleanPath(entry.path, entry.kind));
    }
    for (const PathEntry& entry : task.read_first) {
      if (IsRelative(entry.kind)) reads.Add(CleanPath(entry.path, entry.kind));
    }
    for (const std::string& path : context) reads.Add(path);
  }

  // Byte for byte. A TDD plan's <feature> says what to do in two elements.
  static std::string ActionOf(const SourceFile& file, const Task& task) {
    std::string action(Body(file, task, Tag::kAction));
    if (!action.empty()) return action;
    for (const Tag tag : {Tag::kBehavior, Tag::kImplementation}) action += Body(file, task, tag);
    if (action.empty()) action = Body(file, task, Tag::kDescription);
    return action;
  }

  static ManifestVerify VerifyOf(const SourceFile& file, const Task& task) {
    ManifestVerify verify{std::string(Body(file, task, Tag::kVerify)), {}};
    for (const Element& element : task.elements) {
      if (element.tag != Tag::kAutomated) continue;
      const std::string_view command = Trim(file.Slice(element.body));
      if (!command.empty()) verify.automated.emplace_back(command);
    }
    return verify;
  }

  std::vector<std::string> Names(const std::vector<uint32_t>& tasks) const {
    std::vector<std::string> names;
    names.reserve(tasks.size());
    for (const uint32_t task : tasks) {
      if (IsScheduled(plans_, task)) names.push_back(names_[task]);
    }
    return names;
  }

  ManifestBatch BatchOf(size_t index) const {
    const Batch& batch = *batches_[index];
    ManifestBatch out;
    CostSum sum;
    out.tasks = Names(batch.tasks);
    out.batch_number = static_cast<int>(index + 1);
    out.depends_on = Names(batch.depends_on);
    out.can_parallelize = batch.can_parallelize;
    for (const uint32_t task : batch.tasks) {
      const TaskFacts& facts = FactsOf(plans_, task);
      if (facts.checkpoint || !IsScheduled(plans_, task)) continue;
      out.subagent_model_assignments.emplace_back(names_[task], InfoOf(facts.routed.model).name);
      sum.Add(plans_.options.prices, facts);
    }
    out.estimated_tokens = RangeOf(sum.tokens);
    out.estimated_usd = UsdOf(sum.usd);
    return out;
  }

  ManifestSchedule Schedule() const {
    ManifestSchedule schedule;
    schedule.critical_path = Names(plans_.critical_path.tasks);
    std::vector<int64_t> seconds(plans_.tasks.size());
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) {
      if (!IsScheduled(plans_, i)) continue;
      seconds[i] = FactsOf(plans_, i).estimate.seconds.expected;
      schedule.sequential_seconds += seconds[i];
      const uint32_t level = plans_.levels[i];
      if (level == kNoLevel) continue;
      if (level >= schedule.levels.size()) schedule.levels.resize(level + 1);
      schedule.levels[level].push_back(names_[i]);
    }
    std::erase_if(schedule.levels, [](const std::vector<std::string>& level) { return level.empty(); });
    schedule.width = plans_.width;
    schedule.batch_seconds = BatchMakespan(plans_.batches, seconds, plans_.options.max_parallel);
    schedule.dataflow_seconds =
        DataflowMakespan(plans_.execution_graph, seconds, plans_.options.max_parallel, plans_.slot_rules);
    return schedule;
  }

  const CompileResult& result_;
  const PlanSet& plans_;
  const EdgeOrigins origins_;
  std::vector<std::string> names_;                       // by union task
  std::vector<uint32_t> scheduled_;                      // the union tasks that the manifest holds, in order
  std::vector<const Batch*> batches_;                    // those that have such tasks
  std::vector<std::vector<std::string>> context_reads_;  // by plan
};

}  // namespace

Manifest BuildManifest(const CompileResult& result) { return ManifestBuilder(result).Build(); }

Status EmitManifest(const CompileResult& result, std::string& out) {
  ManifestBuilder(result).Write(out, {});
  return Ok();
}

void StreamManifest(const CompileResult& result, const Drain& drain) {
  std::string rest;
  ManifestBuilder(result).Write(rest, drain);
  drain(std::move(rest));
}

}  // namespace gsd
