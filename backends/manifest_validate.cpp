#include "backends/manifest_validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "frontend/utf8.h"

namespace gsd {
namespace {

// An empty message means that all is well; the first mistake found is the one that is told.
using Mistake = std::string;
using Index = std::unordered_map<std::string_view, uint32_t>;

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
}

}  // namespace

Mistake PlanPathMistake(std::string_view path) {
  if (path.empty()) return "is empty";
  if (FindInvalidUtf8(path) != std::string_view::npos) return "is not UTF-8";
  if (path.front() == '/') return "must be relative to the root";
  if (path.find('\\') != std::string_view::npos || HasControls(path))
    return "holds a backslash or a control character";
  for (std::string_view part : Split(path, '/')) {
    if (part == "..") return "leaves the root";
    if (part.empty() || part == ".") return "has an empty part or \".\" in it";
  }
  return {};
}

namespace {

Mistake CheckPlans(const Manifest& manifest, Index& plans) {
  for (uint32_t i = 0; i < manifest.plans.size(); ++i) {
    const ManifestPlan& plan = manifest.plans[i];
    if (plan.id.empty() || HasControls(plan.id))
      return fmt::format("plans[{}].id: is empty or holds control characters", i);
    if (!plans.emplace(plan.id, i).second)
      return fmt::format("plans[{}].id: \"{}\" stands there twice", i, plan.id);
    if (auto wrong = PlanPathMistake(plan.path); !wrong.empty())
      return fmt::format("plans[{}].path: \"{}\" {}", i, EscapeControls(plan.path), wrong);
    const bool hex = std::all_of(plan.sha256.begin(), plan.sha256.end(),
                                 [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
    if (plan.sha256.size() != 64 || !hex)
      return fmt::format("plans[{}].sha256: must be 64 lower-case hexadecimal digits", i);
  }
  return {};
}

Mistake CheckPhases(const Manifest& manifest, const Index& plans) {
  for (size_t i = 0; i < manifest.phases.size(); ++i) {
    const std::vector<std::string>& ids = manifest.phases[i].plans;
    for (size_t j = 0; j < ids.size(); ++j) {
      if (!plans.contains(ids[j])) return fmt::format("phases[{}].plans[{}]: no plan \"{}\"", i, j, ids[j]);
    }
  }
  return {};
}

Mistake CheckTasks(const Manifest& manifest, const Index& plans, Index& tasks) {
  std::unordered_set<std::string_view> models;
  for (size_t i = 0; i < manifest.models.size(); ++i)
    if (!models.insert(manifest.models[i].name).second)
      return fmt::format("models[{}].name: \"{}\" stands there twice", i, manifest.models[i].name);
  for (uint32_t i = 0; i < manifest.tasks.size(); ++i) {
    const ManifestTask& task = manifest.tasks[i];
    if (task.id.empty() || HasControls(task.id))
      return fmt::format("tasks[{}].id: is empty or holds control characters", i);
    if (!tasks.emplace(task.id, i).second)
      return fmt::format("tasks[{}].id: \"{}\" stands there twice", i, task.id);
    if (!plans.contains(task.plan)) return fmt::format("tasks[{}].plan: no plan \"{}\"", i, task.plan);
    // A checkpoint is for a person and needs no model.
    const bool without = task.model.empty() && task.checkpoint;
    if (!without && !models.contains(task.model))
      return fmt::format("tasks[{}].model: no model \"{}\"", i, task.model);
  }
  return {};
}

Mistake CheckDependencies(const Manifest& manifest, const Index& tasks,
                          std::vector<std::vector<uint32_t>>& depends_on) {
  depends_on.resize(manifest.tasks.size());
  for (uint32_t i = 0; i < manifest.tasks.size(); ++i) {
    const ManifestTask& task = manifest.tasks[i];
    std::unordered_set<std::string_view> seen;
    for (size_t k = 0; k < task.depends_on.size(); ++k) {
      const std::string& id = task.depends_on[k];
      const auto found = tasks.find(id);
      if (found == tasks.end()) return fmt::format("tasks[{}].depends_on[{}]: no task \"{}\"", i, k, id);
      if (found->second == i)
        return fmt::format("tasks[{}].depends_on[{}]: \"{}\" depends on itself", i, k, id);
      if (!seen.insert(id).second)
        return fmt::format("tasks[{}].depends_on[{}]: \"{}\" stands there twice", i, k, id);
      depends_on[i].push_back(found->second);
    }
    for (size_t k = 0; k < task.dependencies.size(); ++k)
      if (seen.erase(task.dependencies[k].id) == 0)
        return fmt::format(
            "tasks[{}].dependencies[{}].id: \"{}\" is not in depends_on, or stands there twice", i, k,
            task.dependencies[k].id);
    if (!seen.empty())
      return fmt::format("tasks[{}].dependencies: has no reason for \"{}\"", i, *seen.begin());
  }
  return {};
}

// Kahn's algorithm: what is left over stands on a cycle or behind one. Walking backwards from any such task
// through tasks left over must come round again, and does so on a cycle.
Mistake CheckAcyclic(const Manifest& manifest, const std::vector<std::vector<uint32_t>>& depends_on) {
  const size_t count = depends_on.size();
  std::vector<std::vector<uint32_t>> dependents(count);
  std::vector<size_t> missing(count);
  std::vector<uint32_t> ready;
  for (uint32_t i = 0; i < count; ++i) {
    missing[i] = depends_on[i].size();
    if (missing[i] == 0) ready.push_back(i);
    for (uint32_t dependency : depends_on[i]) dependents[dependency].push_back(i);
  }
  for (size_t next = 0; next < ready.size(); ++next)
    for (uint32_t dependent : dependents[ready[next]])
      if (--missing[dependent] == 0) ready.push_back(dependent);
  if (ready.size() == count) return {};

  auto at = static_cast<uint32_t>(
      std::find_if(missing.begin(), missing.end(), [](size_t m) { return m > 0; }) - missing.begin());
  std::vector<size_t> step_of(count, 0);  // 1-based position on the walk
  std::vector<uint32_t> walk;
  while (step_of[at] == 0) {
    walk.push_back(at);
    step_of[at] = walk.size();
    at = *std::find_if(depends_on[at].begin(), depends_on[at].end(),
                       [&](uint32_t d) { return missing[d] > 0; });
  }
  const std::vector<uint32_t> cycle(walk.begin() + static_cast<std::ptrdiff_t>(step_of[at] - 1), walk.end());
  constexpr size_t kShown = 8;
  std::string path;
  for (size_t i = 0; i < std::min(cycle.size(), kShown); ++i) path += manifest.tasks[cycle[i]].id + " -> ";
  if (cycle.size() > kShown) path += "... -> ";
  return fmt::format("tasks[{}].depends_on: a cycle: {}{}", cycle[0], path, manifest.tasks[cycle[0]].id);
}

// Every task stands in one batch, and all it depends on in earlier ones: --schedule=batch relies on it.
Mistake CheckBatches(const Manifest& manifest, const Index& tasks,
                     const std::vector<std::vector<uint32_t>>& depends_on) {
  std::vector<uint32_t> batch_of(manifest.tasks.size(), 0);  // 1-based
  for (uint32_t b = 0; b < manifest.batches.size(); ++b) {
    const ManifestBatch& batch = manifest.batches[b];
    if (batch.batch_number != static_cast<int>(b) + 1)
      return fmt::format("batches[{}].batch_number: {} where {} is expected", b, batch.batch_number, b + 1);
    for (size_t k = 0; k < batch.tasks.size(); ++k) {
      const auto found = tasks.find(batch.tasks[k]);
      if (found == tasks.end())
        return fmt::format("batches[{}].tasks[{}]: no task \"{}\"", b, k, batch.tasks[k]);
      if (batch_of[found->second] != 0)
        return fmt::format("batches[{}].tasks[{}]: \"{}\" is already in a batch", b, k, batch.tasks[k]);
      batch_of[found->second] = b + 1;
    }
    for (size_t k = 0; k < batch.depends_on.size(); ++k)
      if (!tasks.contains(batch.depends_on[k]))
        return fmt::format("batches[{}].depends_on[{}]: no task \"{}\"", b, k, batch.depends_on[k]);
    for (const auto& [task, model] : batch.subagent_model_assignments) {
      const auto found = tasks.find(task);
      if (found == tasks.end() || batch_of[found->second] != b + 1)
        return fmt::format("batches[{}].subagent_model_assignments: \"{}\" is not a task of this batch", b,
                           task);
    }
  }
  for (uint32_t i = 0; i < manifest.tasks.size(); ++i) {
    if (batch_of[i] == 0) return fmt::format("batches: the task \"{}\" is in none", manifest.tasks[i].id);
    for (size_t k = 0; k < depends_on[i].size(); ++k)
      if (batch_of[depends_on[i][k]] >= batch_of[i])
        return fmt::format("tasks[{}].depends_on[{}]: \"{}\" is not in an earlier batch", i, k,
                           manifest.tasks[i].depends_on[k]);
  }
  return {};
}

Mistake CheckSchedule(const ManifestSchedule& schedule, const Index& tasks) {
  for (size_t i = 0; i < schedule.critical_path.size(); ++i)
    if (!tasks.contains(schedule.critical_path[i]))
      return fmt::format("schedule.critical_path[{}]: no task \"{}\"", i, schedule.critical_path[i]);
  for (size_t i = 0; i < schedule.levels.size(); ++i)
    for (size_t k = 0; k < schedule.levels[i].size(); ++k)
      if (!tasks.contains(schedule.levels[i][k]))
        return fmt::format("schedule.levels[{}][{}]: no task \"{}\"", i, k, schedule.levels[i][k]);
  return {};
}

Mistake Check(const Manifest& manifest) {
  if (!manifest.root.empty() && manifest.root.front() == '/')
    return "root: must be relative to the folder of the manifest";
  if (HasControls(manifest.root)) return "root: holds control characters";
  Index plans, tasks;
  std::vector<std::vector<uint32_t>> depends_on;
  if (auto wrong = CheckPlans(manifest, plans); !wrong.empty()) return wrong;
  if (auto wrong = CheckPhases(manifest, plans); !wrong.empty()) return wrong;
  if (auto wrong = CheckTasks(manifest, plans, tasks); !wrong.empty()) return wrong;
  if (auto wrong = CheckDependencies(manifest, tasks, depends_on); !wrong.empty()) return wrong;
  if (auto wrong = CheckAcyclic(manifest, depends_on); !wrong.empty()) return wrong;
  if (auto wrong = CheckBatches(manifest, tasks, depends_on); !wrong.empty()) return wrong;
  return CheckSchedule(manifest.schedule, tasks);
}

}  // namespace

Status ValidateManifest(const Manifest& manifest) {
  if (std::string wrong = Check(manifest); !wrong.empty()) return Error{std::move(wrong)};
  return Ok();
}

}  // namespace gsd
