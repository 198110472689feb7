// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as an opaque block; what decodes must survive a round.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/series_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto packets = fovea::DecodeOpaqueBlock(std::span(data, size));
  if (!packets.ok() || packets->size() > 4096) return 0;
  const auto block = fovea::EncodeOpaqueBlock(*packets);
  if (!block.ok()) std::abort();
  const auto again = fovea::DecodeOpaqueBlock(block->bytes);
  if (!again.ok() || again->size() != packets->size()) std::abort();
  for (size_t i = 0; i < packets->size(); ++i) {
    if ((*again)[i].data != (*packets)[i].data ||
        (*again)[i].time_ns != (*packets)[i].time_ns) {
      std::abort();
    }
  }
  return 0;
}
