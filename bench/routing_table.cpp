// The tables of docs/cost.md: what the document's greedy rule, the optimiser and, where it can be worked out,
// the exact optimum cost, with retries and escalation counted the same way for all. Deterministic.
//
//     routing_table EXAMPLE-PLAN.md [CORPUS]      CORPUS: a folder of real projects; one phase of each of 20
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "analysis/cost_report.h"
#include "analysis/optimize.h"
#include "analysis/plan_set.h"
#include "frontend/files.h"
#include "frontend/parser.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

// A folder's plans, analysed without a disk.
struct Phase {
  std::vector<std::unique_ptr<SourceFile>> sources;
  std::vector<fs::path> files;
};

bool Load(const std::vector<fs::path>& files, Phase& phase) {
  constexpr size_t kMostBytes = size_t{1} << 24;
  for (const fs::path& file : files) {
    auto text = ReadWholeFile(file, kMostBytes);
    if (!text) return false;
    const FileId id{static_cast<uint32_t>(phase.sources.size())};
    phase.sources.push_back(std::make_unique<SourceFile>(id, file.filename().string(), std::move(*text)));
    phase.files.push_back(file);
  }
  return true;
}

PlanSet AnalyzePhase(const Phase& phase, const AnalysisOptions& options) {
  std::vector<ParsedPlan> parsed;
  for (const auto& source : phase.sources)
    parsed.push_back({source.get(), ParsePlan(*source), source->path()});
  return Analyze(std::move(parsed), options, EmptyWorkspace());
}

// All with retries.
struct Figures {
  size_t tasks = 0;
  double session = 0, sonnet = 0;  // everything on sonnet: in one session, and each task fresh
  double usd = 0, minutes = 0, quality = 0;
};

Figures Measure(const PlanSet& plans) {
  Figures figures;
  const PriceList& prices = plans.options.prices;
  SessionCost session(prices, Model::kSonnet, 200'000);
  std::vector<int64_t> durations;
  double log_success = 0;
  const auto facts_of = [&](uint32_t task) -> const TaskFacts& {
    const TaskRef ref = plans.tasks[task];
    return plans.units[ref.plan.value].tasks[ref.task];
  };
  for (const uint32_t task : ScheduleOrder(plans)) {
    const TaskFacts& facts = facts_of(task);
    if (facts.checkpoint) continue;
    ++figures.tasks;
    const TaskOption sonnet = OptionOn(Model::kSonnet, facts.estimate, facts.success, prices);
    session.Add(sonnet.tokens);
    figures.sonnet += sonnet.usd;
  }
  for (uint32_t task = 0; task < plans.tasks.size(); ++task) {
    const TaskFacts& facts = facts_of(task);
    double seconds = static_cast<double>(facts.estimate.seconds.expected);
    if (!facts.checkpoint) {
      const TaskOption option = OptionOn(facts.routed.model, facts.estimate, facts.success, prices);
      figures.usd += option.usd;
      log_success += std::log(option.success);
      seconds = option.seconds;
    }
    durations.push_back(std::llround(seconds * 1000));
  }
  figures.session = session.usd();
  figures.minutes = static_cast<double>(DataflowMakespan(plans.execution_graph, durations,
                                                         plans.options.max_parallel, plans.slot_rules)) /
                    60'000;
  figures.quality = std::exp(log_success);
  return figures;
}

std::string Saved(double usd, double against) {
  const double share = against > 0 ? 1 - usd / against : 0;
  return share < 0.005 ? (share < -0.005 ? fmt::format("none: {:.0f} % more", -100 * share) : "none")
                       : fmt::format("{:.0f} %", 100 * share);
}

void PrintPhase(std::string_view name, const Phase& phase) {
  AnalysisOptions options;
  const Figures greedy = Measure(AnalyzePhase(phase, options));
  options.goals.over_declared = true;
  options.goals.objective = Objective::kCost;
  const PlanSet cost_plans = AnalyzePhase(phase, options);
  const Figures cost = Measure(cost_plans);
  options.goals.deadline_minutes = greedy.minutes;
  const Figures kept = Measure(AnalyzePhase(phase, options));
  fmt::print(
      "| {} | {} | {:.4f} | {:.4f} | {:.4f} | {:.4f} | {:.4f} | {} | {} | {} | {:.0f} | {:.0f} | {:.0f} |\n",
      name, greedy.tasks, greedy.session, greedy.sonnet, greedy.usd, cost.usd, kept.usd,
      Saved(greedy.usd, greedy.session), Saved(greedy.usd, greedy.sonnet), Saved(cost.usd, greedy.usd),
      greedy.minutes, cost.minutes, kept.minutes);
}

// The phase with most plans of each project, at most 8 so that a reader can follow; 20 projects by name.
std::vector<std::vector<fs::path>> PhasesOf(const fs::path& corpus) {
  std::vector<std::vector<fs::path>> phases;
  std::vector<fs::path> projects;
  for (const auto& entry : fs::directory_iterator(corpus)) {
    if (entry.is_directory()) projects.push_back(entry.path());
  }
  std::sort(projects.begin(), projects.end());
  for (const fs::path& project : projects) {
    std::map<fs::path, std::vector<fs::path>> folders;
    for (const auto& entry : fs::recursive_directory_iterator(project)) {
      if (entry.is_regular_file() && entry.path().filename().string().ends_with("PLAN.md"))
        folders[entry.path().parent_path()].push_back(entry.path());
    }
    std::vector<fs::path> best;
    for (auto& [folder, files] : folders) {
      std::sort(files.begin(), files.end());
      if (files.size() <= 8 && files.size() > best.size()) best = files;
    }
    if (best.size() >= 2) phases.push_back(std::move(best));
    if (phases.size() == 20) break;
  }
  return phases;
}

void PrintPhases(const fs::path& example, const fs::path& corpus) {
  const PriceList prices = DefaultPriceList();
  fmt::print("USD with retries, prices of {}.\n\n", prices.as_of);
  fmt::print(
      "| phase | tasks | one session, sonnet | fresh, sonnet | greedy | optimised | no slower than greedy | "
      "greedy "
      "against the session | greedy against fresh | optimised against greedy | min greedy | min optimised | "
      "min no "
      "slower |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  Phase phase;
  if (Load({example}, phase)) PrintPhase("the document's example", phase);
  if (corpus.empty()) return;
  for (const auto& files : PhasesOf(corpus)) {
    Phase real;
    if (!Load(files, real)) continue;
    const fs::path folder = files.front().parent_path();
    const std::string project = (*fs::relative(folder, corpus).begin()).string();
    PrintPhase(fmt::format("{}: {}", project, folder.filename().string()), real);
  }
}

// ---- generated plans: how near the optimum each way comes

struct Sample {
  Digraph graph;
  RoutingProblem problem;
  std::vector<uint8_t> greedy;
};

// Uniform numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : bits_(seed) {}
  int Within(int from, int to) {
    const auto unit = static_cast<double>(bits_() >> 11) * 0x1p-53;
    return from + static_cast<int>(unit * (to - from + 1));
  }

 private:
  std::mt19937_64 bits_;
};

void Generate(Random& random, int tasks, Objective objective, bool bound, Sample& sample) {
  const PriceList prices = DefaultPriceList();
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (int i = 1; i < tasks; ++i) {
    for (int k = std::max(0, i - 3); k < i; ++k) {
      if (random.Within(0, 2) == 0) edges.emplace_back(k, i);
    }
  }
  sample.graph = Digraph(static_cast<size_t>(tasks), edges);
  RoutingProblem& problem = sample.problem;
  problem.graph = &sample.graph;
  problem.objective = objective;
  Router router(kDefaultBudgetTokens);
  double most_usd = 0, least_usd = 0;
  std::vector<uint8_t> sonnet(static_cast<size_t>(tasks), 1), opus(static_cast<size_t>(tasks), 2);
  for (int i = 0; i < tasks; ++i) {
    TaskEstimate estimate;
    const int64_t tokens = random.Within(1'000, 16'000), seconds = tokens * 60 / 400;
    estimate.tokens = {tokens * 7 / 10, tokens, tokens * 13 / 10};
    estimate.seconds = {seconds * 7 / 10, seconds, seconds * 13 / 10};
    const int complexity = random.Within(1, 10);
    SuccessRates rates{};
    for (const Model model : kModels)
      rates[static_cast<size_t>(model)] = AssumedSuccessRate(model, complexity);
    auto& options = problem.options.emplace_back();
    for (const Model model : kModels) options.push_back(OptionOn(model, estimate, rates, prices));
    sample.greedy.push_back(
        static_cast<uint8_t>(router.ByComplexity(complexity, static_cast<double>(tokens)).model));
    most_usd += std::ranges::max(options, {}, &TaskOption::most_usd).most_usd;
    least_usd += std::ranges::min(options, {}, &TaskOption::most_usd).most_usd;
  }
  if (!bound) return;
  // Goals that bind: less money than the dearest choice, less time than the greedy one takes.
  if (objective != Objective::kCost) problem.budget_usd = least_usd + (most_usd - least_usd) * 0.4;
  if (objective == Objective::kCost)
    problem.deadline_seconds = Evaluate(problem, sample.greedy).seconds * 0.95;
}

void PrintGenerated() {
  constexpr int kPlans = 200, kTasks = 8;
  fmt::print("{} generated plans of {} tasks for each row.\n\n", kPlans, kTasks);
  fmt::print(
      "| objective | goal | greedy keeps to it | greedy | heuristic keeps to it | heuristic | exact | "
      "heuristic is "
      "exact in |\n|---|---|---:|---:|---:|---:|---:|---:|\n");
  constexpr std::array<std::pair<Objective, bool>, 4> kRows = {{{Objective::kCost, false},
                                                                {Objective::kCost, true},
                                                                {Objective::kTime, true},
                                                                {Objective::kQuality, true}}};
  for (const auto& [of, bound] : kRows) {
    const Objective objective = of;
    Random random(20260801);
    int solvable = 0, greedy_keeps = 0, keeps = 0, equal = 0;
    double greedy_sum = 0, heuristic_sum = 0, exact_sum = 0;
    for (int i = 0; i < kPlans; ++i) {
      Sample sample;
      Generate(random, kTasks, objective, bound, sample);
      const auto exact = ChooseExactly(sample.problem);
      if (!exact) continue;
      ++solvable;
      const RoutingChoice greedy = Evaluate(sample.problem, sample.greedy);
      const RoutingChoice heuristic = ChooseHeuristically(sample.problem);
      const auto value = [&](const RoutingChoice& choice) {
        return objective == Objective::kCost   ? choice.usd
               : objective == Objective::kTime ? choice.seconds / 60
                                               : std::exp(choice.log_success);
      };
      greedy_keeps += greedy.feasible ? 1 : 0;
      greedy_sum += value(greedy);
      keeps += heuristic.feasible ? 1 : 0;
      heuristic_sum += value(heuristic);
      exact_sum += value(*exact);
      equal +=
          heuristic.feasible && std::abs(value(heuristic) - value(*exact)) <= 1e-6 * value(*exact) ? 1 : 0;
    }
    const std::string_view unit = objective == Objective::kCost   ? "USD"
                                  : objective == Objective::kTime ? "min"
                                                                  : "of 1";
    const std::string_view goal = !bound                          ? "none"
                                  : objective == Objective::kCost ? "deadline 5 % below greedy"
                                                                  : "budget of 40 % between least and most";
    const auto mean = [&](double sum) { return fmt::format("{:.4f} {}", sum / solvable, unit); };
    fmt::print("| {} | {} ({} solvable) | {} | {} | {} | {} | {} | {} |\n", ObjectiveName(objective), goal,
               solvable, greedy_keeps, mean(greedy_sum), keeps, mean(heuristic_sum), mean(exact_sum), equal);
  }
}

}  // namespace
}  // namespace gsd

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: routing_table EXAMPLE-PLAN.md [CORPUS]\n");
    return 2;
  }
  gsd::PrintGenerated();
  fmt::print("\n");
  gsd::PrintPhases(argv[1], argc > 2 ? argv[2] : "");
}
