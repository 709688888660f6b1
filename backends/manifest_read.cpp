// JSON → Manifest. simdjson reads what is well-formed, which is nearly always; only a document that is not is
// read again by nlohmann-json, which knows where it went wrong. What the values mean together is
// manifest_validate.cpp's.
#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "backends/json_reader.h"
#include "backends/manifest.h"
#include "backends/manifest_validate.h"

namespace gsd {
namespace {

using Element = simdjson::dom::element;

// Far above what anybody plans, far below where sums over a manifest could overflow: of one task.
constexpr int64_t kMaxTokens = 1'000'000'000'000;
constexpr int64_t kMaxSeconds = 10'000'000'000;
constexpr int64_t kMaxCount = 1'000'000'000;
constexpr double kMaxUsd = 1e12;
// Of a plan, a batch or all: what a million such tasks come to. Seconds stay what int64 holds as
// milliseconds.
constexpr int64_t kMaxTokenSum = 1'000'000 * kMaxTokens;
constexpr int64_t kMaxSecondSum = 1'000'000'000'000'000;
constexpr double kMaxUsdSum = 1e6 * kMaxUsd;

void ReadRange(JsonObject& object, ManifestRange& range, int64_t most) {
  range.low = object.Int("low", 0, most);
  range.expected = object.Int("expected", 0, most);
  range.high = object.Int("high", 0, most);
  if (object.mistakes().any()) return;
  if (range.low > range.expected) object.Mistake("low", "is above \"expected\"");
  if (range.expected > range.high) object.Mistake("high", "is below \"expected\"");
}

void ReadRangeMember(JsonObject& parent, std::string_view name, ManifestRange& range, int64_t most) {
  parent.With(name, [&](Element element, const JsonPath& path) {
    JsonObject object(element, path, parent.mistakes());
    ReadRange(object, range, most);
    object.Finish();
  });
}

// Members that the first manifests of version 1 did not have: without them, what stands there stays.
void ReadUsd(JsonObject& object, ManifestUsd& usd, double most) {
  if (!object.Has("estimated_usd")) return;
  object.With("estimated_usd", [&](Element inner, const JsonPath& path) {
    JsonObject range(inner, path, object.mistakes());
    usd.low = range.Double("low", 0, most);
    usd.expected = range.Double("expected", 0, most);
    usd.high = range.Double("high", 0, most);
    range.Finish();
  });
}

void ReadMix(JsonObject& object, ManifestTokenMix& mix) {
  if (!object.Has("token_mix")) return;
  constexpr double kMost = 1000;
  object.With("token_mix", [&](Element inner, const JsonPath& path) {
    JsonObject counters(inner, path, object.mistakes());
    mix.input = counters.Double("input", 0, 1);
    mix.output = counters.Double("output", 0, 1);
    mix.cache_write = counters.Double("cache_write", 0, 1);
    mix.cache_read = counters.Double("cache_read", 0, kMost);
    counters.Finish();
  });
}

void ReadPlan(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestPlan& plan) {
  JsonObject object(element, path, mistakes);
  plan.id = object.String("id");
  plan.phase = object.String("phase");
  plan.plan = object.String("plan");
  plan.type = object.String("type");
  plan.path = object.String("path");
  plan.sha256 = object.String("sha256");
  plan.objective = object.String("objective");
  plan.depends_on = object.Strings("depends_on");
  plan.wave = static_cast<int>(object.Int("wave", 0, kMaxCount));
  if (object.Has("estimated_tokens"))
    ReadRangeMember(object, "estimated_tokens", plan.estimated_tokens, kMaxTokenSum);
  ReadUsd(object, plan.estimated_usd, kMaxUsdSum);
  object.Finish();
}

void ReadPhase(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestPhase& phase) {
  JsonObject object(element, path, mistakes);
  phase.phase = object.String("phase");
  phase.plans = object.Strings("plans");
  if (object.Has("estimated_tokens"))
    ReadRangeMember(object, "estimated_tokens", phase.estimated_tokens, kMaxTokenSum);
  ReadUsd(object, phase.estimated_usd, kMaxUsdSum);
  object.Finish();
}

void ReadBudget(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestBudget& budget) {
  JsonObject object(element, path, mistakes);
  budget.tokens = object.Int("tokens", 0, kMaxTokens);
  if (const auto usd = object.Nullable("usd")) {
    double value = 0;
    if (usd->get(value) != simdjson::SUCCESS || !(value >= 0 && value <= kMaxUsd))
      object.Mistake("usd", "must be null or a number that is not negative");
    budget.usd = value;
  }
  ReadRangeMember(object, "estimated_tokens", budget.estimated_tokens, kMaxTokenSum);
  budget.estimated_usd = object.Double("estimated_usd", 0, kMaxUsdSum);
  budget.baseline_tokens = object.Int("baseline_tokens", 0, kMaxTokenSum);
  budget.baseline_usd = object.Double("baseline_usd", 0, kMaxUsdSum);
  budget.savings = object.Double("savings", -kMaxUsdSum, 1);
  budget.main_context_share = object.Double("main_context_share", 0, 1);
  ReadMix(object, budget.token_mix);
  object.Finish();
}

void ReadModel(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestModel& model) {
  JsonObject object(element, path, mistakes);
  model.name = object.String("name");
  model.agent_model = object.String("agent_model");
  model.context_window = object.Int("context_window", 0, kMaxTokens);
  object.With("prices", [&](Element inner, const JsonPath& inner_path) {
    JsonObject prices(inner, inner_path, mistakes);
    model.prices.as_of = prices.String("as_of");
    model.prices.input = prices.Double("input", 0, kMaxUsd);
    model.prices.output = prices.Double("output", 0, kMaxUsd);
    model.prices.cache_write = prices.Double("cache_write", 0, kMaxUsd);
    model.prices.cache_read = prices.Double("cache_read", 0, kMaxUsd);
    prices.Finish();
  });
  object.Finish();
}

void ReadComplexity(Element element, const JsonPath& path, JsonMistakes& mistakes,
                    ManifestComplexity& complexity) {
  JsonObject object(element, path, mistakes);
  complexity.score = static_cast<int>(object.Int("score", 1, 10));
  complexity.source = object.Enum("source", {"declared", "computed"});
  object.Each("signals", [&](Element inner, const JsonPath& inner_path) {
    JsonObject signal(inner, inner_path, mistakes);
    ManifestSignal& into = complexity.signals.emplace_back();
    into.name = signal.String("name");
    into.weight = signal.Double("weight", -kMaxCount, kMaxCount);
    into.words = signal.Strings("words");
    signal.Finish();
  });
  object.Finish();
}

void ReadCheckpoint(Element element, const JsonPath& path, JsonMistakes& mistakes,
                    ManifestCheckpoint& checkpoint) {
  JsonObject object(element, path, mistakes);
  checkpoint.kind = object.String("kind");
  checkpoint.gate = object.String("gate");
  checkpoint.what_built = object.String("what_built");
  checkpoint.how_to_verify = object.String("how_to_verify");
  checkpoint.decision = object.String("decision");
  checkpoint.context = object.String("context");
  checkpoint.instructions = object.String("instructions");
  checkpoint.resume_signal = object.String("resume_signal");
  object.Each("options", [&](Element inner, const JsonPath& inner_path) {
    JsonObject option(inner, inner_path, mistakes);
    ManifestOption& into = checkpoint.options.emplace_back();
    into.id = option.String("id");
    into.name = option.String("name");
    into.pros = option.String("pros");
    into.cons = option.String("cons");
    option.Finish();
  });
  object.Finish();
}

void ReadEstimates(JsonObject& object, ManifestTask& task) {
  object.With("estimated_tokens", [&](Element inner, const JsonPath& path) {
    JsonObject tokens(inner, path, object.mistakes());
    ReadRange(tokens, task.estimated_tokens, kMaxTokens);
    task.estimate_source = tokens.Enum("source", {"declared", "default", "learned", "learned-neighbours",
                                                  "learned-model", "learned-type", "learned-any"});
    task.estimate_confidence = tokens.Double("confidence", 0, 1);
    tokens.Finish();
  });
  ReadRangeMember(object, "estimated_seconds", task.estimated_seconds, kMaxSeconds);
  ReadUsd(object, task.estimated_usd, kMaxUsd);
  if (const auto budget = object.Nullable("token_budget")) {
    int64_t value = 0;
    if (budget->get(value) != simdjson::SUCCESS || value < 0 || value > kMaxTokens)
      object.Mistake("token_budget", "must be null or a whole number that is not negative");
    task.token_budget = value;
  }
  task.max_tokens = object.Int("max_tokens", 0, kMaxTokens);
  task.context_tokens = object.Int("context_tokens", 0, kMaxTokens);
  if (object.Has("context_files")) task.context_files = object.Int("context_files", 0, kMaxTokens);
  if (object.Has("context_bytes")) task.context_bytes = object.Int("context_bytes", 0, kMaxTokens);
}

void ReadTask(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestTask& task) {
  JsonObject object(element, path, mistakes);
  task.id = object.String("id");
  task.plan = object.String("plan");
  task.number = static_cast<int>(object.Int("number", 0, kMaxCount));
  task.name = object.String("name");
  task.type = object.String("type");
  task.subagent = object.String("subagent");
  task.model = object.String("model");
  task.model_reason = object.String("model_reason");
  object.With("complexity", [&](Element inner, const JsonPath& inner_path) {
    ReadComplexity(inner, inner_path, mistakes, task.complexity);
  });
  task.parallel = object.Enum("parallel", {"sequential", "can-parallelize"});
  task.depends_on = object.Strings("depends_on");
  object.Each("dependencies", [&](Element inner, const JsonPath& inner_path) {
    JsonObject dependency(inner, inner_path, mistakes);
    ManifestDependency& into = task.dependencies.emplace_back();
    into.id = dependency.String("id");
    into.source = dependency.Enum("source", {"declared", "inferred", "conflict", "plan"});
    into.reason = dependency.String("reason");
    dependency.Finish();
  });
  task.context_mode = object.Enum("context_mode", {"fresh", "inherited"});
  task.files = object.Strings("files");
  task.reads = object.Strings("reads");
  task.action = object.String("action");
  object.With("verify", [&](Element inner, const JsonPath& inner_path) {
    JsonObject verify(inner, inner_path, mistakes);
    task.verify.text = verify.String("text");
    task.verify.automated = verify.Strings("automated");
    verify.Finish();
  });
  task.done = object.String("done");
  ReadEstimates(object, task);
  object.With("checkpoint", [&](Element inner, const JsonPath& inner_path) {
    if (!inner.is_null()) ReadCheckpoint(inner, inner_path, mistakes, task.checkpoint.emplace());
  });
  object.With("commit", [&](Element inner, const JsonPath& inner_path) {
    JsonObject commit(inner, inner_path, mistakes);
    task.commit.type = commit.String("type");
    task.commit.scope = commit.String("scope");
    task.commit.subject = commit.String("subject");
    commit.Finish();
  });
  object.Finish();
}

void ReadBatch(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestBatch& batch) {
  JsonObject object(element, path, mistakes);
  batch.batch_number = static_cast<int>(object.Int("batch_number", 1, kMaxCount));
  batch.depends_on = object.Strings("depends_on");
  batch.tasks = object.Strings("tasks");
  batch.can_parallelize = object.Bool("can_parallelize");
  object.With("subagent_model_assignments", [&](Element inner, const JsonPath& inner_path) {
    simdjson::dom::object assignments;
    if (inner.get(assignments) != simdjson::SUCCESS) {
      mistakes.Add(inner_path, "must be an object");
      return;
    }
    for (const auto field : assignments) {
      std::string_view model;
      if (field.value.get(model) != simdjson::SUCCESS)
        mistakes.Add({&inner_path, field.key, 0}, "must be a string");
      batch.subagent_model_assignments.emplace_back(field.key, model);
    }
  });
  if (object.Has("estimated_tokens"))
    ReadRangeMember(object, "estimated_tokens", batch.estimated_tokens, kMaxTokenSum);
  ReadUsd(object, batch.estimated_usd, kMaxUsdSum);
  object.Finish();
}

void ReadSchedule(Element element, const JsonPath& path, JsonMistakes& mistakes, ManifestSchedule& schedule) {
  JsonObject object(element, path, mistakes);
  schedule.critical_path = object.Strings("critical_path");
  object.Each("levels", [&](Element inner, const JsonPath& inner_path) {
    simdjson::dom::array level;
    if (inner.get(level) != simdjson::SUCCESS) mistakes.Add(inner_path, "must be an array");
    auto& into = schedule.levels.emplace_back();
    if (mistakes.any()) return;
    JsonPath task_path{&inner_path, {}, 0};
    for (const Element task : level) {
      std::string_view id;
      if (task.get(id) != simdjson::SUCCESS) mistakes.Add(task_path, "must be a string");
      into.emplace_back(id);
      ++task_path.index;
    }
  });
  schedule.width = static_cast<int>(object.Int("width", 0, kMaxCount));
  object.With("estimated_seconds", [&](Element inner, const JsonPath& inner_path) {
    JsonObject seconds(inner, inner_path, mistakes);
    schedule.sequential_seconds = seconds.Int("sequential", 0, kMaxSecondSum);
    schedule.batch_seconds = seconds.Int("batch", 0, kMaxSecondSum);
    schedule.dataflow_seconds = seconds.Int("dataflow", 0, kMaxSecondSum);
    seconds.Finish();
  });
  object.Finish();
}

template <typename T>
void ReadList(JsonObject& object, std::string_view name, std::vector<T>& into,
              void (*read)(Element, const JsonPath&, JsonMistakes&, T&)) {
  object.Each(name, [&](Element element, const JsonPath& path) {
    read(element, path, object.mistakes(), into.emplace_back());
  });
}

void ReadDocument(Element document, JsonMistakes& mistakes, Manifest& manifest) {
  const JsonPath root;
  JsonObject object(document, root, mistakes);
  // The version comes first: all else may be different in another one.
  manifest.version = static_cast<int>(object.Int("version", 1, kMaxCount));
  if (!mistakes.any() && manifest.version != kManifestVersion)
    object.Mistake("version", fmt::format("{} is not supported; this program reads version {}",
                                          manifest.version, kManifestVersion));
  manifest.generator = object.String("generator");
  manifest.root = object.String("root");
  ReadList(object, "plans", manifest.plans, ReadPlan);
  if (object.Has("phases")) ReadList(object, "phases", manifest.phases, ReadPhase);
  object.With("budget", [&](Element inner, const JsonPath& path) {
    ReadBudget(inner, path, mistakes, manifest.budget);
  });
  ReadList(object, "models", manifest.models, ReadModel);
  ReadList(object, "tasks", manifest.tasks, ReadTask);
  ReadList(object, "batches", manifest.batches, ReadBatch);
  object.With("schedule", [&](Element inner, const JsonPath& path) {
    ReadSchedule(inner, path, mistakes, manifest.schedule);
  });
  object.Finish();
}

// Takes note of where nlohmann-json stops, and keeps nothing of what it reads.
struct SyntaxErrorFinder : nlohmann::json_sax<nlohmann::json> {
  size_t position = 0;
  std::string message;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t at, const std::string&, const nlohmann::json::exception& error) override {
    position = at;
    message = error.what();
    return false;
  }
};

Error SyntaxError(std::string_view json, std::string_view simdjson_message) {
  SyntaxErrorFinder finder;
  if (nlohmann::json::sax_parse(json, &finder)) return Error{std::string(simdjson_message)};
  const size_t offset = std::min(finder.position == 0 ? 0 : finder.position - 1, json.size());
  const std::string_view before = json.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  // "[json.exception.parse_error.101] parse error at line 1, column 2: what is wrong"
  const size_t colon = finder.message.find(": ");
  return Error{fmt::format("line {}, column {}: not JSON: {}", line, offset - line_start + 1,
                           colon == std::string::npos ? finder.message : finder.message.substr(colon + 2))};
}

}  // namespace

Result<Manifest> ReadManifest(std::string_view json) {
  simdjson::dom::parser parser;
  Element document;
  const auto error = parser.parse(json.data(), json.size()).get(document);
  if (error != simdjson::SUCCESS) return SyntaxError(json, simdjson::error_message(error));
  Manifest manifest;
  JsonMistakes mistakes;
  ReadDocument(document, mistakes, manifest);
  if (mistakes.any()) return Error{mistakes.first()};
  if (auto valid = ValidateManifest(manifest); !valid.ok()) return Error{valid.error()};
  return manifest;
}

}  // namespace gsd
