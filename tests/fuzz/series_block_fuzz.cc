// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a series block; what decodes must encode and decode
// again to the same bits.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/series_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto decoded = fovea::DecodeSeriesBlock(std::span(data, size));
  if (!decoded.ok()) return 0;
  if (decoded->batch.values.size() > 4096) return 0;  // slow, tells no more
  const auto block =
      fovea::EncodeSeriesBlock(decoded->batch, decoded->channels);
  if (!block.ok()) std::abort();
  const auto again = fovea::DecodeSeriesBlock(*block);
  if (!again.ok() || again->batch.time_ns != decoded->batch.time_ns) {
    std::abort();
  }
  for (size_t i = 0; i < decoded->batch.values.size(); ++i) {
    if (std::bit_cast<uint64_t>(again->batch.values[i]) !=
        std::bit_cast<uint64_t>(decoded->batch.values[i])) {
      std::abort();
    }
  }
  return 0;
}
