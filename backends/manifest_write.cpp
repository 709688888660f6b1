// The JSON form of a manifest. The order of the members here is the order in the file, and the order in which
// ReadManifest finds them fastest.
#include <utility>

#include "backends/json_writer.h"
#include "backends/manifest.h"

namespace gsd {
namespace {

// One member per line down to the members of a task; what is inside of those stands on their line.
constexpr int kPrettyDepth = 3;
constexpr size_t kPieceBytes = 1 << 20;

// Of tokens, of seconds, of dollars.
template <typename Range>
void WriteRangeMembers(JsonWriter& json, const Range& range) {
  json.Member("low", range.low);
  json.Member("expected", range.expected);
  json.Member("high", range.high);
}

template <typename Range>
void WriteRange(JsonWriter& json, std::string_view name, const Range& range) {
  json.Key(name);
  json.BeginObject();
  WriteRangeMembers(json, range);
  json.EndObject();
}

void WritePlan(JsonWriter& json, const ManifestPlan& plan) {
  json.BeginObject();
  json.Member("id", plan.id);
  json.Member("phase", plan.phase);
  json.Member("plan", plan.plan);
  json.Member("type", plan.type);
  json.Member("path", plan.path);
  json.Member("sha256", plan.sha256);
  json.Member("objective", plan.objective);
  json.StringArray("depends_on", plan.depends_on);
  json.Member("wave", plan.wave);
  WriteRange(json, "estimated_tokens", plan.estimated_tokens);
  WriteRange(json, "estimated_usd", plan.estimated_usd);
  json.EndObject();
}

void WritePhase(JsonWriter& json, const ManifestPhase& phase) {
  json.BeginObject();
  json.Member("phase", phase.phase);
  json.StringArray("plans", phase.plans);
  WriteRange(json, "estimated_tokens", phase.estimated_tokens);
  WriteRange(json, "estimated_usd", phase.estimated_usd);
  json.EndObject();
}

void WriteBudget(JsonWriter& json, const ManifestBudget& budget) {
  json.BeginObject();
  json.Member("tokens", budget.tokens);
  json.Key("usd");
  budget.usd ? json.Double(*budget.usd) : json.Null();
  WriteRange(json, "estimated_tokens", budget.estimated_tokens);
  json.Member("estimated_usd", budget.estimated_usd);
  json.Member("baseline_tokens", budget.baseline_tokens);
  json.Member("baseline_usd", budget.baseline_usd);
  json.Member("savings", budget.savings);
  json.Member("main_context_share", budget.main_context_share);
  json.Key("token_mix");
  json.BeginObject();
  json.Member("input", budget.token_mix.input);
  json.Member("output", budget.token_mix.output);
  json.Member("cache_write", budget.token_mix.cache_write);
  json.Member("cache_read", budget.token_mix.cache_read);
  json.EndObject();
  json.EndObject();
}

void WriteModel(JsonWriter& json, const ManifestModel& model) {
  json.BeginObject();
  json.Member("name", model.name);
  json.Member("agent_model", model.agent_model);
  json.Member("context_window", model.context_window);
  json.Key("prices");
  json.BeginObject();
  json.Member("as_of", model.prices.as_of);
  json.Member("input", model.prices.input);
  json.Member("output", model.prices.output);
  json.Member("cache_write", model.prices.cache_write);
  json.Member("cache_read", model.prices.cache_read);
  json.EndObject();
  json.EndObject();
}

void WriteComplexity(JsonWriter& json, const ManifestComplexity& complexity) {
  json.BeginObject();
  json.Member("score", complexity.score);
  json.Member("source", complexity.source);
  json.Key("signals");
  json.BeginArray();
  for (const ManifestSignal& signal : complexity.signals) {
    json.BeginObject();
    json.Member("name", signal.name);
    json.Member("weight", signal.weight);
    json.StringArray("words", signal.words);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void WriteDependencies(JsonWriter& json, const std::vector<ManifestDependency>& dependencies) {
  json.BeginArray();
  for (const ManifestDependency& dependency : dependencies) {
    json.BeginObject();
    json.Member("id", dependency.id);
    json.Member("source", dependency.source);
    json.Member("reason", dependency.reason);
    json.EndObject();
  }
  json.EndArray();
}

void WriteTask(JsonWriter& json, const ManifestTask& task) {
  json.BeginObject();
  json.Member("id", task.id);
  json.Member("plan", task.plan);
  json.Member("number", task.number);
  json.Member("name", task.name);
  json.Member("type", task.type);
  json.Member("subagent", task.subagent);
  json.Member("model", task.model);
  json.Member("model_reason", task.model_reason);
  json.Key("complexity");
  WriteComplexity(json, task.complexity);
  json.Member("parallel", task.parallel);
  json.StringArray("depends_on", task.depends_on);
  json.Key("dependencies");
  WriteDependencies(json, task.dependencies);
  json.Member("context_mode", task.context_mode);
  json.StringArray("files", task.files);
  json.StringArray("reads", task.reads);
  json.Member("action", task.action);
  json.Key("verify");
  json.BeginObject();
  json.Member("text", task.verify.text);
  json.StringArray("automated", task.verify.automated);
  json.EndObject();
  json.Member("done", task.done);
  json.Key("estimated_tokens");
  json.BeginObject();
  WriteRangeMembers(json, task.estimated_tokens);
  json.Member("source", task.estimate_source);
  json.Member("confidence", task.estimate_confidence);
  json.EndObject();
  WriteRange(json, "estimated_seconds", task.estimated_seconds);
  WriteRange(json, "estimated_usd", task.estimated_usd);
  json.Key("token_budget");
  task.token_budget ? json.Int(*task.token_budget) : json.Null();
  json.Member("max_tokens", task.max_tokens);
  json.Member("context_tokens", task.context_tokens);
  json.Member("context_files", task.context_files);
  json.Member("context_bytes", task.context_bytes);
  json.Key("checkpoint");
  task.checkpoint ? WriteCheckpoint(json, *task.checkpoint) : json.Null();
  json.Key("commit");
  json.BeginObject();
  json.Member("type", task.commit.type);
  json.Member("scope", task.commit.scope);
  json.Member("subject", task.commit.subject);
  json.EndObject();
  json.EndObject();
}

void WriteBatch(JsonWriter& json, const ManifestBatch& batch) {
  json.BeginObject();
  json.Member("batch_number", batch.batch_number);
  json.StringArray("depends_on", batch.depends_on);
  json.StringArray("tasks", batch.tasks);
  json.Member("can_parallelize", batch.can_parallelize);
  json.Key("subagent_model_assignments");
  json.BeginObject();
  for (const auto& [task, model] : batch.subagent_model_assignments) json.Member(task, model);
  json.EndObject();
  WriteRange(json, "estimated_tokens", batch.estimated_tokens);
  WriteRange(json, "estimated_usd", batch.estimated_usd);
  json.EndObject();
}

void WriteSchedule(JsonWriter& json, const ManifestSchedule& schedule) {
  json.BeginObject();
  json.StringArray("critical_path", schedule.critical_path);
  json.Key("levels");
  json.BeginArray();
  for (const auto& level : schedule.levels) {
    json.BeginArray();
    for (const std::string& task : level) json.String(task);
    json.EndArray();
  }
  json.EndArray();
  json.Member("width", schedule.width);
  json.Key("estimated_seconds");
  json.BeginObject();
  json.Member("sequential", schedule.sequential_seconds);
  json.Member("batch", schedule.batch_seconds);
  json.Member("dataflow", schedule.dataflow_seconds);
  json.EndObject();
  json.EndObject();
}

template <typename T>
void WriteList(JsonWriter& json, std::string_view name, const std::vector<T>& items,
               void (*write)(JsonWriter&, const T&)) {
  json.Key(name);
  json.BeginArray();
  for (const T& item : items) write(json, item);
  json.EndArray();
}

}  // namespace

void WriteCheckpoint(JsonWriter& json, const ManifestCheckpoint& checkpoint) {
  json.BeginObject();
  json.Member("kind", checkpoint.kind);
  json.Member("gate", checkpoint.gate);
  json.Member("what_built", checkpoint.what_built);
  json.Member("how_to_verify", checkpoint.how_to_verify);
  json.Member("decision", checkpoint.decision);
  json.Member("context", checkpoint.context);
  json.Member("instructions", checkpoint.instructions);
  json.Member("resume_signal", checkpoint.resume_signal);
  json.Key("options");
  json.BeginArray();
  for (const ManifestOption& option : checkpoint.options) {
    json.BeginObject();
    json.Member("id", option.id);
    json.Member("name", option.name);
    json.Member("pros", option.pros);
    json.Member("cons", option.cons);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void WriteManifest(const Manifest& manifest, std::string& out) {
  ManifestParts parts;
  parts.task_count = manifest.tasks.size();
  parts.task_at = [&](size_t i) -> const ManifestTask& { return manifest.tasks[i]; };
  parts.batch_count = manifest.batches.size();
  parts.batch_at = [&](size_t i) -> const ManifestBatch& { return manifest.batches[i]; };
  WriteManifest(manifest, parts, out);
}

void WriteManifest(const Manifest& manifest, const ManifestParts& parts, std::string& out,
                   const Drain& drain) {
  JsonWriter json(out, kPrettyDepth);
  const auto hand_on = [&] {
    if (!drain || out.size() < kPieceBytes) return;
    std::string next;
    next.reserve(kPieceBytes + kPieceBytes / 4);
    drain(std::exchange(out, std::move(next)));
  };
  json.BeginObject();
  json.Member("version", manifest.version);
  json.Member("generator", manifest.generator);
  json.Member("root", manifest.root);
  WriteList(json, "plans", manifest.plans, WritePlan);
  WriteList(json, "phases", manifest.phases, WritePhase);
  json.Key("budget");
  WriteBudget(json, manifest.budget);
  WriteList(json, "models", manifest.models, WriteModel);
  json.Key("tasks");
  json.BeginArray();
  for (size_t i = 0; i < parts.task_count; ++i) {
    WriteTask(json, parts.task_at(i));
    hand_on();
  }
  json.EndArray();
  json.Key("batches");
  json.BeginArray();
  for (size_t i = 0; i < parts.batch_count; ++i) {
    WriteBatch(json, parts.batch_at(i));
    hand_on();
  }
  json.EndArray();
  json.Key("schedule");
  WriteSchedule(json, manifest.schedule);
  json.EndObject();
  out += '\n';
}

}  // namespace gsd
