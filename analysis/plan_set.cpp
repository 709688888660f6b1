#include "analysis/plan_set.h"
#include "analysis/token_stats_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/plan_resolution.h"
#include "analysis/steps.h"

namespace gsd {

std::string PlanSet::TaskName(uint32_t union_task) const {
  const TaskRef ref = tasks[union_task];
  const PlanUnit& unit = units[ref.plan.value];
  return fmt::format("{}:{}", unit.id.id, unit.plan.tasks[ref.task].number);
}

namespace {

// What authors write into `status` of a plan that has been executed: "complete", "done # merged",
// "complete_shipped".
bool SaysDone(std::string_view status) {
  constexpr std::string_view kDone[] = {"complete", "completed", "done", "executed", "shipped"};
  const auto end = std::find_if_not(status.begin(), status.end(), IsAlpha);
  const std::string_view word = status.substr(0, static_cast<size_t>(end - status.begin()));
  return std::ranges::any_of(kDone, [&](std::string_view done) { return EqualsIgnoreCase(word, done); });
}

// A file of another format is taken for an empty one: what stands in it is nothing to find fault with.
Plan EmptyPlan(const Plan& foreign) {
  Plan plan;
  plan.file = foreign.file;
  plan.eol = foreign.eol;
  plan.directives = foreign.directives;
  return plan;
}

// Ids must be unique in a manifest. Plans of one id in different folders (archived milestones) get the
// folder's name in front; what is still the same, a count behind.
void MakeIdsUnique(std::vector<PlanUnit>& units) {
  std::map<std::string, std::vector<size_t>> by_id;
  for (size_t i = 0; i < units.size(); ++i) by_id[units[i].id.id].push_back(i);
  for (const auto& [id, same] : by_id) {
    if (same.size() < 2) continue;
    std::map<std::string, std::vector<size_t>> taken;
    for (const size_t i : same) {
      const std::string_view folder = FolderOf(units[i].root_path);
      const std::string_view above = FolderOf(folder);
      std::string name(above.substr(above.rfind('/') == std::string_view::npos ? 0 : above.rfind('/') + 1));
      for (char& c : name) {
        if (IsSpace(c) || c == ':') c = '-';
      }
      std::string unique = name.empty() ? id : name + "/" + id;
      std::vector<size_t>& alike = taken[unique];
      alike.push_back(i);
      if (alike.size() > 1) unique += fmt::format("~{}", alike.size());
      units[i].id.id = std::move(unique);
    }
    for (const auto& [unique, alike] : taken) {
      for (const size_t i : alike) units[i].id.counted = alike.size() > 1;
    }
  }
}

// The project's statistics and the log beside them: the first records may stand in the log alone. What is
// damaged is left out: what gsd-run does about that is its own business.
TokenStats ReadTokenStats(const Workspace& workspace) {
  TokenStats stats;
  if (const auto json = workspace.ReadHead(kTokenStatsPath, kLargestTokenStats))
    stats = ParseTokenStats(*json).stats;
  if (const auto log = workspace.ReadHead(kTokenLogPath, kLargestTokenStats)) {
    for (const TokenRecord& record : ParseTokenLog(*log)) AddRecord(stats, record);
  }
  return stats;
}

// Over what is assumed, and never over what somebody configured.
void LearnMix(const TokenStats& user_stats, PlanSet& set) {
  PriceList& prices = set.options.prices;
  if (prices.mix_source == MixSource::kConfigured) return;
  const TokenCounters mix = LearnedMix(set.token_stats, user_stats);
  if (mix == kDefaultTokenMix) return;  // nothing has been recorded
  prices.mix = mix;
  prices.mix_source = MixSource::kLearned;
}

}  // namespace

PlanSet Analyze(std::vector<ParsedPlan> plans, const AnalysisOptions& options, const Workspace& workspace) {
  PlanSet set;
  set.options = options;
  set.units.reserve(plans.size());
  for (ParsedPlan& parsed : plans) {
    PlanUnit unit;
    unit.source = parsed.source;
    unit.plan = std::move(parsed.plan);
    unit.root_path = std::move(parsed.root_path);
    unit.id = IdentifyPlan(unit.plan, unit.root_path);
    unit.content = ContentOf(unit.plan, unit.root_path);
    if (unit.content == FileContent::kForeign) unit.plan = EmptyPlan(unit.plan);
    unit.says_done = SaysDone(unit.plan.header.status.value);
    unit.superseded = EqualsIgnoreCase(unit.plan.header.status.value, "superseded");
    if (set.sources.size() <= unit.plan.file.value) set.sources.resize(unit.plan.file.value + 1);
    set.sources[unit.plan.file.value] = unit.source;
    set.units.push_back(std::move(unit));
  }
  // Before ids are told apart: a plan's text names it as its author does.
  for (PlanUnit& unit : set.units) unit.graph = BuildTaskGraph(*unit.source, unit.plan, unit.id);
  MakeIdsUnique(set.units);
  set.graph = BuildPlanGraph(set.units, workspace);
  ComparePhases(set, workspace);
  FindCouplings(set, workspace);
  set.token_stats = ReadTokenStats(workspace);
  TokenStats user_stats;
  if (!options.user_token_stats.empty()) user_stats = ParseTokenStats(options.user_token_stats).stats;
  LearnMix(user_stats, set);
  ComputeTaskFacts(set, user_stats, workspace);
  BuildUnion(set);
  RouteTasks(set);
  MeasureContext(set, workspace);
  FindMissingFiles(set, workspace);
  return set;
}

}  // namespace gsd
