// The manifest: everything an executor needs, and nothing else. gsdc ends here, gsd-run begins here.
// The JSON form is schemas/manifest.schema.json, version 1; member names are the same here and there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/support.h"

namespace gsd {

inline constexpr int kManifestVersion = 1;

// An estimate: `low` is optimism, `expected` is expectation, `high` is what budgets are checked against.
struct ManifestRange {
  int64_t low = 0, expected = 0, high = 0;
};

// USD, of the tokens beside it.
struct ManifestUsd {
  double low = 0, expected = 0, high = 0;
};

// A plan that the manifest was compiled from. `path` is relative to the manifest's root, with forward
// slashes.
struct ManifestPlan {
  std::string id, phase, plan, type, path, sha256, objective;
  std::vector<std::string> depends_on;  // plan ids; one that is not in `plans` was complete when compiling
  int wave = 1;                         // computed, 1-based
  ManifestRange estimated_tokens = {};
  ManifestUsd estimated_usd = {};
};

// What the plans of a phase come to, added up.
struct ManifestPhase {
  std::string phase;               // as in the plans
  std::vector<std::string> plans;  // ids
  ManifestRange estimated_tokens = {};
  ManifestUsd estimated_usd = {};
};

// How estimated tokens fall on the four counters that agents report: the first three add up to 1, reads from
// the cache come on top.
struct ManifestTokenMix {
  double input = 0.23, output = 0.20, cache_write = 0.57, cache_read = 0.95;
};

// Where the money goes. USD; baselines are the same work done sequentially in one session of sonnet.
struct ManifestBudget {
  int64_t tokens = 0;         // the ceiling
  std::optional<double> usd;  // the ceiling, when there is one
  ManifestRange estimated_tokens;
  double estimated_usd = 0;
  int64_t baseline_tokens = 0;
  double baseline_usd = 0;
  double savings = 0;             // 1 - estimated_usd / baseline_usd, negative when there is none
  double main_context_share = 0;  // tokens spent in the main session / all tokens, 0..1
  ManifestTokenMix token_mix = {};
};

// USD per million tokens, as published on `as_of`.
struct ManifestPrices {
  std::string as_of;
  double input = 0, output = 0, cache_write = 0, cache_read = 0;
};

struct ManifestModel {
  std::string name;         // haiku, sonnet, opus
  std::string agent_model;  // what the agent program is told
  int64_t context_window = 0;
  ManifestPrices prices;
};

// One reason for a complexity score: a named indicator, its weight and the words that fired it.
struct ManifestSignal {
  std::string name;
  double weight = 0;  // points
  std::vector<std::string> words;
};

struct ManifestComplexity {
  int score = 5;       // 1..10
  std::string source;  // declared | computed
  std::vector<ManifestSignal> signals;
};

struct ManifestDependency {
  std::string id;      // a task id
  std::string source;  // declared | inferred | conflict | plan
  std::string reason;  // for people
};

struct ManifestVerify {
  std::string text;                    // byte for byte as in the plan
  std::vector<std::string> automated;  // the <automated> commands in it, in order
};

struct ManifestOption {
  std::string id, name, pros, cons;
};

// A task for a person. `kind` is human-verify, decision, human-action, or what else stood after
// "checkpoint:".
struct ManifestCheckpoint {
  std::string kind;
  std::string gate;  // blocking | blocking-human | as written
  std::string what_built, how_to_verify, decision, context, instructions, resume_signal;
  std::vector<ManifestOption> options;
};

struct ManifestCommit {
  std::string type, scope, subject;  // type(scope): subject
};

struct ManifestTask {
  std::string id;    // <phase number>-<plan>:<number>, unique in the manifest, e.g. 08-02:4
  std::string plan;  // the id of its plan
  int number = 0;
  std::string name, type, subagent, model, model_reason;
  ManifestComplexity complexity;
  std::string parallel;                          // sequential | can-parallelize
  std::vector<std::string> depends_on;           // task ids, in manifest order
  std::vector<ManifestDependency> dependencies;  // the same, each with its reason
  std::string context_mode;                      // fresh | inherited
  std::vector<std::string> files, reads;
  std::string action;  // byte for byte as in the plan
  ManifestVerify verify;
  std::string done;
  ManifestRange estimated_tokens;
  // declared | default | learned (from the same kind of task) | learned-neighbours | learned-model |
  // learned-type | learned-any
  std::string estimate_source;
  double estimate_confidence = 0;  // 0..0.95
  ManifestRange estimated_seconds;
  ManifestUsd estimated_usd;
  std::optional<int64_t> token_budget;  // <token-budget>, when declared
  int64_t max_tokens = 0;               // what the agent may spend on it
  int64_t context_tokens = 0;
  int64_t context_files = 0, context_bytes = 0;  // that stand on disk and will be read
  std::optional<ManifestCheckpoint> checkpoint;
  ManifestCommit commit;
};

struct ManifestBatch {
  int batch_number = 0;  // 1-based
  std::vector<std::string> depends_on, tasks;
  bool can_parallelize = false;
  std::vector<std::pair<std::string, std::string>>
      subagent_model_assignments;  // task id → model, in task order
  ManifestRange estimated_tokens = {};
  ManifestUsd estimated_usd = {};
};

struct ManifestSchedule {
  std::vector<std::string> critical_path;
  std::vector<std::vector<std::string>> levels;
  int width = 0;  // tasks in the largest level
  int64_t sequential_seconds = 0, batch_seconds = 0, dataflow_seconds = 0;
};

struct Manifest {
  int version = kManifestVersion;
  std::string generator;  // "gsdc 0.1.0"
  std::string root;       // project root, relative to the folder that the manifest stands in
  std::vector<ManifestPlan> plans;
  std::vector<ManifestPhase> phases;  // in order of their first plans
  ManifestBudget budget;
  std::vector<ManifestModel> models;
  std::vector<ManifestTask> tasks;  // plan by plan, in document order
  std::vector<ManifestBatch> batches;
  ManifestSchedule schedule;
};

// Appends the JSON form: two-space indent on the outer levels, byte-identical for equal manifests, LF at the
// end.
void WriteManifest(const Manifest& manifest, std::string& out);
// Appends what a checkpoint asks as an object: a manifest's, and that of other files about one.
class JsonWriter;
void WriteCheckpoint(JsonWriter& json, const ManifestCheckpoint& checkpoint);
// The tasks and batches of a manifest, made one at a time when a hundred thousand of them would not be held
// at once.
struct ManifestParts {
  size_t task_count = 0;
  std::function<const ManifestTask&(size_t)> task_at;
  size_t batch_count = 0;
  std::function<const ManifestBatch&(size_t)> batch_at;
};
// The same with those in place of `manifest.tasks` and `manifest.batches`. With `drain`, pieces of the text
// are handed on as they are ready, and `out` is left with the rest.
using Drain = std::function<void(std::string piece)>;
void WriteManifest(const Manifest& manifest, const ManifestParts& parts, std::string& out,
                   const Drain& drain = {});

// Reads and validates: JSON, types, required members, unique ids, dependencies and batches that resolve, no
// cycle. The error names the member (`tasks[3].depends_on[0]`) or, for malformed JSON, line and column.
Result<Manifest> ReadManifest(std::string_view json);

}  // namespace gsd
