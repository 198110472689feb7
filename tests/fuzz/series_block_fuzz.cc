// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a series block, as they are and under a checksum that
// fits; what decodes must encode and decode again to the same bits, its text
// by the simplest rules.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"
#include "codec/series_text.h"

namespace {

void Check(std::span<const uint8_t> bytes) {
  auto decoded = fovea::DecodeSeriesBlock(bytes);
  if (!decoded.ok()) return;
  if (decoded->batch.values.size() > 4096) return;  // slow, tells no more
  const fovea::PrintRules rules(decoded->channels, fovea::PrintRule{});
  decoded->batch.text =
      fovea::WithRules(decoded->text, decoded->channels, rules);
  fovea::SeriesCoding coding;
  coding.metadata = 1;
  const auto block =
      fovea::EncodeSeriesBlock(decoded->batch, decoded->channels, coding);
  if (!block.ok()) std::abort();
  const auto again = fovea::DecodeSeriesBlock(*block);
  if (!again.ok() || again->batch.time_ns != decoded->batch.time_ns ||
      (again->text.channels & ~decoded->text.channels) != 0) {
    std::abort();
  }
  for (size_t i = 0; i < decoded->batch.values.size(); ++i) {
    if (std::bit_cast<uint64_t>(again->batch.values[i]) !=
        std::bit_cast<uint64_t>(decoded->batch.values[i])) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Check(std::span(data, size));
  std::vector<uint8_t> sealed(data, data + size);
  const uint32_t checksum = fovea::imu::Crc32c(data, size);
  for (int i = 0; i < 32; i += 8) {
    sealed.push_back(static_cast<uint8_t>(checksum >> i));
  }
  Check(sealed);
  return 0;
}
