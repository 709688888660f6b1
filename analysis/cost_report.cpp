#include "analysis/cost_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gsd {

namespace {

constexpr size_t kMostSavings = 3;            // of each kind
constexpr size_t kMostTried = 40;             // changes of the graph that are worked out
constexpr size_t kMostGraphWork = 4'000'000;  // nodes and edges looked at for them

const TaskFacts& FactsOf(const PlanSet& plans, uint32_t task) {
  const TaskRef ref = plans.tasks[task];
  return plans.units[ref.plan.value].tasks[ref.task];
}

TaskOption OptionOf(const PlanSet& plans, const TaskFacts& facts, Model model) {
  return OptionOn(model, facts.estimate, facts.success, plans.options.prices);
}

class ReportBuilder {
 public:
  explicit ReportBuilder(const PlanSet& plans) : plans_(plans), order_(ScheduleOrder(plans)) {}

  CostReport Build() {
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      CostGroup group{plans_.TaskName(task), {}};
      group.sum.Add(plans_.options.prices, FactsOf(plans_, task));
      report_.total += group.sum;
      report_.tasks.push_back(std::move(group));
    }
    AddPlans();
    for (size_t i = 0; i < plans_.batches.size(); ++i) {
      CostGroup group{fmt::format("{}", i + 1), {}};
      for (const uint32_t task : plans_.batches[i].tasks) group.sum += report_.tasks[task].sum;
      report_.batches.push_back(std::move(group));
    }
    for (const Model model : {Model::kSonnet, Model::kOpus}) {
      for (const bool one_session : {false, true}) AddAlternative(model, one_session);
    }
    const AnalysisOptions& options = plans_.options;
    if (options.budget_given || options.budget_usd) {
      report_.expected = WhatFits(&Estimate::expected, &UsdEstimate::expected);
      report_.worst = WhatFits(&Estimate::high, &UsdEstimate::high);
    }
    AddTimes();
    FindSmallerModels();
    FindShorterSchedules();
    return std::move(report_);
  }

 private:
  void AddPlans() {
    for (uint32_t p = 0; p < plans_.units.size(); ++p) {
      const PlanUnit& unit = plans_.units[p];
      if (unit.superseded) continue;
      CostGroup group{unit.id.id, {}};
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t)
        group.sum += report_.tasks[plans_.UnionTask(PlanIndex{p}, TaskId{t})].sum;
      const std::string& phase = unit.id.phase;
      const auto known = std::ranges::find(report_.phases, phase, &CostGroup::name);
      CostGroup& of = known != report_.phases.end() ? *known : report_.phases.emplace_back(phase, CostSum{});
      of.sum += group.sum;
      report_.plans.push_back(std::move(group));
    }
  }

  void AddAlternative(Model model, bool one_session) {
    const PriceList& prices = plans_.options.prices;
    const int64_t window = plans_.options.window.value_or(InfoOf(model).context_window);
    SessionCost session(prices, model, static_cast<double>(window));
    for (const uint32_t task : order_) {
      const TaskFacts& facts = FactsOf(plans_, task);
      if (!facts.checkpoint) session.Add(static_cast<double>(TokensOn(model, facts.estimate).expected));
    }
    const double usd = one_session ? session.usd() : CostOf(prices, model, session.tokens());
    report_.alternatives.push_back(
        {model, one_session, session.tokens(), usd, one_session ? session.reread() : 0});
  }

  Affordable WhatFits(int64_t Estimate::*tokens_of, double UsdEstimate::*usd_of) const {
    const AnalysisOptions& options = plans_.options;
    Affordable fits;
    int64_t tokens = 0;
    double usd = 0;
    for (const uint32_t task : order_) {
      if (FactsOf(plans_, task).checkpoint) continue;
      ++fits.of;
      if (fits.first_left) continue;
      const CostSum& sum = report_.tasks[task].sum;
      tokens += sum.tokens.*tokens_of;
      usd += sum.usd.*usd_of;
      const bool paid = (!options.budget_given || tokens <= options.budget_tokens) &&
                        (!options.budget_usd || usd <= *options.budget_usd);
      if (paid) {
        ++fits.tasks;
      } else {
        fits.first_left = task;
      }
    }
    return fits;
  }

  int64_t Makespan(const Digraph& graph, const std::vector<int64_t>& seconds) const {
    return DataflowMakespan(graph, seconds, plans_.options.max_parallel, plans_.slot_rules);
  }

  void AddTimes() {
    std::vector<int64_t> with_retries;
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      const TaskFacts& facts = FactsOf(plans_, task);
      seconds_.push_back(facts.estimate.seconds.expected);
      report_.sequential_seconds += seconds_.back();
      with_retries.push_back(facts.checkpoint
                                 ? seconds_.back()
                                 : std::llround(OptionOf(plans_, facts, facts.routed.model).seconds));
    }
    report_.batch_seconds = BatchMakespan(plans_.batches, seconds_, plans_.options.max_parallel);
    report_.dataflow_seconds = Makespan(plans_.execution_graph, seconds_);
    report_.seconds_with_retries = Makespan(plans_.execution_graph, with_retries);
  }

  void Keep(std::vector<Saving> found, double Saving::*gain) {
    std::ranges::stable_sort(found, std::ranges::greater{}, gain);
    found.resize(std::min(found.size(), kMostSavings));
    report_.savings.insert(report_.savings.end(), found.begin(), found.end());
  }
  void KeepShorter(std::vector<Saving> found) {
    std::erase_if(found, [](const Saving& saving) { return saving.seconds <= 0; });
    std::ranges::stable_sort(found, std::ranges::greater{}, &Saving::seconds);
    found.resize(std::min(found.size(), kMostSavings));
    report_.savings.insert(report_.savings.end(), found.begin(), found.end());
  }

  // Nobody changes a finished plan, unless there are no others.
  bool IsOpen(uint32_t task) const {
    return all_finished_ || plans_.units[plans_.tasks[task].plan.value].open();
  }

  // That a phase comes after the one before it is written nowhere, so nobody can take it back.
  bool IsPhaseOrder(uint32_t from, uint32_t to) const {
    const PlanIndex before = plans_.tasks[from].plan, after = plans_.tasks[to].plan;
    return before != after && std::ranges::none_of(plans_.graph.edges, [&](const PlanEdge& edge) {
             return edge.from == before && edge.to == after;
           });
  }

  // One tier down, where that is cheaper although it fails more often.
  void FindSmallerModels() {
    std::vector<Saving> found;
    for (uint32_t task = 0; task < plans_.tasks.size(); ++task) {
      const TaskFacts& facts = FactsOf(plans_, task);
      if (facts.checkpoint || facts.routed.model == Model::kHaiku || !IsOpen(task)) continue;
      const TaskOption now = OptionOf(plans_, facts, facts.routed.model);
      const TaskOption then = OptionOf(plans_, facts, CheaperModel(facts.routed.model));
      if (then.usd >= now.usd || then.success < plans_.options.goals.min_success.value_or(0)) continue;
      Saving saving;
      saving.task = task;
      saving.model = then.model;
      saving.usd = now.usd - then.usd;
      saving.success = then.success;
      saving.was = now.success;
      found.push_back(saving);
    }
    Keep(std::move(found), &Saving::usd);
  }

  // Only tasks and edges of the critical path can shorten the schedule, and only so much as it is worked out
  // again without them.
  void FindShorterSchedules() {
    const Digraph& graph = plans_.execution_graph;
    const CriticalPath& path = plans_.critical_path;
    const size_t work = graph.size() + graph.edge_count() + 1;
    const size_t tries = std::min(kMostTried, kMostGraphWork / work);
    const auto gain = [&](const Digraph& changed, const std::vector<int64_t>& seconds) {
      return report_.dataflow_seconds - Makespan(changed, seconds);
    };
    std::vector<uint32_t> longest(path.tasks);
    std::erase_if(longest, [&](uint32_t task) { return FactsOf(plans_, task).checkpoint || !IsOpen(task); });
    std::ranges::stable_sort(longest, std::ranges::greater{}, [&](uint32_t task) { return seconds_[task]; });
    longest.resize(std::min({longest.size(), kMostSavings, tries}));
    std::vector<Saving> split;
    for (const uint32_t task : longest) {
      std::vector<int64_t> seconds = seconds_;
      seconds[task] -= seconds[task] / 2;
      Saving saving;
      saving.kind = Saving::Kind::kSplit;
      saving.task = task;
      saving.seconds = gain(graph, seconds);
      split.push_back(saving);
    }
    KeepShorter(std::move(split));

    std::vector<Saving> dropped;
    size_t tried = 0;
    for (size_t i = 1; i < path.tasks.size() && tried < tries; ++i) {
      if (!IsOpen(path.tasks[i]) || IsPhaseOrder(path.tasks[i - 1], path.tasks[i])) continue;
      ++tried;
      Saving saving;
      saving.kind = Saving::Kind::kDropDependency;
      saving.task = path.tasks[i];
      saving.before = path.tasks[i - 1];
      saving.seconds = gain(WithoutEdge(graph, saving.before, saving.task), seconds_);
      dropped.push_back(saving);
    }
    KeepShorter(std::move(dropped));
  }

  const PlanSet& plans_;
  const std::vector<uint32_t> order_;
  const bool all_finished_ =
      std::ranges::none_of(plans_.units, [](const PlanUnit& unit) { return unit.open(); });
  std::vector<int64_t> seconds_;  // by union task
  CostReport report_;
};

}  // namespace

Digraph WithoutEdge(const Digraph& graph, uint32_t from, uint32_t to) {
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  edges.reserve(graph.edge_count() + graph.Predecessors(from).size() + graph.Successors(to).size());
  for (uint32_t node = 0; node < graph.size(); ++node) {
    for (const uint32_t before : graph.Predecessors(node)) {
      if (before != from || node != to) edges.emplace_back(before, node);
    }
  }
  for (const uint32_t before : graph.Predecessors(from)) edges.emplace_back(before, to);
  for (const uint32_t after : graph.Successors(to)) edges.emplace_back(from, after);
  return Digraph(graph.size(), edges);
}

CostSum& CostSum::operator+=(const CostSum& more) {
  tasks += more.tasks;
  tokens.low += more.tokens.low;
  tokens.expected += more.tokens.expected;
  tokens.high += more.tokens.high;
  counters.input += more.counters.input;
  counters.output += more.counters.output;
  counters.cache_write += more.counters.cache_write;
  counters.cache_read += more.counters.cache_read;
  usd.low += more.usd.low;
  usd.expected += more.usd.expected;
  usd.high += more.usd.high;
  usd_with_retries += more.usd_with_retries;
  return *this;
}

void CostSum::Add(const PriceList& prices, const TaskFacts& facts) {
  if (facts.checkpoint) return;
  const Model model = facts.routed.model;
  CostSum task;
  task.tasks = 1;
  task.tokens = TokensOn(model, facts.estimate);
  task.counters = CountersOf(prices.mix, static_cast<double>(task.tokens.expected));
  task.usd = CostOf(prices, model, task.tokens);
  task.usd_with_retries = OptionOn(model, facts.estimate, facts.success, prices).usd;
  *this += task;
}

CostReport BuildCostReport(const PlanSet& plans) { return ReportBuilder(plans).Build(); }

}  // namespace gsd
