// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a camera prior. What decodes goes to bytes and back to the
// same again.

#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/camera_prior.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fovea::CodecLimits limits;
  limits.max_side = 2048;  // keeps the fuzzer fast
  const auto prior =
      fovea::DecodeCameraPrior(std::span<const uint8_t>(data, size), limits);
  if (!prior.ok()) return 0;
  const auto bytes = fovea::EncodeCameraPrior(*prior);
  if (!bytes.ok()) std::abort();
  const auto again = fovea::DecodeCameraPrior(*bytes, limits);
  if (!again.ok() || !(*again == *prior)) std::abort();
  return 0;
}
