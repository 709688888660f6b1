#include "analysis/models.h"

#include "frontend/support.h"

namespace gsd {

namespace {

// Cache writes cost 1.25 times and cache reads 0.1 times the input price.
constexpr Prices PricesOf(double input, double output) { return {input, output, input * 1.25, input * 0.1}; }

constexpr ModelInfo kInfo[] = {
    {"haiku", "claude-haiku-4-5", 200'000, PricesOf(1.0, 5.0), "2026-08-01", 1.2},
    {"sonnet", "claude-sonnet-5", 200'000, PricesOf(3.0, 15.0), "2026-08-01", 1.0},
    {"opus", "claude-opus-4-8", 200'000, PricesOf(5.0, 25.0), "2026-08-01", 0.8},
};

}  // namespace

const ModelInfo& InfoOf(Model model) { return kInfo[static_cast<size_t>(model)]; }

std::optional<Model> ModelFromName(std::string_view name) {
  const std::string lower = ToLower(Trim(name));
  for (const Model model : kModels) {
    const std::string_view tier = InfoOf(model).name;
    const size_t at = lower.find(tier);
    if (at == std::string::npos) continue;
    // "claude-sonnet-5" is sonnet; "sonnets" and "my-sonnetish" are not.
    const bool starts = at == 0 || lower[at - 1] == '-' || lower[at - 1] == '/' || lower[at - 1] == '.';
    const size_t end = at + tier.size();
    const bool ends = end == lower.size() || lower[end] == '-' || lower[end] == '@' || lower[end] == ':' ||
                      lower[end] == '[' || lower[end] == '.';
    const bool known_prefix = at == 0 || lower.starts_with("claude") || lower.starts_with("anthropic");
    if (starts && ends && known_prefix) return model;
  }
  return std::nullopt;
}

Model ModelForScore(int score) {
  return score <= 3 ? Model::kHaiku : score <= 8 ? Model::kSonnet : Model::kOpus;
}

Model CheaperModel(Model model) { return model == Model::kOpus ? Model::kSonnet : Model::kHaiku; }

}  // namespace gsd
