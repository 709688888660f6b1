// How good the estimates of analysis/token_estimate.h are, on simulated projects whose truth is known: prints
// the tables of docs/learning.md. Deterministic.
//
// A project's truth: what each type of work needs is its own multiple of the design document's table, as is
// how fast need grows with complexity and how the models differ. Attempts scatter around it log-normally. Its
// tasks come from a few frequent kinds and many rare ones. Estimates are made after 0, 3, 10, 30 and 100
// records, for tasks drawn like the recorded ones, and compared with the true mean; the interval is compared
// with what an accepted attempt then really takes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "analysis/token_estimate.h"

namespace gsd {
namespace {

struct Scenario {
  std::string_view name, what;
  double spread = 0.4;     // of an attempt's log tokens
  double straggler = 0;    // share of attempts that take six times as much
  double drift = 1;        // need changes by this factor when half of the records are in
  double failures = 0.05;  // share of attempts, which use between a tenth and three times
};

constexpr std::array<Scenario, 5> kScenarios = {{
    {"steady", "moderate scatter", 0.4, 0, 1, 0.05},
    {"scattered", "strong scatter", 0.8, 0, 1, 0.05},
    {"heavy tails", "one attempt in twenty takes six times as much", 0.6, 0.05, 1, 0.05},
    {"drift", "need doubles when half of the records are in", 0.4, 0, 2, 0.05},
    {"failures", "one attempt in three fails", 0.4, 0, 1, 0.33},
}};
constexpr std::array<int, 6> kRecords = {0, 3, 10, 30, 100, 1000};
constexpr std::array<std::string_view, 6> kTypes = {"file-read",        "simple-impl", "api-impl",
                                                    "complex-refactor", "test-write",  "architecture"};
constexpr int kProjects = 400;
constexpr int kQuestions = 40;

// The standard library's distributions differ between implementations; these do not.
class Random {
 public:
  explicit Random(uint64_t seed) : bits_(seed) {}
  double Unit() { return (static_cast<double>(bits_() >> 11) + 0.5) * 0x1p-53; }
  double Normal() { return std::sqrt(-2 * std::log(Unit())) * std::cos(6.283185307179586 * Unit()); }
  size_t Below(size_t n) { return std::min(n - 1, static_cast<size_t>(Unit() * static_cast<double>(n))); }

 private:
  std::mt19937_64 bits_;
};

// By how much the types of work need more than the table says.
using Levels = std::array<double, kTypes.size()>;

class SimulatedProject {
 public:
  SimulatedProject(const Scenario& scenario, uint64_t seed, const Levels& person)
      : scenario_(scenario), random_(seed) {
    const double scale = std::exp(0.2 * random_.Normal());
    for (size_t i = 0; i < levels_.size(); ++i)
      levels_[i] = scale * person[i] * std::exp(0.3 * random_.Normal());
    growth_ = 0.6 + 0.8 * random_.Unit();
    for (double& factor : models_) factor = std::exp(0.2 * random_.Normal());
    for (int i = 0; i < 8; ++i) frequent_.push_back(AnyKey());
  }

  StatKey DrawKey() { return random_.Unit() < 0.7 ? frequent_[random_.Below(frequent_.size())] : AnyKey(); }

  // The mean of accepted attempts.
  double TrueMean(const StatKey& key) const {
    const double tail = 1 + 5 * scenario_.straggler;
    return Middle(key) * std::exp(scenario_.spread * scenario_.spread / 2) * tail;
  }

  int64_t Attempt(const StatKey& key) {
    double tokens = Middle(key) * std::exp(scenario_.spread * random_.Normal());
    if (random_.Unit() < scenario_.straggler) tokens *= 6;
    return std::llround(tokens);
  }

  TokenRecord DrawRecord() {
    TokenRecord record{DrawKey(), 0, 60, random_.Unit() >= scenario_.failures};
    record.tokens = Attempt(record.key);
    if (!record.success) {
      record.tokens = std::llround(static_cast<double>(*record.tokens) *
                                   std::exp(std::log(0.1) + random_.Unit() * std::log(30.0)));
    }
    return record;
  }

  void Drift() { drift_ = scenario_.drift; }

 private:
  StatKey AnyKey() {
    const int complexity = std::clamp(static_cast<int>(std::lround(5 + 2 * random_.Normal())), 1, 10);
    return {std::string(kTypes[random_.Below(kTypes.size())]), complexity,
            complexity <= 3   ? "haiku"
            : complexity <= 8 ? "sonnet"
                              : "opus"};
  }

  double Middle(const StatKey& key) const {
    const auto type = static_cast<size_t>(std::find(kTypes.begin(), kTypes.end(), key.type) - kTypes.begin());
    const StatKey base{key.type, 5, "sonnet"};
    const size_t model = key.model == "haiku" ? 0 : key.model == "sonnet" ? 1 : 2;
    const double complexity =
        std::pow(FallbackTokens({key.type, key.complexity, "sonnet"}) / FallbackTokens(base), growth_);
    return FallbackTokens(base) * complexity * levels_[type] * models_[model] * drift_;
  }

  const Scenario& scenario_;
  Random random_;
  Levels levels_{};
  std::array<double, 3> models_{};
  double growth_ = 1, drift_ = 1;
  std::vector<StatKey> frequent_;
};

struct Score {
  std::vector<double> errors;  // |estimate - true mean| / true mean
  void Add(double estimate, double truth) { errors.push_back(std::abs(estimate - truth) / truth); }
  double At(double share) {
    const auto place =
        errors.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(errors.size() - 1));
    std::nth_element(errors.begin(), place, errors.end());
    return 100 * *place;
  }
};

struct Row {
  Score table, document, mean, learned, with_user;
  int covered = 0, covered_user = 0, asked = 0;
  double confidence = 0;
};

Row Measure(const Scenario& scenario, int records) {
  Row row;
  for (int p = 0; p < kProjects; ++p) {
    Random seeds(0x9E3779B97F4A7C15U * static_cast<uint64_t>(p + 1));
    // Projects of one person resemble each other in how far they are from the table.
    const double scale = 2 * std::exp(0.8 * seeds.Normal());
    Levels person;
    for (double& level : person) level = scale * std::exp(0.4 * seeds.Normal());
    const auto seed = [&] { return static_cast<uint64_t>(seeds.Unit() * 0x1p52); };
    SimulatedProject other(scenario, seed(), person);
    TokenStats user;
    for (int i = 0; i < 200; ++i) AddRecord(user, other.DrawRecord());
    SimulatedProject project(scenario, seed(), person);
    TokenStats stats;
    double sum = 0;
    for (int i = 0; i < records; ++i) {
      if (i == records / 2) project.Drift();
      const TokenRecord record = project.DrawRecord();
      AddRecord(stats, record);
      sum += static_cast<double>(*record.tokens);
    }
    for (int q = 0; q < kQuestions; ++q) {
      const StatKey key = project.DrawKey();
      const double truth = project.TrueMean(key);
      const LearnedEstimate learned = EstimateTokens(stats, {}, key);
      const LearnedEstimate with_user = EstimateTokens(stats, user, key);
      const auto actual = static_cast<double>(project.Attempt(key));
      row.table.Add(EstimateAsDocumented({}, key).estimate, truth);
      row.document.Add(EstimateAsDocumented(stats, key).estimate, truth);
      row.mean.Add(records == 0 ? 5000 : sum / records, truth);
      row.learned.Add(learned.expected, truth);
      row.with_user.Add(with_user.expected, truth);
      row.covered += actual >= learned.low && actual <= learned.high ? 1 : 0;
      row.covered_user += actual >= with_user.low && actual <= with_user.high ? 1 : 0;
      row.confidence += learned.confidence;
      ++row.asked;
    }
  }
  return row;
}

void PrintTables() {
  for (const Scenario& scenario : kScenarios) {
    fmt::print("### {}: {}\n\n", scenario.name, scenario.what);
    fmt::print(
        "| records | table | document's learner | mean of all | gsd | gsd, 90th | gsd + user | interval | "
        "with user |\n");
    fmt::print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const int records : kRecords) {
      Row row = Measure(scenario, records);
      const auto share = [&](int covered) { return 100.0 * covered / row.asked; };
      fmt::print(
          "| {} | {:.0f} % | {:.0f} % | {:.0f} % | **{:.0f} %** | {:.0f} % | {:.0f} % | {:.0f} % | {:.0f} % "
          "|\n",
          records, row.table.At(0.5), row.document.At(0.5), row.mean.At(0.5), row.learned.At(0.5),
          row.learned.At(0.9), row.with_user.At(0.5), share(row.covered), share(row.covered_user));
    }
    fmt::print("\n");
  }
}

}  // namespace
}  // namespace gsd

int main() { gsd::PrintTables(); }
