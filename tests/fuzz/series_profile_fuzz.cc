// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a profile of a series, as they are and under checksums
// that fit; one that parses must code values and give them back.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"
#include "codec/series_profile.h"

namespace {

constexpr size_t kRows = 24;

void PutCrc(std::vector<uint8_t>* bytes, size_t from, size_t to) {
  const uint32_t crc = fovea::imu::Crc32c(bytes->data() + from, to - from);
  for (int i = 0; i < 32; i += 8) {
    bytes->push_back(static_cast<uint8_t>(crc >> i));
  }
}

void Try(std::span<const uint8_t> bytes) {
  const auto profile = fovea::SeriesProfile::Parse(bytes);
  if (!profile.ok()) return;
  fovea::SeriesBatch batch;
  for (size_t i = 0; i < kRows; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i * i));
    for (const auto& grid : profile->grids()) {
      const auto k = static_cast<int64_t>(i * 77 % 13) - 6;
      batch.values.push_back(fovea::GridValue(grid, k, 0));
    }
  }
  const auto block = fovea::EncodeSeriesBlock(
      batch, profile->channels(), {.profile = &*profile, .bounds = {}});
  if (!block.ok()) std::abort();
  const auto again = fovea::DecodeSeriesBlock(*block, &*profile);
  if (!again.ok()) std::abort();
  for (size_t i = 0; i < batch.values.size(); ++i) {
    if (std::bit_cast<uint64_t>(again->batch.values[i]) !=
        std::bit_cast<uint64_t>(batch.values[i])) {
      std::abort();
    }
  }
}

}  // namespace

// The first byte says where the inertial profile begins.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Try(std::span(data, size));
  if (size < 2) return 0;
  std::vector<uint8_t> sealed(data + 1, data + size);
  const size_t begin = data[0] % sealed.size();
  PutCrc(&sealed, begin, sealed.size());
  PutCrc(&sealed, 0, sealed.size() - 4);
  Try(sealed);
  return 0;
}
