#include "analysis/optimize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace gsd {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTolerance = 1e-9;  // relative: sums in another order differ that much
constexpr std::array<std::string_view, 3> kObjectiveNames = {"cost", "time", "quality"};

// The schedule works with whole units; a thousandth of a second is finer than any estimate.
int64_t Millis(double seconds) { return std::llround(std::clamp(seconds, 0.0, 1e12) * 1000); }

bool Within(double value, std::optional<double> limit) {
  return !limit || value <= *limit * (1 + kTolerance);
}

const TaskOption& Chosen(const RoutingProblem& problem, const std::vector<uint8_t>& option, size_t task) {
  return problem.options[task][option[task]];
}

std::vector<int64_t> DurationsOf(const RoutingProblem& problem, const std::vector<uint8_t>& option) {
  std::vector<int64_t> durations(option.size());
  for (size_t i = 0; i < option.size(); ++i) durations[i] = Millis(Chosen(problem, option, i).seconds);
  return durations;
}

double ScheduleSeconds(const RoutingProblem& problem, const std::vector<uint8_t>& option) {
  const int64_t millis = DataflowMakespan(*problem.graph, DurationsOf(problem, option), problem.slots,
                                          problem.rules == nullptr ? SlotRules() : *problem.rules);
  return static_cast<double>(millis) / 1000;
}

// Where only sums count, whatever the time.
double SeparableObjective(Objective objective, const TaskOption& option) {
  return objective == Objective::kQuality ? -std::log(std::max(option.success, 1e-6)) : option.usd;
}

using Rank = std::pair<double, double>;
Rank RankOf(Objective objective, const RoutingChoice& choice) {
  switch (objective) {
    case Objective::kCost:
      return {choice.usd, choice.seconds};
    case Objective::kTime:
      return {choice.seconds, choice.usd};
    case Objective::kQuality:
      return {-choice.log_success, choice.usd};
  }
  return {};
}
bool IsBetter(const Rank& a, const Rank& b) {
  const double slack = kTolerance * std::max(1e-6, std::abs(b.first));
  return a.first < b.first - slack || (a.first <= b.first + slack && a.second < b.second * (1 - kTolerance));
}

// Depth first over the tasks that have a choice; a branch whose best end is no better than the best known is
// left.
class BranchAndBound {
 public:
  explicit BranchAndBound(const RoutingProblem& problem)
      : problem_(problem), option_(problem.options.size()) {
    const size_t tasks = problem.options.size();
    fastest_.resize(tasks);
    for (size_t i = 0; i < tasks; ++i) {
      const auto& options = problem.options[i];
      if (options.size() > 1) free_.push_back(i);
      fastest_[i] = Millis(std::ranges::min(options, {}, &TaskOption::seconds).seconds);
    }
    // What the tasks from a place on need at least: the fixed ones count from the start.
    rest_.resize(free_.size() + 1);
    for (size_t i = 0; i < tasks; ++i) {
      if (problem.options[i].size() == 1) Add(problem.options[i][0], start_);
    }
    for (size_t at = free_.size(); at-- > 0;) {
      const auto& options = problem.options[free_[at]];
      Sums& least = rest_[at] = rest_[at + 1];
      least.tokens += std::ranges::min(options, {}, &TaskOption::most_tokens).most_tokens;
      least.usd += std::ranges::min(options, {}, &TaskOption::most_usd).most_usd;
      double objective = kInfinity;
      for (const TaskOption& option : options)
        objective = std::min(objective, SeparableObjective(problem.objective, option));
      least.objective += objective;
    }
    durations_ = fastest_;
    for (size_t i = 0; i < tasks; ++i) {
      if (problem.options[i].size() == 1) durations_[i] = Millis(problem.options[i][0].seconds);
    }
  }

  std::optional<RoutingChoice> Run() {
    Descend(0, start_);
    return std::move(best_);
  }

 private:
  struct Sums {
    double tokens = 0, usd = 0, objective = 0;
  };
  void Add(const TaskOption& option, Sums& sums) const {
    sums.tokens += option.most_tokens;
    sums.usd += option.most_usd;
    sums.objective += SeparableObjective(problem_.objective, option);
  }

  bool Hopeless(size_t at, const Sums& sums) const {
    if (!Within(sums.tokens + rest_[at].tokens, problem_.budget_tokens)) return true;
    if (!Within(sums.usd + rest_[at].usd, problem_.budget_usd)) return true;
    if (problem_.objective != Objective::kTime && best_) {
      const double least = sums.objective + rest_[at].objective;
      const double known = RankOf(problem_.objective, *best_).first;
      if (least > known + kTolerance * std::max(1e-6, std::abs(known))) return true;
    }
    if (problem_.objective != Objective::kTime && !problem_.deadline_seconds) return false;
    // No schedule is shorter than its longest path with every open task on its fastest model.
    const double path = static_cast<double>(FindCriticalPath(*problem_.graph, durations_).seconds) / 1000;
    if (!Within(path, problem_.deadline_seconds)) return true;
    return problem_.objective == Objective::kTime && best_ && path > best_->seconds * (1 + kTolerance);
  }

  void Descend(size_t at, const Sums& sums) {
    if (Hopeless(at, sums)) return;
    if (at == free_.size()) {
      RoutingChoice choice = Evaluate(problem_, option_);
      if (!choice.feasible) return;
      if (!best_ || IsBetter(RankOf(problem_.objective, choice), RankOf(problem_.objective, *best_)))
        best_ = std::move(choice);
      return;
    }
    const size_t task = free_[at];
    for (uint8_t o = 0; o < problem_.options[task].size(); ++o) {
      option_[task] = o;
      durations_[task] = Millis(problem_.options[task][o].seconds);
      Sums next = sums;
      Add(problem_.options[task][o], next);
      Descend(at + 1, next);
    }
    option_[task] = 0;
    durations_[task] = fastest_[task];
  }

  const RoutingProblem& problem_;
  std::vector<uint8_t> option_;
  std::vector<size_t> free_;
  std::vector<int64_t> fastest_, durations_;
  std::vector<Sums> rest_;  // by place in free_
  Sums start_;
  std::optional<RoutingChoice> best_;
};

class Heuristic {
 public:
  explicit Heuristic(const RoutingProblem& problem)
      : problem_(problem), steps_(20 + kWork / std::max<size_t>(problem.options.size(), 1)) {}

  RoutingChoice Run() {
    MeetBudgets();
    deadline_ = problem_.deadline_seconds;
    const bool fastest = problem_.objective == Objective::kTime;
    if (fastest || (deadline_ && !Within(Seconds(), deadline_))) {
      Hasten(fastest ? 0 : *deadline_);
      // What is saved from here on must not cost time again.
      if (fastest) deadline_ = Seconds();
    }
    Exchange();
    return Evaluate(problem_, option_);
  }

  // Begins with a choice that meets all goals, and keeps to them.
  RoutingChoice Improve(std::vector<uint8_t> option) {
    Choose(std::move(option));
    deadline_ = problem_.deadline_seconds;
    Exchange();
    return Evaluate(problem_, option_);
  }

 private:
  static constexpr size_t kWork = 2'000'000;  // tasks looked at in schedules, over all steps

  double Seconds() const { return ScheduleSeconds(problem_, option_); }
  double Share(const TaskOption& option) const {
    return (problem_.budget_tokens ? option.most_tokens / *problem_.budget_tokens : 0) +
           (problem_.budget_usd ? option.most_usd / *problem_.budget_usd : 0);
  }
  bool FitsBudgets() const {
    return Within(most_tokens_, problem_.budget_tokens) && Within(most_usd_, problem_.budget_usd);
  }

  // Each task takes what is best for it when budget has a price.
  void Choose(double price) {
    option_.resize(problem_.options.size());
    most_tokens_ = most_usd_ = 0;
    for (size_t i = 0; i < option_.size(); ++i) {
      double best = kInfinity;
      for (uint8_t o = 0; o < problem_.options[i].size(); ++o) {
        const TaskOption& option = problem_.options[i][o];
        const double objective = std::isinf(price)
                                     ? Share(option)
                                     : SeparableObjective(problem_.objective, option) + price * Share(option);
        if (objective < best * (1 - kTolerance)) best = objective, option_[i] = o;
      }
      Count(Chosen(problem_, option_, i), 1);
    }
  }
  void Count(const TaskOption& option, double sign) {
    most_tokens_ += sign * option.most_tokens;
    most_usd_ += sign * option.most_usd;
  }

  // The lowest price of budget at which all fits.
  void MeetBudgets() {
    Choose(0);
    if (FitsBudgets()) return;
    double low = 0, high = 1e-6;
    constexpr int kDoublings = 80, kBisections = 40;
    for (int i = 0; i < kDoublings; ++i, low = high, high *= 2) {
      Choose(high);
      if (FitsBudgets()) break;
    }
    if (!FitsBudgets()) return Choose(kInfinity);  // nobody can
    for (int i = 0; i < kBisections; ++i) {
      const double middle = (low + high) / 2;
      Choose(middle);
      (FitsBudgets() ? high : low) = middle;
    }
    Choose(high);
  }

  // Puts a task on another model if the budgets allow.
  bool Move(size_t task, uint8_t o) {
    const uint8_t before = option_[task];
    Count(Chosen(problem_, option_, task), -1);
    option_[task] = o;
    Count(Chosen(problem_, option_, task), 1);
    if (FitsBudgets()) return true;
    Undo(task, before);
    return false;
  }
  void Undo(size_t task, uint8_t before) {
    Count(Chosen(problem_, option_, task), -1);
    option_[task] = before;
    Count(Chosen(problem_, option_, task), 1);
  }

  // Faster models along the critical path, the best bargains first, until the schedule is as short as wanted
  // or nothing makes it shorter.
  void Hasten(double wanted) {
    std::vector<uint8_t> best = option_;
    double best_seconds = Seconds();
    while (steps_ > 0 && best_seconds > wanted) {
      --steps_;
      const auto durations = DurationsOf(problem_, option_);
      const CriticalPath path = FindCriticalPath(*problem_.graph, durations);
      // When slots are short, every task is in the way.
      const bool by_path = static_cast<double>(path.seconds) / 1000 >= Seconds() * (1 - 1e-6);
      struct Bargain {
        double price;
        size_t task;
        uint8_t option;
      };
      std::vector<Bargain> bargains;
      const auto look = [&](size_t task) {
        const TaskOption& now = Chosen(problem_, option_, task);
        for (uint8_t o = 0; o < problem_.options[task].size(); ++o) {
          const TaskOption& other = problem_.options[task][o];
          if (other.seconds >= now.seconds * (1 - kTolerance)) continue;
          const double loss =
              SeparableObjective(problem_.objective, other) - SeparableObjective(problem_.objective, now);
          bargains.push_back({loss / (now.seconds - other.seconds), task, o});
        }
      };
      if (by_path) {
        for (const uint32_t task : path.tasks) look(task);
      } else {
        for (size_t task = 0; task < option_.size(); ++task) look(task);
      }
      std::ranges::stable_sort(bargains, {}, &Bargain::price);
      const size_t enough = 1 + bargains.size() / 20;
      size_t moved = 0;
      for (const Bargain& bargain : bargains) {
        // One task may stand there twice: its second offer is no offer any more.
        const double now = Chosen(problem_, option_, bargain.task).seconds;
        if (problem_.options[bargain.task][bargain.option].seconds >= now) continue;
        if (Move(bargain.task, bargain.option) && ++moved == enough) break;
      }
      if (moved == 0) break;
      if (const double seconds = Seconds(); seconds < best_seconds) best = option_, best_seconds = seconds;
    }
    Choose(best);
  }
  void Choose(std::vector<uint8_t> option) {
    option_ = std::move(option);
    most_tokens_ = most_usd_ = 0;
    for (size_t i = 0; i < option_.size(); ++i) Count(Chosen(problem_, option_, i), 1);
  }

  // Single tasks on models that are better for the objective, as long as the goals stay met.
  void Exchange() {
    const Objective objective =
        problem_.objective == Objective::kTime ? Objective::kCost : problem_.objective;
    const auto value = [&](const TaskOption& option) { return SeparableObjective(objective, option); };
    constexpr int kPasses = 4;
    bool changed = true;
    for (int pass = 0; pass < kPasses && changed; ++pass) {
      changed = false;
      std::vector<std::pair<double, size_t>> gains;
      for (size_t task = 0; task < option_.size(); ++task) {
        double least = kInfinity;
        for (const TaskOption& option : problem_.options[task]) least = std::min(least, value(option));
        const double gain = value(Chosen(problem_, option_, task)) - least;
        if (gain > 1e-12) gains.emplace_back(-gain, task);
      }
      std::ranges::stable_sort(gains);
      for (const auto& [gain, task] : gains) {
        std::vector<uint8_t> better;
        for (uint8_t o = 0; o < problem_.options[task].size(); ++o) {
          if (value(problem_.options[task][o]) < value(Chosen(problem_, option_, task)) * (1 - kTolerance))
            better.push_back(o);
        }
        std::ranges::stable_sort(better, {}, [&](uint8_t o) { return value(problem_.options[task][o]); });
        for (const uint8_t o : better) {
          const uint8_t before = option_[task];
          if (!Move(task, o)) continue;
          if (deadline_) {
            if (steps_ == 0) return Undo(task, before);
            --steps_;
            if (!Within(Seconds(), deadline_)) {
              Undo(task, before);
              continue;
            }
          }
          changed = true;
          break;
        }
      }
    }
  }

  const RoutingProblem& problem_;
  std::vector<uint8_t> option_;
  double most_tokens_ = 0, most_usd_ = 0;
  std::optional<double> deadline_;
  size_t steps_;  // schedules that may still be made
};

double LeastSum(const RoutingProblem& problem, double TaskOption::*member) {
  double sum = 0;
  for (const auto& options : problem.options) sum += std::ranges::min(options, {}, member).*member;
  return sum;
}

std::vector<UnmetGoal> FindUnmet(const RoutingProblem& problem, const RoutingChoice& choice) {
  std::vector<UnmetGoal> unmet;
  const double tokens = LeastSum(problem, &TaskOption::most_tokens);
  const double usd = LeastSum(problem, &TaskOption::most_usd);
  if (!Within(tokens, problem.budget_tokens))
    unmet.push_back({UnmetGoal::Kind::kTokens, *problem.budget_tokens, tokens});
  if (!Within(usd, problem.budget_usd)) unmet.push_back({UnmetGoal::Kind::kUsd, *problem.budget_usd, usd});
  if (problem.deadline_seconds) {
    std::vector<uint8_t> fastest(problem.options.size());
    for (size_t i = 0; i < fastest.size(); ++i) {
      const auto& options = problem.options[i];
      fastest[i] =
          static_cast<uint8_t>(std::ranges::min_element(options, {}, &TaskOption::seconds) - options.begin());
    }
    const double seconds = ScheduleSeconds(problem, fastest);
    if (!Within(seconds, problem.deadline_seconds) && !choice.feasible)
      unmet.push_back({UnmetGoal::Kind::kDeadline, *problem.deadline_seconds, seconds});
  }
  if (unmet.empty() && !choice.feasible) {
    // Each can be met, but not with the others.
    unmet.push_back({UnmetGoal::Kind::kTogether, problem.deadline_seconds.value_or(0), choice.seconds});
  }
  return unmet;
}

}  // namespace

std::string_view ObjectiveName(Objective objective) {
  return kObjectiveNames[static_cast<size_t>(objective)];
}

std::optional<Objective> ObjectiveFromName(std::string_view name) {
  for (size_t i = 0; i < kObjectiveNames.size(); ++i) {
    if (kObjectiveNames[i] == name) return static_cast<Objective>(i);
  }
  return std::nullopt;
}

RoutingChoice Evaluate(const RoutingProblem& problem, std::vector<uint8_t> option) {
  RoutingChoice choice;
  for (size_t i = 0; i < option.size(); ++i) {
    const TaskOption& of = Chosen(problem, option, i);
    choice.tokens += of.tokens;
    choice.usd += of.usd;
    choice.most_tokens += of.most_tokens;
    choice.most_usd += of.most_usd;
    choice.log_success += std::log(std::max(of.success, 1e-6));
  }
  choice.seconds = ScheduleSeconds(problem, option);
  choice.feasible = Within(choice.most_tokens, problem.budget_tokens) &&
                    Within(choice.most_usd, problem.budget_usd) &&
                    Within(choice.seconds, problem.deadline_seconds);
  choice.option = std::move(option);
  return choice;
}

bool IsSmall(const RoutingProblem& problem) {
  constexpr double kMost = 2e6;  // choices times tasks
  double work = static_cast<double>(problem.options.size());
  for (const auto& options : problem.options) {
    work *= static_cast<double>(options.size());
    if (work > kMost) return false;
  }
  return true;
}

std::optional<RoutingChoice> ChooseExactly(const RoutingProblem& problem) {
  return IsSmall(problem) ? BranchAndBound(problem).Run() : std::nullopt;
}

RoutingChoice ChooseHeuristically(const RoutingProblem& problem) {
  RoutingChoice choice = Heuristic(problem).Run();
  if (choice.feasible) return choice;
  // Another objective's way may lead to where all goals are met: from there on it is improved for ours.
  for (const Objective other : {Objective::kTime, Objective::kCost, Objective::kQuality}) {
    if (other == problem.objective) continue;
    RoutingProblem same = problem;
    same.objective = other;
    const RoutingChoice start = Heuristic(same).Run();
    if (start.feasible) return Heuristic(problem).Improve(start.option);
  }
  return choice;
}

OptimizedRouting Optimize(const RoutingProblem& problem) {
  OptimizedRouting result;
  if (auto exact = ChooseExactly(problem)) {
    result.choice = std::move(*exact);
    result.exact = true;
    return result;
  }
  result.choice = ChooseHeuristically(problem);
  result.unmet = FindUnmet(problem, result.choice);
  return result;
}

}  // namespace gsd
