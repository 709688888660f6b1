// Tokens, seconds and dollars of a task, before anybody has run it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
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
  double confidence = 0;  // 0..0.95
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
  // Both outlive it.
  Learner(const TokenStats& project, const TokenStats& user) : project_(project), user_(user) {}

  // Learned beats declared when it is at least as confident, and always beats the default. `model`: what the
  // task will most likely run on.
  void Improve(TaskEstimate& estimate, std::string_view type, int complexity, Model model,
               bool duration_declared);

 private:
  const LearnedEstimate& For(StatKey key);

  const TokenStats& project_;
  const TokenStats& user_;
  std::map<StatKey, LearnedEstimate> known_;
};
// USD for that many tokens. A fifth of a task's tokens is output (kOutputShare), the rest uncached input.
inline constexpr double kOutputShare = 0.2;
double CostOf(Model model, double tokens);

}  // namespace gsd
