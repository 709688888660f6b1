// The models that tasks are routed to, with dated prices, as data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gsd {

enum class Model : uint8_t { kHaiku, kSonnet, kOpus };
inline constexpr std::array<Model, 3> kModels = {Model::kHaiku, Model::kSonnet, Model::kOpus};

// USD per million tokens.
struct Prices {
  double input, output, cache_write, cache_read;
};

struct ModelInfo {
  std::string_view name;         // what plans say
  std::string_view agent_model;  // what an agent program is told
  int64_t context_window;        // tokens
  Prices prices;
  std::string_view prices_as_of;  // ISO date
  double token_factor;            // part 4.2: tokens it needs relative to sonnet
};

const ModelInfo& InfoOf(Model model);
// haiku, sonnet, opus in any case, also as full names such as claude-sonnet-5; "inherit" and others: nothing.
std::optional<Model> ModelFromName(std::string_view name);
// Bands of the document's code: 1..3 haiku, 4..8 sonnet, 9..10 opus.
Model ModelForScore(int score);
// One tier down; haiku stays.
Model CheaperModel(Model model);

}  // namespace gsd
