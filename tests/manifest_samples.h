// Manifests for tests: the design document's example of seven tasks, and random ones.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "backends/manifest.h"

namespace gsd::test {

inline ManifestTask SampleTask(std::string plan, int number, std::string name, std::string model,
                               bool sequential, std::vector<int> depends_on, int64_t tokens,
                               int64_t seconds) {
  ManifestTask task;
  task.id = fmt::format("{}:{}", plan, number);
  task.number = number;
  task.name = fmt::format("Task {}: {}", number, name);
  task.type = "auto";
  task.subagent = "general-purpose";
  task.model = model;
  task.model_reason = "declared";
  task.complexity = {4, "computed", {{"file count", 2, {"src/a.ts", "src/b.ts"}}}};
  task.parallel = sequential ? "sequential" : "can-parallelize";
  for (int dependency : depends_on) {
    task.depends_on.push_back(fmt::format("{}:{}", plan, dependency));
    task.dependencies.push_back({task.depends_on.back(), "declared", "depends-on"});
  }
  task.context_mode = "fresh";
  task.files = {fmt::format("src/{}.ts", number)};
  task.reads = {"src/lib/db.ts"};
  task.action = fmt::format("Do {} && check <b>\"it\"</b>\n  with Map<string, T>\r\n", number);
  task.verify = {"npm test && true", {"npm test"}};
  task.done = "All is well";
  task.estimated_tokens = {tokens - tokens / 5, tokens, tokens + tokens / 5};
  task.estimate_source = "declared";
  task.estimate_confidence = 0.5;
  task.estimated_seconds = {seconds - seconds / 5, seconds, seconds + seconds / 5};
  task.max_tokens = 20000;
  task.context_tokens = 1200;
  task.commit = {"feat", plan, name};
  task.plan = std::move(plan);
  return task;
}

// One batch per distinct dependency set, a batch of its own for what is sequential or a checkpoint; levels.
inline void FillBatches(Manifest& manifest) {
  manifest.batches.clear();
  std::set<std::string> done;
  while (done.size() < manifest.tasks.size()) {
    std::vector<const ManifestTask*> ready;
    for (const auto& task : manifest.tasks)
      if (!done.contains(task.id) && std::all_of(task.depends_on.begin(), task.depends_on.end(),
                                                 [&](const auto& id) { return done.contains(id); }))
        ready.push_back(&task);
    const size_t first = manifest.batches.size();
    for (const auto* task : ready) {
      const bool alone = task->parallel == "sequential" || task->checkpoint;
      auto batch =
          std::find_if(manifest.batches.begin() + static_cast<std::ptrdiff_t>(first), manifest.batches.end(),
                       [&](const auto& b) { return b.can_parallelize && b.depends_on == task->depends_on; });
      if (alone || batch == manifest.batches.end()) {
        manifest.batches.push_back(
            {static_cast<int>(manifest.batches.size()) + 1, task->depends_on, {}, !alone, {}});
        batch = manifest.batches.end() - 1;
      }
      batch->tasks.push_back(task->id);
      batch->subagent_model_assignments.emplace_back(task->id, task->model);
    }
    manifest.schedule.levels.emplace_back();
    for (const auto* task : ready) {
      done.insert(task->id);
      manifest.schedule.levels.back().push_back(task->id);
    }
  }
  for (auto& batch : manifest.batches) batch.can_parallelize = batch.tasks.size() > 1;
}

inline Manifest EmptyManifest() {
  Manifest manifest;
  manifest.generator = "gsdc test";
  manifest.root = ".";
  manifest.budget = {200000, std::nullopt, {30000, 38000, 46000}, 0.25, 50000, 1.5, 0.83, 0.1};
  for (const char* name : {"haiku", "sonnet", "opus"})
    manifest.models.push_back(
        {name, fmt::format("claude-{}", name), 200000, {"2026-01-01", 1, 5, 1.25, 0.1}});
  return manifest;
}

// Part 7 of the design document: 1 → 2 → 3 → (4 5 6) → 7.
inline Manifest ExampleManifest() {
  Manifest manifest = EmptyManifest();
  manifest.plans.push_back({"08-02",
                            "08-features",
                            "02",
                            "execute",
                            "phases/08-features/08-02-PLAN.md",
                            Sha256Hex("the plan\n"),
                            "Implement three independent API features.\n\nPurpose: ship",
                            {"08-01"},
                            1});
  manifest.phases.push_back({"08-features", {"08-02"}, {30000, 38000, 46000}, {0.2, 0.25, 0.3}});
  auto add = [&](int number, const char* name, const char* model, bool sequential,
                 std::vector<int> depends_on, int64_t tokens, int64_t minutes) {
    manifest.tasks.push_back(
        SampleTask("08-02", number, name, model, sequential, depends_on, tokens, minutes * 60));
  };
  add(1, "Create API routes structure", "sonnet", true, {}, 4000, 10);
  add(2, "Extend database schema", "haiku", true, {1}, 2500, 6);
  add(3, "Create shared API utilities", "haiku", true, {1, 2}, 3500, 12);
  add(4, "Implement user profile API", "haiku", false, {1, 2, 3}, 6000, 17);
  add(5, "Implement notifications API", "sonnet", false, {1, 2, 3}, 10000, 25);
  add(6, "Implement analytics API", "sonnet", false, {1, 2, 3}, 12500, 35);
  add(7, "Create integration test for all three endpoints", "haiku", true, {4, 5, 6}, 5000, 15);
  manifest.tasks[3].token_budget = 8000;
  FillBatches(manifest);
  manifest.schedule.critical_path = {"08-02:1", "08-02:2", "08-02:3", "08-02:6", "08-02:7"};
  manifest.schedule.width = 3;
  manifest.schedule.sequential_seconds = 7200;
  manifest.schedule.batch_seconds = manifest.schedule.dataflow_seconds = 4680;
  return manifest;
}

// Makes a task a checkpoint of a kind.
inline void MakeCheckpoint(Manifest& manifest, size_t task, std::string kind, std::string gate = "blocking") {
  ManifestCheckpoint checkpoint;
  checkpoint.kind = kind;
  checkpoint.gate = gate;
  checkpoint.what_built = "A login page";
  checkpoint.how_to_verify = "Open http://localhost:3000\nand log in";
  checkpoint.resume_signal = "Type \"approved\"";
  checkpoint.options = {{"a", "Option A", "fast", "dear"}, {"b", "Option B", "cheap", "slow"}};
  manifest.tasks[task].checkpoint = checkpoint;
  manifest.tasks[task].type = "checkpoint:" + kind;
  manifest.tasks[task].model.clear();
  manifest.tasks[task].estimated_seconds = {};
  manifest.tasks[task].estimated_tokens = {};
  manifest.schedule.levels.clear();
  FillBatches(manifest);
}

// `count` tasks in `plans` plans; each depends on up to three earlier ones.
inline Manifest RandomManifest(uint32_t seed, int count, int plans, bool sequential) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  Manifest manifest = EmptyManifest();
  for (int p = 0; p < plans; ++p) {
    const std::string id = fmt::format("01-{:02}", p + 1);
    manifest.plans.push_back({id, "01", id.substr(3), "execute", id + "-PLAN.md", Sha256Hex(id), "", {}, 1});
  }
  for (int i = 0; i < count; ++i) {
    const auto& plan = manifest.plans[static_cast<size_t>(below(plans))].id;
    auto task =
        SampleTask(plan, i + 1, "random", "haiku", sequential && below(3) == 0, {}, 1000, 1 + below(100));
    std::set<int> on;
    if (i > 0)
      for (int k = below(4); k > 0; --k) on.insert(std::max(0, i - 1 - below(8)));
    for (int d : on) {
      task.depends_on.push_back(manifest.tasks[static_cast<size_t>(d)].id);
      task.dependencies.push_back({task.depends_on.back(), "declared", ""});
    }
    manifest.tasks.push_back(std::move(task));
  }
  FillBatches(manifest);
  return manifest;
}

inline std::string ToJson(const Manifest& manifest) {
  std::string out;
  WriteManifest(manifest, out);
  return out;
}

}  // namespace gsd::test
