// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as two telemetry packets, scanned and read.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "codec/formats/gpmf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> all(data, size);
  const fovea::GpmfPayload first = {all.first(size / 2 / 4 * 4), 0,
                                    1'000'000'000};
  const fovea::GpmfPayload second = {all, 1'000'000'000, 1'000'000'000};
  fovea::GpmfReader reader{fovea::FormatLimits()};
  static_cast<void>(reader.Scan(first));
  static_cast<void>(reader.Scan(second));
  const auto tracks = reader.Tracks();
  std::vector<std::pair<int, fovea::SeriesBatch>> batches;
  static_cast<void>(reader.Read(first, &batches));
  static_cast<void>(reader.Read(second, &batches));
  for (const auto& [track, batch] : batches) {
    const size_t channels =
        tracks.at(static_cast<size_t>(track)).series.channels.size();
    if (batch.values.size() != batch.time_ns.size() * channels) std::abort();
  }
  return 0;
}
