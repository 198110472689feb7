// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a clock map, as they are and under a checksum that fits;
// as a table of times; and as readings to find a map from. What parses must
// have its bytes again, and every map gives every time an image in order.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "api/stream_clock.h"
#include "codec/byte_stream.h"
#include "codec/clock_fit.h"
#include "codec/clock_map.h"
#include "codec/internal/crc32.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Walk(const fovea::ClockMap& map) {
  int64_t before = INT64_MIN;
  for (const int64_t time : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    const fovea::MappedTime mapped = map.ToStore(time);
    Require(mapped.time_ns >= before && mapped.uncertainty_ns >= 0);
    Require(map.ToDevice(mapped.time_ns).uncertainty_ns >= 0);
    before = mapped.time_ns;
  }
}

void Try(std::span<const uint8_t> bytes) {
  const auto map = fovea::ClockMap::Parse(bytes);
  if (!map.ok()) return;
  Require(*fovea::ClockMap::Parse(map->Encode()) == *map);
  Walk(*map);
}

void Fit(std::span<const uint8_t> bytes) {
  fovea::ByteReader in(bytes);
  const fovea::ClockFitOptions options = {in.U8() % 2 == 0
                                              ? fovea::ClockError::kLate
                                              : fovea::ClockError::kEitherWay,
                                          static_cast<int64_t>(in.U32())};
  std::vector<fovea::ClockReading> readings;
  while (in.remaining() >= 16) {
    const auto device = static_cast<int64_t>(in.U64());
    readings.push_back({device, static_cast<int64_t>(in.U64())});
  }
  const auto map = fovea::FitClockMap(readings, options);
  if (map.ok()) Walk(*map);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Try(std::span(data, size));
  std::vector<uint8_t> sealed(data, data + size);
  fovea::internal::PutCrc(0, &sealed);
  Try(sealed);
  (void)fovea::ParseClockTable(
      std::string_view(reinterpret_cast<const char*>(data), size));
  Fit(std::span(data, size));
  return 0;
}
