#include "analysis/upstream_estimate.h"

#include <algorithm>
#include <cmath>

#include "frontend/support.h"

namespace gsd {

namespace {

constexpr size_t kFewestSamples = 3;
constexpr int64_t kMostTokens = 1'000'000'000'000;

std::optional<int64_t> NumberAt(const YamlDocument& yaml, const YamlNode& mapping, std::string_view key) {
  const YamlNode* node = yaml.Find(mapping, key);
  const auto value = node == nullptr ? std::nullopt : ParseInt(Trim(node->text));
  if (!value || *value <= 0 || *value > kMostTokens) return std::nullopt;
  return value;
}

}  // namespace

std::optional<UpstreamEstimate> ReadUpstreamEstimate(const Header& header) {
  if (header.yaml.nodes.empty()) return std::nullopt;
  const YamlNode* node = header.yaml.Find(header.yaml.root(), "estimate");
  if (node == nullptr || node->kind != YamlKind::kMapping) return std::nullopt;
  UpstreamEstimate estimate;
  estimate.tokens = NumberAt(header.yaml, *node, "tokens");
  estimate.raw_tokens = NumberAt(header.yaml, *node, "raw_tokens");
  if (const YamlNode* confidence = header.yaml.Find(*node, "confidence"))
    estimate.confidence = confidence->text;
  if (!estimate.tokens && !estimate.raw_tokens) return std::nullopt;
  return estimate;
}

double CalibrationFactor(const std::vector<CalibrationSample>& samples) {
  std::vector<double> ratios;
  for (const CalibrationSample& sample : samples) {
    if (sample.estimate > 0 && sample.actual > 0)
      ratios.push_back(static_cast<double>(sample.actual) / static_cast<double>(sample.estimate));
  }
  if (ratios.size() < kFewestSamples) return 1;
  std::sort(ratios.begin(), ratios.end());
  const size_t middle = ratios.size() / 2;
  const double median = ratios.size() % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
  return std::clamp(median, 0.5, 3.0);
}

int64_t CalibratedTokens(const UpstreamEstimate& estimate, const std::vector<CalibrationSample>& samples) {
  if (!estimate.raw_tokens) return estimate.tokens.value_or(0);
  const auto enough = std::count_if(samples.begin(), samples.end(), [](const CalibrationSample& sample) {
    return sample.estimate > 0 && sample.actual > 0;
  });
  // Without samples of our own, upstream's factor of the day is better than none.
  if (static_cast<size_t>(enough) < kFewestSamples && estimate.tokens) return *estimate.tokens;
  return std::llround(static_cast<double>(*estimate.raw_tokens) * CalibrationFactor(samples));
}

}  // namespace gsd
