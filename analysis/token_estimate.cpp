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
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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
// Tokens and records, whatever a file says: the statistics' own limit, which whole numbers hold.
constexpr double kMost = 1e15;

// The records of one likeness, as ratios to the table.
struct Level {
  double count = 0, ratio_sum = 0, log_sum = 0, log_square_sum = 0;
  double attempts = 0, successes = 0, seconds = 0, tokens = 0;

  void Add(const StatKey& key, const TokenStat& stat) {
    attempts += static_cast<double>(AttemptsOf(stat));
    successes += static_cast<double>(AttemptsOf(stat)) * SuccessRateOf(stat);
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
  Level& operator+=(const Level& other) {
    count += other.count;
    ratio_sum += other.ratio_sum;
    log_sum += other.log_sum;
    log_square_sum += other.log_square_sum;
    attempts += other.attempts;
    successes += other.successes;
    seconds += other.seconds;
    tokens += other.tokens;
    return *this;
  }
  double ratio() const { return ratio_sum / count; }
  double log() const { return log_sum / count; }
  // The mean square of the distance from another middle.
  double SpreadAround(double middle) const {
    return std::max(0.0, log_square_sum / count - 2 * middle * log() + middle * middle);
  }
};

using Levels = std::array<Level, kLikenesses>;

// Groups in the order of their names, and what all of them but one come to. That is added up from both ends:
// to take one group from the sum of all would leave nothing but rounding where the others are small beside
// it.
template <typename Group>
class Groups {
 public:
  // The group of that name, which is the last one or one behind it.
  Group& At(const std::string& name) {
    if (names_.empty() || names_.back() != name) {
      names_.push_back(name);
      groups_.emplace_back();
    }
    return groups_.back();
  }
  // When all have been filled.
  void SumUp() {
    before_.resize(groups_.size() + 1);
    behind_.resize(groups_.size() + 1);
    for (size_t i = 0; i < groups_.size(); ++i) (before_[i + 1] = before_[i]) += groups_[i].All();
    for (size_t i = groups_.size(); i-- > 0;) (behind_[i] = behind_[i + 1]) += groups_[i].All();
  }
  Level All() const { return before_.back(); }
  Level AllBut(const std::string& name) const {
    const size_t at = PlaceOf(name);
    Level others = before_[at];
    return others += behind_[at + (Stands(at, name) ? 1 : 0)];
  }
  const Group* Find(const std::string& name) const {
    const size_t at = PlaceOf(name);
    return Stands(at, name) ? &groups_[at] : nullptr;
  }
  std::vector<Group>& groups() { return groups_; }

 private:
  size_t PlaceOf(const std::string& name) const {
    return static_cast<size_t>(std::lower_bound(names_.begin(), names_.end(), name) - names_.begin());
  }
  bool Stands(size_t at, const std::string& name) const { return at < names_.size() && names_[at] == name; }

  std::vector<std::string> names_;
  std::vector<Group> groups_;
  std::vector<Level> before_ = std::vector<Level>(1),
                     behind_ = before_;  // of each place, the sum of what stands there
};

// One type and model: at most one level for each complexity.
struct ModelSums {
  std::vector<std::pair<int, Level>> of_complexity;

  Level All() const {
    Level all;
    for (const auto& [complexity, level] : of_complexity) all += level;
    return all;
  }
};

struct TypeSums {
  Groups<ModelSums> models;
  Level All() const { return models.All(); }
};

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

Likeness LikenessOf(int complexity, int other) {
  const int apart = std::abs(complexity - other);
  return apart == 0 ? Likeness::kSame : apart <= 2 ? Likeness::kNeighbours : Likeness::kModel;
}

}  // namespace

struct TokenEstimator::Sums {
  Groups<TypeSums> types;

  explicit Sums(const TokenStats& stats) {
    // By model within a type, while the entries' order is by complexity.
    std::vector<const std::pair<const StatKey, TokenStat>*> entries;
    entries.reserve(stats.entries.size());
    for (const auto& entry : stats.entries) entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
      return std::tie(a->first.type, a->first.model, a->first.complexity) <
             std::tie(b->first.type, b->first.model, b->first.complexity);
    });
    for (const auto* entry : entries) {
      const auto& [key, stat] = *entry;
      Level level;
      level.Add(key, stat);
      types.At(key.type).models.At(key.model).of_complexity.emplace_back(key.complexity, level);
    }
    for (TypeSums& type : types.groups()) type.models.SumUp();
    types.SumUp();
  }

  Levels LevelsFor(const StatKey& key) const {
    Levels levels;
    const auto at = [&levels](Likeness likeness) -> Level& { return levels[static_cast<size_t>(likeness)]; };
    at(Likeness::kAny) = types.AllBut(key.type);
    const TypeSums* type = types.Find(key.type);
    if (type == nullptr) return levels;
    at(Likeness::kType) = type->models.AllBut(key.model);
    const ModelSums* model = type->models.Find(key.model);
    if (model == nullptr) return levels;
    for (const auto& [complexity, level] : model->of_complexity)
      at(LikenessOf(key.complexity, complexity)) += level;
    return levels;
  }
};

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

TokenEstimator::TokenEstimator(const TokenStats& project, const TokenStats& user)
    : project_(std::make_unique<const Sums>(project)), user_(std::make_unique<const Sums>(user)) {}
TokenEstimator::~TokenEstimator() = default;
TokenEstimator::TokenEstimator(TokenEstimator&&) noexcept = default;
TokenEstimator& TokenEstimator::operator=(TokenEstimator&&) noexcept = default;

LearnedEstimate EstimateTokens(const TokenStats& project, const TokenStats& user, const StatKey& key) {
  return TokenEstimator(project, user).For(key);
}

LearnedEstimate TokenEstimator::For(const StatKey& key) const {
  const Levels own = project_->LevelsFor(key), other = user_->LevelsFor(key);
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
    estimate.records += static_cast<int64_t>(std::min(part.level->count, kMost));
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
  estimate.expected = std::min(table * ratio / weight, kMost);
  estimate.low = std::min(table * std::exp(log - reach), estimate.expected);
  estimate.high = std::clamp(table * std::exp(log + reach), estimate.expected, kMost);
  estimate.confidence = std::min(0.95, records_weight / kEnough);
  estimate.user_level = of_user > records_weight / 2;
  if (tokens > 0) estimate.seconds_per_token = seconds / tokens;
  if (attempts > 0) estimate.success_rate = std::min(1.0, successes / attempts);
  return estimate;
}

}  // namespace gsd
