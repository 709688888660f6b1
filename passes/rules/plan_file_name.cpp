#include "analysis/plan_id.h"
#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

std::string_view FileName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Only where other tools search for plans by name does the name matter.
bool StandsAmongPlans(std::string_view path) {
  return path.starts_with(".planning/") || path.find("/.planning/") != std::string_view::npos;
}

// gsdc itself finds more names than the tools that share the folder with it.
bool IsFoundByTools(std::string_view path) {
  const std::string_view name = FileName(path);
  if (name == "PLAN.md" || name.ends_with("-PLAN.md")) return true;
  const std::string_view folder = FileName(path.substr(0, path.size() - name.size() - 1));
  return folder == "plans" && name.starts_with("PLAN-");
}

void CheckNumber(const PlanUnit& unit, std::string_view name, Reporter& report) {
  const Located<std::string_view>& plan = unit.plan.header.plan;
  const auto from_name = PlanIdFromFileName(name);
  // A single number may be anything: the date of a quick plan, the phase of the only plan in it.
  if (!from_name || from_name->phase_number.empty()) return;
  const auto written = ParseInt(plan.value);
  const auto named = ParseInt(from_name->plan);
  if (!written || !named || *written == *named) return;
  report
      .At(plan.span, "this is plan {} by its front matter, but plan {} by its file's name `{}`", plan.value,
          from_name->plan, name)
      .Help("rename the file or correct the number: summaries and dependencies go by both");
}

std::string SuggestedName(const PlanId& id) {
  if (id.phase_number.empty() || id.plan.empty()) return "01-01-PLAN.md";
  return fmt::format("{}-{}-PLAN.md", id.phase_number, id.plan);
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded || unit.content == FileContent::kForeign || !StandsAmongPlans(unit.root_path))
      continue;
    const std::string_view name = FileName(unit.root_path);
    if (IsFoundByTools(unit.root_path)) {
      CheckNumber(unit, name, report);
      continue;
    }
    report.At(FileHead(*unit.source), "`{}` is not a name by which tools find a plan", name)
        .Help("call it `{}`", SuggestedName(unit.id));
  }
}

}  // namespace

extern constinit const Rule plan_file_name = {
    {.name = "plan-file-name",
     .category = "structure",
     .severity = Severity::kWarning,
     .summary = "The plan's file name is not one that tools find, or contradicts its front matter.",
     .rationale =
         "Tools find plans by their names: `NN-MM-PLAN.md`, with a slug if you like "
         "(`01-02-auth-PLAN.md`), or `PLAN.md` alone in its folder. A plan called otherwise is never "
         "counted, scheduled or run. The number in the name also pairs the plan with its summary, so it "
         "must be the one in the front matter. Only files under `.planning/` are checked."},
    Check};

}  // namespace gsd::rules
