// Everything is compared as a ratio to the document's table (FallbackTokens): a record of another complexity,
// model or type says how far from the table this project's tasks are. Of each level there are two summaries:
// the mean ratio, which makes the expectation (and for the level of the same kind is the document's mean),
// and mean and spread of the ratio's logarithm, which make the interval. The interval is that of the next
// value of a log-normal quantity whose mean and spread are both estimated, so it is wide while there are few
// records.
#include "analysis/token_estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace gsd {

namespace {

constexpr double kEnough = 10;  // records' worth; the document is as confident as it gets with ten
// Of each likeness: what one record weighs, and all of them at most. Measured by bench/calibration.
struct Trust {
  double each, most;
};
constexpr std::array<Trust, kLikenesses> kTrust = {{{1, kEnough}, {0.5, 6}, {0.3, 5}, {0.2, 4}, {0.1, 3}}};
constexpr Trust kTrustInUser = {0.5, 2};  // multiplies, and bounds
// The table's, while the records weigh less: a single one of another kind moves the estimate a little, and
// does not make anything possible.
constexpr double kTableWeight = 0.5;
constexpr double kAssumedWeight = 3;       // of kAssumedSpread, in records
constexpr double kBetweenProjects = 0.35;  // by how much a project differs from the user's others (logarithm)
// Recent attempts differ from all by so many of their standard errors: something has changed.
constexpr double kDrift = 2.0;
constexpr int64_t kFewestForDrift = 12;

Likeness LikenessOf(const StatKey& a, const StatKey& b) {
  if (a.type != b.type) return Likeness::kAny;
  if (a.model != b.model) return Likeness::kType;
  const int apart = std::abs(a.complexity - b.complexity);
  return apart == 0 ? Likeness::kSame : apart <= 2 ? Likeness::kNeighbours : Likeness::kModel;
}

// The records of one likeness, as ratios to the table.
struct Level {
  double count = 0, ratio_sum = 0, log_sum = 0, log_square_sum = 0;
  double attempts = 0, successes = 0, seconds = 0, tokens = 0;

  void Add(const StatKey& key, const TokenStat& stat) {
    attempts += static_cast<double>(stat.count);
    successes += static_cast<double>(stat.count) * stat.success_rate;
    seconds += static_cast<double>(stat.count) * stat.avg_duration;
    tokens += static_cast<double>(stat.total_tokens);
    const AcceptedTokens accepted = AcceptedOf(stat);
    if (accepted.count == 0) return;
    const auto n = static_cast<double>(accepted.count);
    const double mean = accepted.log_sum / n;
    const double squares = std::max(0.0, accepted.log_square_sum - n * mean * mean);
    const double shift = accepted.log_recent - mean;
    const double error = std::sqrt(squares / n * kRecentShare / (2 - kRecentShare));
    const bool drifted = accepted.count >= kFewestForDrift && std::abs(shift) > kDrift * error;
    const double moved = drifted ? shift : 0;
    const double table = std::max(FallbackTokens(key), 1.0);
    const double log = mean + moved - std::log(table);
    count += n;
    ratio_sum += static_cast<double>(accepted.total_tokens) * std::exp(moved) / table;
    log_sum += n * log;
    log_square_sum += squares + n * log * log;
  }
  double ratio() const { return ratio_sum / count; }
  double log() const { return log_sum / count; }
  // The mean square of the distance from another middle.
  double SpreadAround(double middle) const {
    return std::max(0.0, log_square_sum / count - 2 * middle * log() + middle * middle);
  }
};

using Levels = std::array<Level, kLikenesses>;

Levels LevelsOf(const TokenStats& stats, const StatKey& key) {
  Levels levels;
  for (const auto& [other, stat] : stats.entries)
    levels[static_cast<size_t>(LikenessOf(other, key))].Add(other, stat);
  return levels;
}

struct Part {
  const Level* level;
  double weight;
  Likeness likeness;
  bool user;
};

// Closest first, and the project's own before the user's, until there is enough.
std::vector<Part> Choose(const Levels& project, const Levels& user) {
  std::vector<Part> parts;
  const auto take = [&parts](const Levels& levels, double room, double each, bool is_user) {
    for (size_t i = 0; i < kLikenesses; ++i) {
      const double weight = std::min({room, kTrust[i].most, levels[i].count * kTrust[i].each * each});
      if (!(weight > 0)) continue;
      parts.push_back({&levels[i], weight, static_cast<Likeness>(i), is_user});
      room -= weight;
    }
    return room;
  };
  const double room = take(project, kEnough, 1, false);
  take(user, std::min(room, kTrustInUser.most), kTrustInUser.each, true);
  return parts;
}

// What one in ten values of Student's distribution exceeds (Cornish and Fisher's expansion).
double NinetiethPercentile(double freedom) {
  constexpr double z = 1.2815515655446004;
  const double z3 = z * z * z, z5 = z3 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom);
}

}  // namespace

std::string_view LikenessName(Likeness likeness) {
  switch (likeness) {
    case Likeness::kSame:
      return "the same kind of task";
    case Likeness::kNeighbours:
      return "neighbouring complexities";
    case Likeness::kModel:
      return "the same type and model";
    case Likeness::kType:
      return "the same type";
    case Likeness::kAny:
      return "tasks of other types";
    case Likeness::kNone:
      return "the table";
  }
  return "";
}

LearnedEstimate EstimateTokens(const TokenStats& project, const TokenStats& user, const StatKey& key) {
  const Levels own = LevelsOf(project, key), other = LevelsOf(user, key);
  const std::vector<Part> parts = Choose(own, other);
  LearnedEstimate estimate;
  if (parts.empty()) {
    const DocumentEstimate table = EstimateAsDocumented({}, key);
    estimate.expected = table.estimate;
    estimate.low = static_cast<double>(table.low);
    estimate.high = static_cast<double>(table.high);
    estimate.confidence = table.confidence;
    estimate.success_rate = table.success_rate;
    return estimate;
  }
  double weight = 0, ratio = 0, log = 0, spread = 0, attempts = 0, successes = 0, seconds = 0, tokens = 0;
  double most = 0, of_user = 0;
  for (const Part& part : parts) {
    weight += part.weight;
    ratio += part.weight * part.level->ratio();
    log += part.weight * part.level->log();
    if (part.user) of_user += part.weight;
    if (part.weight > most) {
      most = part.weight;
      estimate.source = part.likeness;
    }
    estimate.records += static_cast<int64_t>(part.level->count);
    const double share = part.weight / part.level->count;
    attempts += share * part.level->attempts;
    successes += share * part.level->successes;
    seconds += share * part.level->seconds;
    tokens += share * part.level->tokens;
  }
  // Until there is a record's worth, the table makes up the rest.
  const double of_table = std::max(0.0, kTableWeight - weight);
  const double records_weight = weight;
  weight += of_table;
  ratio += of_table;
  log += of_table * -kAssumedSpread * kAssumedSpread / 2;
  log /= weight;
  for (const Part& part : parts) spread += part.weight * part.level->SpreadAround(log);
  const double variance =
      (spread + kAssumedWeight * kAssumedSpread * kAssumedSpread) / (weight + kAssumedWeight) +
      of_user / weight * kBetweenProjects * kBetweenProjects;
  const double reach =
      NinetiethPercentile(weight + kAssumedWeight - 1) * std::sqrt(variance * (1 + 1 / weight));
  const double table = std::max(FallbackTokens(key), 1.0);
  estimate.expected = table * ratio / weight;
  estimate.low = std::min(table * std::exp(log - reach), estimate.expected);
  estimate.high = std::max(table * std::exp(log + reach), estimate.expected);
  estimate.confidence = std::min(0.95, records_weight / kEnough);
  estimate.user_level = of_user > records_weight / 2;
  if (tokens > 0) estimate.seconds_per_token = seconds / tokens;
  if (attempts > 0) estimate.success_rate = std::min(1.0, successes / attempts);
  return estimate;
}

}  // namespace gsd
