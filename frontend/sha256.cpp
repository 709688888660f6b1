// The wrapper of Nettle: the only file that includes it.
#include <nettle/sha2.h>

#include <array>

#include "frontend/support.h"

namespace gsd {

std::string Sha256Hex(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const uint8_t byte : digest) hex += {kHex[byte >> 4], kHex[byte & 15]};
  return hex;
}

}  // namespace gsd
