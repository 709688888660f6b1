// All projects of a run: each is compiled on its own, from the cache where nothing has changed, and what they
// say is put together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/findings.h"
#include "driver/gsdc_compile.h"
#include "driver/gsdc_timings.h"

namespace gsd {

// A project, and how it is judged.
struct CompileJob {
  Project project;
  AnalysisOptions analysis;
  RuleSelection rules;
  std::unique_ptr<Workspace> workspace;  // of the project's root
};

// Compiles all projects, on up to `threads` threads; takes their inputs. The results are in the order of the
// jobs and do not depend on the threads. An empty `cache_folder` is no cache.
Result<std::vector<Compilation>> CompileProjects(std::vector<CompileJob>& jobs, int threads,
                                                 const std::string& cache_folder, Timings& timings);

// Findings with the files that they are about.
struct Findings {
  FileTable files;
  std::vector<std::string> full_paths;  // absolute, by FileId
  std::vector<Diagnostic> diagnostics;
};
// Puts the findings of several projects together: numbers the files through, and moves the diagnostics out of
// the compilations, which go on owning the files.
Findings GatherFindings(const std::vector<CompileJob>& jobs, std::vector<Compilation>& compilations);

}  // namespace gsd
