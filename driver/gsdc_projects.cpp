#include "driver/gsdc_projects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "driver/gsdc_cache.h"
#include "driver/parallel.h"
#include "frontend/support.h"

namespace gsd {

namespace {

Result<Compilation> CompileInputs(CompileJob& job, const Workspace& workspace, int threads,
                                  Stopwatch& watch) {
  auto parsed = ParsePlans(std::move(job.project.inputs), threads);
  if (!parsed) return Error{parsed.error()};
  watch.Step("read and parse the plans");
  Compilation compilation = Compile(std::move(*parsed), job.analysis, job.rules, workspace, threads);
  watch.Step("analyse, run the rules");
  return compilation;
}

Result<Compilation> CompileWithCache(CompileJob& job, int threads, const std::string& cache_folder,
                                     Stopwatch& watch) {
  std::vector<PlanInput>& inputs = job.project.inputs;
  if (Status status = ReadTexts(inputs, threads); !status) return Error{status.error()};
  size_t bytes = 0;
  for (const PlanInput& input : inputs) bytes += input.text.size();
  if (bytes < LintCache::kWorthCaching) return CompileInputs(job, *job.workspace, threads, watch);
  std::vector<std::string> digests(inputs.size());
  ParallelFor(inputs.size(), threads, [&](size_t i) { digests[i] = Sha256Hex(inputs[i].text); });
  const std::string contents = Sha256Hex(fmt::format("{}", fmt::join(digests, "\n")));
  const LintCache cache(
      cache_folder, CacheKeyText(inputs, job.project.root, job.project.in_project, job.analysis, job.rules));
  watch.Step("read the plans");
  if (auto findings = cache.Find(contents, *job.workspace)) {
    watch.Step("find them in the cache");
    return Recompose(std::move(inputs), std::move(*findings));
  }
  const RecordingWorkspace recorder(*job.workspace);
  auto compilation = CompileInputs(job, recorder, threads, watch);
  if (compilation) cache.Store(contents, recorder.questions(), compilation->diagnostics);
  watch.Step("write the cache");
  return compilation;
}

// As if the first file of the compilation had the number `first`.
void Renumber(Diagnostic& diagnostic, uint32_t first) {
  const auto shift = [&](Span& span) { span.file.value += first; };
  shift(diagnostic.span);
  for (auto& label : diagnostic.labels) shift(label.span);
  if (!diagnostic.fix) return;
  for (Edit& edit : diagnostic.fix->edits) shift(edit.span);
}

}  // namespace

Result<std::vector<Compilation>> CompileProjects(std::vector<CompileJob>& jobs, int threads,
                                                 const std::string& cache_folder, Timings& timings) {
  std::vector<Compilation> compilations(jobs.size());
  std::vector<std::string> errors(jobs.size());
  // Enough projects keep the threads busy; the plans of few are shared out among them.
  const bool many = jobs.size() >= static_cast<size_t>(std::max(threads, 1));
  const auto compile = [&](size_t i) {
    Stopwatch watch(timings);
    const int own_threads = many ? 1 : threads;
    auto compiled = cache_folder.empty() ? CompileInputs(jobs[i], *jobs[i].workspace, own_threads, watch)
                                         : CompileWithCache(jobs[i], own_threads, cache_folder, watch);
    if (compiled) {
      compilations[i] = std::move(*compiled);
    } else {
      errors[i] = compiled.error();
    }
  };
  ParallelFor(jobs.size(), many ? threads : 1, compile, 1);
  for (std::string& error : errors) {
    if (!error.empty()) return Error{std::move(error)};
  }
  return compilations;
}

Findings GatherFindings(const std::vector<CompileJob>& jobs, std::vector<Compilation>& compilations) {
  Findings all;
  for (size_t i = 0; i < compilations.size(); ++i) {
    const auto first = static_cast<uint32_t>(all.files.sources.size());
    const FileTable files = FilesOf(compilations[i].plans);
    all.files.sources.insert(all.files.sources.end(), files.sources.begin(), files.sources.end());
    const Project& project = jobs[i].project;
    for (const std::string& path : files.root_paths) {
      all.files.root_paths.push_back(project.prefix + path);
      all.full_paths.push_back(project.root + "/" + path);
    }
    std::vector<Diagnostic>& found = compilations[i].diagnostics;
    if (first > 0) {
      for (Diagnostic& diagnostic : found) Renumber(diagnostic, first);
    }
    all.diagnostics.insert(all.diagnostics.end(), std::make_move_iterator(found.begin()),
                           std::make_move_iterator(found.end()));
    found.clear();
  }
  return all;
}

}  // namespace gsd
