// The compiler from paths to findings: find → read and parse → analyse → run the rules.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/plan_set.h"
#include "analysis/workspace.h"
#include "frontend/diagnostic.h"
#include "passes/rule.h"

namespace gsd {

// A plan to compile: where diagnostics say it is, and its bytes.
struct PlanInput {
  std::string path;       // as shown
  std::string root_path;  // relative to the project root, with forward slashes
  std::string text;
  bool unread = false;  // the bytes are still in the file `path`
};

// Everything that a compilation holds on to. The views inside point into `sources`.
struct Compilation {
  std::vector<std::unique_ptr<SourceFile>> sources;
  PlanSet plans;
  std::vector<Diagnostic> diagnostics;
};

// Sources with their syntax trees, in the order of the inputs.
struct ParsedPlans {
  std::vector<std::unique_ptr<SourceFile>> sources;
  std::vector<ParsedPlan> plans;
};

// Reads what is unread, and parses, on up to `jobs` threads. The result does not depend on them; of several
// files that cannot be read, the first is the error.
Result<ParsedPlans> ParsePlans(std::vector<PlanInput> inputs, int jobs);
// Large plans keep up to `jobs` threads busy with rules.
Compilation Compile(ParsedPlans parsed, const AnalysisOptions& analysis, const RuleSelection& rules,
                    const Workspace& workspace, int jobs);
// Of plans that are in memory, in one go.
Compilation Compile(std::vector<PlanInput> inputs, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace);

// The largest file that is taken for a plan.
inline constexpr size_t kMostPlanBytes = size_t{1} << 30;

// Reads what is unread, on up to `jobs` threads.
Status ReadTexts(std::vector<PlanInput>& inputs, int jobs);
// What is needed to show findings that are known already: sources and paths, and no facts.
Compilation Recompose(std::vector<PlanInput> inputs, std::vector<Diagnostic> findings);

// Plans that know each other. Those of another project may have the same numbers and files of the same names,
// and mean others.
struct Project {
  std::string root;         // absolute
  bool in_project = false;  // the root was given or found; else the plans stand outside any project
  std::string prefix;  // of the root in its git repository: "packages/app/", or "" at the top or without one
  std::vector<PlanInput> inputs;
};
struct FoundPlans {
  std::vector<Project> projects;
  size_t foreign = 0;  // files of other formats that were passed over
};
// Globs, as in .gitignore, of what is not walked into; relative to `folder`.
struct ExcludedPaths {
  std::string folder;
  std::vector<std::string> globs;
};
// The plans that the paths name, not yet read: files, folders (walked for plan files, honouring .gitignore
// and passing over those of other formats), "-" for `stdin_text`. `root` is the root of all of them; empty:
// each plan belongs to the nearest folder above it that holds .planning or .git, and without one to the
// folder of the first path.
Result<FoundPlans> FindPlans(const std::vector<std::string>& paths, const std::string& root,
                             const ExcludedPaths& excluded, std::string_view stdin_text,
                             std::string_view stdin_name);

// The real disk under `root`.
std::unique_ptr<Workspace> OpenWorkspace(const std::string& root);
// The user-level token statistics as JSON; "" when there are none.
std::string ReadUserTokenStats();

}  // namespace gsd
