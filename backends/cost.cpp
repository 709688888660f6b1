// What the plans are expected to cost, for people (Markdown) and for programs (JSON).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "analysis/cost_report.h"
#include "backends/backend.h"
#include "backends/escaped_text.h"
#include "backends/graph_view.h"
#include "backends/json_writer.h"

namespace gsd {

namespace {

constexpr double kMainSessionTarget = 0.2;  // part 1.2 of the design document: 10 to 20 %

std::string Usd(double usd) { return fmt::format("${:.4f}", usd); }
std::string Tokens(double tokens) { return Grouped(std::llround(tokens)); }
// "45.0 min"; "662.5 min (11 h 3 min)"
std::string Minutes(int64_t seconds) {
  const std::string minutes = fmt::format("{:.1f} min", static_cast<double>(seconds) / 60);
  return seconds < 7200 ? minutes : fmt::format("{} ({})", minutes, DescribeSeconds(seconds));
}
std::string Percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string_view DescribeMix(MixSource source) {
  switch (source) {
    case MixSource::kAssumed:
      return "an assumption, until runs are recorded";
    case MixSource::kLearned:
      return "from the attempts that were recorded";
    case MixSource::kConfigured:
      return "as configured";
  }
  return "";
}

// A saving, or in plain words that there is none.
std::string SavingAgainst(double cost, double alternative) {
  if (!(alternative > 0) || cost >= alternative * 0.995)
    return alternative > 0 && cost > alternative * 1.005
               ? fmt::format("no saving: {} more", Usd(cost - alternative))
               : "no saving";
  return fmt::format("{} ({})", Usd(alternative - cost), Percent(1 - cost / alternative));
}

class CostText {
 public:
  CostText(const PlanSet& plans, std::string& out)
      : plans_(plans), report_(BuildCostReport(plans)), out_(out) {}

  void Write() {
    WriteTotal();
    WriteAlternatives();
    WriteBudget();
    WriteGoals();
    WriteTime();
    WriteSavings();
    WriteGroups("Phases", "phase", report_.phases);
    WriteGroups("Plans", "plan", report_.plans);
    WriteGroups("Batches", "batch", report_.batches);
    WriteTasks();
    WriteContext();
    WriteAssumptions();
  }

 private:
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void WriteTotal() {
    const CostSum& total = report_.total;
    const TokenCounters& counters = total.counters;
    Add("# Cost\n\n{} tasks, prices of {}.\n\n", total.tasks, plans_.options.prices.as_of);
    WriteFinished();
    out_ += "| | low | expected | high |\n|---|---:|---:|---:|\n";
    Add("| tokens | {} | {} | {} |\n", Grouped(total.tokens.low), Grouped(total.tokens.expected),
        Grouped(total.tokens.high));
    Add("| dollars | {} | {} | {} |\n", Usd(total.usd.low), Usd(total.usd.expected), Usd(total.usd.high));
    Add("\nExpected tokens: {} input, {} output, {} written to the cache; {} read from it beside them.\n",
        Tokens(counters.input), Tokens(counters.output), Tokens(counters.cache_write),
        Tokens(counters.cache_read));
    Add("With the attempts that are expected to fail and the escalation after them: {}.\n",
        Usd(total.usd_with_retries));
  }

  // What is done costs nothing any more, unless somebody runs it again.
  void WriteFinished() {
    size_t plans = 0, finished = 0;
    for (const PlanUnit& unit : plans_.units) {
      if (unit.superseded) continue;
      ++plans;
      if (unit.finished()) ++finished;
    }
    if (finished == 0) return;
    if (plans == 1) {
      out_ += "The plan is finished: this is what it costs to run it again.\n\n";
    } else {
      Add("{} of the {} plans {} finished; counted as if run again.\n\n", finished, plans,
          finished == 1 ? "is" : "are");
    }
  }

  void WriteAlternatives() {
    out_ +=
        "\n## The same work otherwise\n\n"
        "| how | tokens | read again | dollars | saved by this plan |\n|---|---:|---:|---:|---|\n";
    for (const Alternative& other : report_.alternatives) {
      Add("| {} on {} | {} | {} | {} | {} |\n",
          other.one_session ? "one session, task after task," : "each task fresh", InfoOf(other.model).name,
          Tokens(other.tokens), Tokens(other.reread), Usd(other.usd),
          SavingAgainst(report_.total.usd.expected, other.usd));
    }
    out_ +=
        "\n\"Read again\": what earlier tasks left in the session's context, from the cache, at every "
        "turn.\n";
  }

  void WriteBudget() {
    if (!report_.expected) return;
    const AnalysisOptions& options = plans_.options;
    out_ += "\n## What the budget buys\n\n";
    if (options.budget_given) Add("- Budget: {} tokens.\n", Grouped(options.budget_tokens));
    if (options.budget_usd) Add("- Budget: {}.\n", Usd(*options.budget_usd));
    const auto line = [&](std::string_view as, const Affordable& fits) {
      Add("- At the {} estimates: {} of {} tasks{}.\n", as, fits.tasks, fits.of,
          fits.first_left
              ? fmt::format("; {} is not paid for any more", MarkdownLine(plans_.TaskName(*fits.first_left)))
              : "");
    };
    line("expected", *report_.expected);
    line("high", *report_.worst);
  }

  void WriteGoals() {
    if (!plans_.optimized) return;
    const RoutingChoice& choice = plans_.optimized->choice;
    Add("\n## Models chosen for {}\n\n", ObjectiveName(*plans_.options.goals.objective));
    Add("- {}.\n", plans_.optimized->exact
                       ? "No other choice is better: all were compared"
                       : "Chosen by a heuristic: there are too many choices to compare all");
    Add("- With retries: {} and {} tokens expected, at most {} and {} held against the budget.\n",
        Usd(choice.usd), Tokens(choice.tokens), Usd(choice.most_usd), Tokens(choice.most_tokens));
    Add("- Every first attempt succeeds with {}.\n", Percent(std::exp(choice.log_success)));
  }

  void WriteTime() {
    if (TopologicalOrder(plans_.execution_graph).size() < plans_.execution_graph.size()) {
      out_ += "\n## Time\n\nTasks wait for each other in a circle: there is no schedule.\n";
      return;
    }
    Add("\n## Time\n\n- One after the other: {}. Batch by batch: {}. As soon as possible, {} at once: {}; "
        "with the retries that are expected: {}.\n",
        Minutes(report_.sequential_seconds), Minutes(report_.batch_seconds), plans_.options.max_parallel,
        Minutes(report_.dataflow_seconds), Minutes(report_.seconds_with_retries));
    constexpr size_t kMostShown = 30;
    const auto& path = plans_.critical_path.tasks;
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min(path.size(), kMostShown); ++i)
      names.push_back(MarkdownLine(plans_.TaskName(path[i])));
    if (names.size() < path.size()) names.push_back(fmt::format("{} more", path.size() - names.size()));
    Add("- Critical path, {}: {}\n", Minutes(plans_.critical_path.seconds), fmt::join(names, " → "));
  }

  void WriteSavings() {
    out_ += "\n## What would save most\n\n";
    if (report_.savings.empty()) out_ += "Nothing that is known.\n";
    const EdgeOrigins origins(plans_);
    for (const Saving& saving : report_.savings) {
      const std::string task = MarkdownLine(plans_.TaskName(saving.task));
      switch (saving.kind) {
        case Saving::Kind::kSmallerModel:
          Add("- {} on {}: {} less with retries; a first attempt succeeds with {} instead of {}.\n", task,
              InfoOf(saving.model).name, Usd(saving.usd), Percent(saving.success), Percent(saving.was));
          break;
        case Saving::Kind::kSplit:
          Add("- {} in two halves side by side: {} off.\n", task, Minutes(saving.seconds));
          break;
        case Saving::Kind::kDropDependency:
          Add("- {} without waiting for {} ({}): {} off.\n", task,
              MarkdownLine(plans_.TaskName(saving.before)),
              EdgeSourceName(origins.Find(saving.before, saving.task).source), Minutes(saving.seconds));
          break;
      }
    }
  }

  void WriteGroups(std::string_view title, std::string_view what, const std::vector<CostGroup>& groups) {
    Add("\n## {}\n\n| {} | tasks | tokens low | expected | high | USD low | expected | high |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|\n",
        title, what);
    for (const CostGroup& group : groups) {
      const CostSum& sum = group.sum;
      Add("| {} | {} | {} | {} | {} | {} | {} | {} |\n", MarkdownLine(group.name), sum.tasks,
          Grouped(sum.tokens.low), Grouped(sum.tokens.expected), Grouped(sum.tokens.high), Usd(sum.usd.low),
          Usd(sum.usd.expected), Usd(sum.usd.high));
    }
  }

  void WriteTasks() {
    out_ +=
        "\n## Tasks\n\n| task | model | tokens low | expected | high | USD low | expected | high | with "
        "retries | first attempt | reads |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) {
      const TaskFacts& facts = FactsOf(plans_, i);
      const CostSum& sum = report_.tasks[i].sum;
      if (facts.checkpoint) continue;
      Add("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} file{}, {} bytes |\n",
          MarkdownLine(report_.tasks[i].name), InfoOf(facts.routed.model).name, Grouped(sum.tokens.low),
          Grouped(sum.tokens.expected), Grouped(sum.tokens.high), Usd(sum.usd.low), Usd(sum.usd.expected),
          Usd(sum.usd.high), Usd(sum.usd_with_retries),
          Percent(facts.success[static_cast<size_t>(facts.routed.model)]), facts.reads.files,
          facts.reads.files == 1 ? "" : "s", Grouped(facts.reads.bytes));
    }
  }

  void WriteContext() {
    uint32_t fullest = 0;
    int64_t most = 0;
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) {
      const TaskFacts& facts = FactsOf(plans_, i);
      if (!facts.checkpoint && facts.context_tokens > most) most = facts.context_tokens, fullest = i;
    }
    out_ += "\n## Context\n\n";
    Add("- Main session: {} of all tokens; the target is at most {}{}.\n", Percent(plans_.main_context_share),
        Percent(kMainSessionTarget), plans_.main_context_share <= kMainSessionTarget ? "" : ": over it");
    if (most == 0) return;
    const TaskFacts& facts = FactsOf(plans_, fullest);
    const int64_t window = plans_.options.window.value_or(InfoOf(facts.routed.model).context_window);
    Add("- Fullest before the work begins: {} with {} tokens (its prompt, what it reads{}), {} of the window "
        "of "
        "{}.\n",
        MarkdownLine(plans_.TaskName(fullest)), Grouped(most),
        facts.inherited_context ? ", what the main session has said before" : "",
        Percent(static_cast<double>(most) / static_cast<double>(window)), InfoOf(facts.routed.model).name);
    for (const ContextFile& file : facts.reads.largest)
      Add("  - {}: {} bytes\n", MarkdownCode(file.path), Grouped(file.bytes));
  }

  void WriteAssumptions() {
    const PriceList& prices = plans_.options.prices;
    Add("\n## Assumptions\n\nUSD per million tokens, {}:\n\n"
        "| model | input | output | cache write | cache read |\n|---|---:|---:|---:|---:|\n",
        prices.as_of);
    for (const Model model : kModels) {
      const Prices& of = prices.Of(model);
      Add("| {} | {} | {} | {:.4g} | {:.4g} |\n", InfoOf(model).name, of.input, of.output, of.cache_write,
          of.cache_read);
    }
    Add("\nOf 100 tokens {:.4g} are input, {:.4g} output, {:.4g} written to the cache; {:.4g} are read from "
        "it beside them ({}). A failed attempt is repeated one tier up, at most twice.\n",
        100 * prices.mix.input, 100 * prices.mix.output, 100 * prices.mix.cache_write,
        100 * prices.mix.cache_read, DescribeMix(prices.mix_source));
  }

  const PlanSet& plans_;
  const CostReport report_;
  std::string& out_;
};

// Money to a millionth, as in the manifest.
double Rounded(double value) { return std::round(value * 1e6) / 1e6 + 0.0; }

class CostJson {
 public:
  CostJson(const PlanSet& plans, std::string& out)
      : plans_(plans), report_(BuildCostReport(plans)), json_(out) {}

  void Write(std::string_view generator) {
    json_.BeginObject();
    json_.Member("version", 1);
    json_.Member("generator", generator);
    Prices();
    json_.Key("total");
    json_.BeginObject();
    Sum(report_.total);
    json_.EndObject();
    Groups("phases", report_.phases);
    Groups("plans", report_.plans);
    Groups("batches", report_.batches);
    Tasks();
    Alternatives();
    Budget();
    Time();
    Savings();
    json_.Member("main_context_share", Rounded(plans_.main_context_share));
    json_.EndObject();
  }

 private:
  template <typename Counters>
  void Counts(std::string_view name, const Counters& counters) {
    json_.Key(name);
    json_.BeginObject();
    json_.Member("input", Rounded(counters.input));
    json_.Member("output", Rounded(counters.output));
    json_.Member("cache_write", Rounded(counters.cache_write));
    json_.Member("cache_read", Rounded(counters.cache_read));
    json_.EndObject();
  }
  void Prices() {
    const PriceList& list = plans_.options.prices;
    json_.Key("prices");
    json_.BeginObject();
    json_.Member("as_of", list.as_of);
    for (const Model model : kModels) Counts(InfoOf(model).name, list.Of(model));
    json_.EndObject();
    Counts("token_mix", list.mix);
    json_.Member("token_mix_source", MixSourceName(list.mix_source));
  }
  void Sum(const CostSum& sum) {
    json_.Key("tokens");
    json_.BeginObject();
    json_.Member("low", sum.tokens.low);
    json_.Member("expected", sum.tokens.expected);
    json_.Member("high", sum.tokens.high);
    json_.EndObject();
    Counts("counters", sum.counters);
    json_.Key("usd");
    json_.BeginObject();
    json_.Member("low", Rounded(sum.usd.low));
    json_.Member("expected", Rounded(sum.usd.expected));
    json_.Member("high", Rounded(sum.usd.high));
    json_.Member("with_retries", Rounded(sum.usd_with_retries));
    json_.EndObject();
  }
  void Groups(std::string_view name, const std::vector<CostGroup>& groups) {
    json_.Key(name);
    json_.BeginArray();
    for (const CostGroup& group : groups) {
      json_.BeginObject();
      json_.Member("name", group.name);
      json_.Member("tasks", static_cast<int64_t>(group.sum.tasks));
      Sum(group.sum);
      json_.EndObject();
    }
    json_.EndArray();
  }
  void Tasks() {
    json_.Key("tasks");
    json_.BeginArray();
    for (uint32_t i = 0; i < plans_.tasks.size(); ++i) {
      const TaskFacts& facts = FactsOf(plans_, i);
      if (facts.checkpoint) continue;
      json_.BeginObject();
      json_.Member("id", report_.tasks[i].name);
      json_.Member("model", InfoOf(facts.routed.model).name);
      json_.Member("success", Rounded(facts.success[static_cast<size_t>(facts.routed.model)]));
      Sum(report_.tasks[i].sum);
      json_.Member("context_files", facts.reads.files);
      json_.Member("context_bytes", facts.reads.bytes);
      json_.Member("context_tokens", facts.context_tokens);
      json_.EndObject();
    }
    json_.EndArray();
  }
  void Alternatives() {
    json_.Key("alternatives");
    json_.BeginArray();
    for (const Alternative& other : report_.alternatives) {
      json_.BeginObject();
      json_.Member("model", InfoOf(other.model).name);
      json_.Member("one_session", other.one_session);
      json_.Member("tokens", std::round(other.tokens));
      json_.Member("read_again", std::round(other.reread));
      json_.Member("usd", Rounded(other.usd));
      json_.Member("saved", other.usd > 0 ? Rounded(1 - report_.total.usd.expected / other.usd) : 0);
      json_.EndObject();
    }
    json_.EndArray();
  }
  void Fits(std::string_view name, const std::optional<Affordable>& fits) {
    json_.Key(name);
    if (!fits) return json_.Null();
    json_.BeginObject();
    json_.Member("tasks", static_cast<int64_t>(fits->tasks));
    json_.Member("of", static_cast<int64_t>(fits->of));
    json_.Key("first_left");
    fits->first_left ? json_.String(plans_.TaskName(*fits->first_left)) : json_.Null();
    json_.EndObject();
  }
  void Budget() {
    json_.Key("budget_buys");
    json_.BeginObject();
    Fits("expected", report_.expected);
    Fits("high", report_.worst);
    json_.Key("tokens");
    plans_.options.budget_given ? json_.Int(plans_.options.budget_tokens) : json_.Null();
    json_.Key("usd");
    plans_.options.budget_usd ? json_.Double(*plans_.options.budget_usd) : json_.Null();
    json_.EndObject();
  }
  void Time() {
    json_.Key("seconds");
    json_.BeginObject();
    json_.Member("sequential", report_.sequential_seconds);
    json_.Member("batch", report_.batch_seconds);
    json_.Member("dataflow", report_.dataflow_seconds);
    json_.Member("dataflow_with_retries", report_.seconds_with_retries);
    json_.Member("critical_path", plans_.critical_path.seconds);
    json_.EndObject();
    if (!plans_.optimized) return;
    const RoutingChoice& choice = plans_.optimized->choice;
    json_.Key("optimized");
    json_.BeginObject();
    json_.Member("objective", ObjectiveName(*plans_.options.goals.objective));
    json_.Member("exact", plans_.optimized->exact);
    json_.Member("feasible", choice.feasible);
    json_.Member("usd", Rounded(choice.usd));
    json_.Member("tokens", std::round(choice.tokens));
    json_.Member("seconds", Rounded(choice.seconds));
    json_.Member("success", Rounded(std::exp(choice.log_success)));
    json_.EndObject();
  }
  void Savings() {
    static constexpr std::string_view kKinds[] = {"smaller-model", "split", "drop-dependency"};
    json_.Key("suggestions");
    json_.BeginArray();
    for (const Saving& saving : report_.savings) {
      json_.BeginObject();
      json_.Member("kind", kKinds[static_cast<size_t>(saving.kind)]);
      json_.Member("task", plans_.TaskName(saving.task));
      if (saving.kind == Saving::Kind::kSmallerModel) {
        json_.Member("model", InfoOf(saving.model).name);
        json_.Member("usd", Rounded(saving.usd));
      } else {
        if (saving.kind == Saving::Kind::kDropDependency)
          json_.Member("before", plans_.TaskName(saving.before));
        json_.Member("seconds", saving.seconds);
      }
      json_.EndObject();
    }
    json_.EndArray();
  }

  const PlanSet& plans_;
  const CostReport report_;
  JsonWriter json_;
};

}  // namespace

Status EmitCost(const CompileResult& result, std::string& out) {
  CostText(result.plans, out).Write();
  return Ok();
}

Status EmitCostJson(const CompileResult& result, std::string& out) {
  CostJson(result.plans, out).Write(result.generator);
  out += '\n';
  return Ok();
}

}  // namespace gsd
