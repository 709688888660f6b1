// libFuzzer: any bytes are a manifest. What is read is written again, and must be read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "backends/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto manifest = gsd::ReadManifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  std::string once, twice;
  gsd::WriteManifest(*manifest, once);
  const auto again = gsd::ReadManifest(once);
  if (!again) std::abort();
  gsd::WriteManifest(*again, twice);
  if (once != twice) std::abort();
  return 0;
}
