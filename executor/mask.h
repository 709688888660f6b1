// Secrets in what agents and commands say, replaced by "[masked]".
//
// Known are the values of environment variables whose names say that they are secret, and the shapes of
// well-known ones: keys of Anthropic, OpenAI, Google, AWS, GitHub, GitLab, Slack, npm and Hugging Face; JSON
// web tokens; what stands behind "Bearer"; PEM private keys; the password in user:password@ of an address.
// Hashes, UUIDs and identifiers are none. What is encoded in another way (base64, %xx) is not recognised.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frontend/support.h"

namespace gsd {

inline constexpr std::string_view kMasked = "[masked]";
inline constexpr size_t kShortestSecret = 8;  // bytes of a value of the environment

// The values in "NAME=value" entries whose names have a word that ends with KEY, TOKEN, SECRET, PASSWORD and
// the like.
std::vector<std::string> SecretsIn(const std::vector<std::string>& environment);

struct SecretStretch;

// Time is linear in the text, memory in the longest secret (some 64 KiB) beside it.
class Masker {
 public:
  // `values` are masked wherever they stand, also as JSON writes them; those that are too short are passed
  // over. A text's end that is the beginning of one counts as one that was cut.
  Masker() : Masker(std::vector<std::string>()) {}
  explicit Masker(const std::vector<std::string>& values);

  std::string Mask(std::string_view text) const;

  // For texts that come in pieces. Appends the masked form of `text` to `out` up to a point from which more
  // has to be known, and returns that point; all of it when it is the `last` piece. The rest is to be the
  // beginning of the next piece, and `before` the byte in front of it (0 at the beginning). `found` is set
  // when something was masked.
  size_t MaskPart(std::string_view text, char before, bool last, std::string& out, bool& found) const;

 private:
  std::vector<std::string> values_;
  std::unordered_map<uint64_t, std::vector<size_t>> by_beginning_;  // the first 8 bytes → of values_
  std::array<bool, 256> begins_{};                                  // their first bytes

  SecretStretch FindValue(std::string_view text, bool last) const;
};

// Masks a regular file in place: read piece by piece, and replaced by a new file only when something is
// found. Links are not followed. Nothing is done to what is no regular file.
Status MaskFile(const Masker& masker, const std::filesystem::path& path);

}  // namespace gsd
