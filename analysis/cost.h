// Tokens, seconds and dollars of a task, before anybody has run it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "analysis/models.h"
#include "analysis/token_estimate.h"
#include "frontend/ast.h"

namespace gsd {

// Low is optimism, expected is expectation, high is what budgets are checked against.
struct Estimate {
  int64_t low = 0, expected = 0, high = 0;
};

enum class EstimateSource : uint8_t { kDeclared, kLearned, kDefault };

struct TaskEstimate {
  Estimate tokens;  // of the work, independent of the model
  Estimate seconds;
  EstimateSource source = EstimateSource::kDefault;
  double confidence = 0;            // 0..0.95
  Model timed_on = Model::kSonnet;  // what `seconds` are of
  // Of kLearned:
  Likeness likeness = Likeness::kNone;
  std::array<Estimate, kModels.size()> on_model{};  // tokens, by Model
  int64_t records = 0;                              // accepted attempts that it rests on
  bool user_level = false;                          // mostly of the user's other projects
};
// declared, default; learned from the same kind of task, or learned-neighbours, learned-model, learned-type,
// learned-any from less similar ones.
std::string_view EstimateSourceName(const TaskEstimate& estimate);

// <estimated-tokens> and <estimated-duration>, or the defaults: 5,000 tokens ± 30 %, and 400 tokens a minute
// (what the design document's own example implies).
TaskEstimate EstimateTask(const Task& task);

// A share of what the plan as a whole is estimated at, as if the task declared it.
void ShareOfPlan(TaskEstimate& estimate, int64_t tokens, bool duration_declared);

// `estimate` times the model's token factor.
Estimate TokensOn(Model model, const Estimate& estimate);
// What was learned of that model, or the same.
Estimate TokensOn(Model model, const TaskEstimate& estimate);

// Estimates of one set of plans from what was recorded, each kind of task worked out once.
class Learner {
 public:
  Learner(const TokenStats& project, const TokenStats& user)
      : any_(!project.entries.empty() || !user.entries.empty()), estimator_(project, user) {}

  // Learned beats declared when it is at least as confident, and always beats the default. `model`: what the
  // task will most likely run on.
  void Improve(TaskEstimate& estimate, std::string_view type, int complexity, Model model,
               bool duration_declared);

 private:
  const LearnedEstimate& For(StatKey key);

  bool any_;  // there is something to learn from
  TokenEstimator estimator_;
  std::map<StatKey, LearnedEstimate> known_;
};
// Dollars.

// One number for each of the four counters that agents report.
struct TokenCounters {
  double input = 0, output = 0, cache_write = 0, cache_read = 0;
  bool operator==(const TokenCounters&) const = default;
};

// How a task's tokens (input + output + cache write, which is what budgets count) fall on the counters, and
// how many are read from the cache beside each of them. The first three add up to 1. docs/cost.md says where
// the defaults come from.
inline constexpr TokenCounters kDefaultTokenMix = {0.23, 0.20, 0.57, 0.95};

// Where a mix comes from.
enum class MixSource : uint8_t { kAssumed, kLearned, kConfigured };
std::string_view MixSourceName(MixSource source);  // assumed, learned, configured

// What dollars are made of: data, with a date, that the configuration can replace.
struct PriceList {
  std::array<Prices, kModels.size()> prices;  // by Model
  std::string as_of;                          // ISO date
  TokenCounters mix = kDefaultTokenMix;
  MixSource mix_source = MixSource::kAssumed;
  const Prices& Of(Model model) const { return prices[static_cast<size_t>(model)]; }
};
PriceList DefaultPriceList();

// The mix of what earlier attempts have used. kDefaultTokenMix weighs as much as ten tasks of the default
// size (50,000 tokens of work), and so does what the user's other projects say, so a few attempts move it a
// little and a hundred replace it. To four places.
TokenCounters LearnedMix(const TokenStats& project, const TokenStats& user);

TokenCounters CountersOf(const TokenCounters& mix, double tokens);
double UsdOf(const Prices& prices, const TokenCounters& counters);
// USD for that many tokens of work.
double CostOf(const PriceList& list, Model model, double tokens);

struct UsdEstimate {
  double low = 0, expected = 0, high = 0;
};
UsdEstimate CostOf(const PriceList& list, Model model, const Estimate& tokens);

// The same work in one session of one model, task after task: what was said before stands in the context, and
// is read from the cache again at every turn, up to the model's window.
class SessionCost {
 public:
  SessionCost(const PriceList& list, Model model, double window)
      : list_(list), model_(model), window_(window) {}
  void Add(double tokens);
  double usd() const { return usd_; }
  double tokens() const { return said_; }
  double reread() const { return reread_; }  // tokens read from the cache because of earlier tasks

 private:
  const PriceList& list_;
  Model model_;
  double window_;
  double said_ = 0, reread_ = 0, usd_ = 0;
};
// Turns of a task, as far as the mix tells: while a context grows evenly to T over n turns, T * (n - 1) / 2
// tokens are read again.
double TurnsOf(const TokenCounters& mix);

}  // namespace gsd
