// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as what a series is, as they are and under a checksum that
// fits; what parses must have the same bytes again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/imu/core/crc32c.h"
#include "codec/series_metadata.h"

namespace {

void Try(std::span<const uint8_t> bytes) {
  const auto metadata = fovea::ParseSeriesMetadata(bytes);
  if (!metadata.ok()) return;
  const auto again = fovea::EncodeSeriesMetadata(*metadata);
  if (!again.ok() ||
      !std::equal(again->begin(), again->end(), bytes.begin(), bytes.end())) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Try(std::span(data, size));
  std::vector<uint8_t> sealed(data, data + size);
  fovea::PutU32(fovea::imu::Crc32c(sealed.data(), sealed.size()), &sealed);
  Try(sealed);
  return 0;
}
