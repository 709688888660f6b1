// What a task is likely to need, from what similar tasks have needed. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "analysis/token_stats.h"

namespace gsd {

// Which records an estimate rests on, from the closest to the farthest. Each stands for what the earlier ones
// are not.
enum class Likeness : uint8_t {
  kSame,        // the same type, complexity and model
  kNeighbours,  // the same type and model, complexity one or two off
  kModel,       // the same type and model
  kType,        // the same type
  kAny,         // all records
  kNone,        // none: the design document's table
};
inline constexpr size_t kLikenesses = static_cast<size_t>(Likeness::kNone);
// "the same kind of task", "neighbouring complexities" …: for people.
std::string_view LikenessName(Likeness likeness);

struct LearnedEstimate {
  double expected = 0;       // mean tokens of one accepted attempt
  double low = 0, high = 0;  // four of five attempts lie between them; low ≤ expected ≤ high ≤ 10^15
  double confidence = 0;     // 0..0.95: a tenth of what the records weigh; 0.3 for the table
  double success_rate = 0.85;
  double seconds_per_token = 0;       // 0: not known
  Likeness source = Likeness::kNone;  // where most of it comes from
  int64_t records = 0;                // accepted attempts that it rests on; at most 10^16
  bool user_level = false;            // most of it comes from the user's other projects
};

// Back-off: closest records first, each level adds weight until ten records' worth is there, so ten attempts
// at the same kind of task are the whole estimate, and their mean. A farther level is brought to scale by the
// document's table, and weighs less than its count. The records are summed up once, so that each estimate
// takes the time of a look-up however many kinds of task there are.
class TokenEstimator {
 public:
  // `user`: the user-level statistics, which count half beside each level and never alone make an estimate
  // confident; may be empty. Neither is needed any longer afterwards.
  TokenEstimator(const TokenStats& project, const TokenStats& user);
  ~TokenEstimator();
  TokenEstimator(TokenEstimator&&) noexcept;
  TokenEstimator& operator=(TokenEstimator&&) noexcept;

  LearnedEstimate For(const StatKey& key) const;

 private:
  struct Sums;
  std::unique_ptr<const Sums> project_, user_;
};

// A single one.
LearnedEstimate EstimateTokens(const TokenStats& project, const TokenStats& user, const StatKey& key);

}  // namespace gsd
