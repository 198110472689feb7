// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples of one series into batches that become a block each.

#ifndef FOVEA_CODEC_SERIES_CUTTER_H_
#define FOVEA_CODEC_SERIES_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "codec/sample.h"

namespace fovea {

// A batch spans `block_ns` of stream time, forward or backward, and holds at
// most `max_samples`. Not thread-safe.
class SeriesCutter {
 public:
  static constexpr int64_t kBlockNs = 1'000'000'000;
  static constexpr size_t kMaxSamples = 65'536;

  explicit SeriesCutter(size_t channels, int64_t block_ns = kBlockNs)
      : channels_(channels), block_ns_(block_ns) {}

  // Whether a sample at `time_ns` begins a new batch: the one that is there
  // has to be taken first.
  bool IsFull(int64_t time_ns) const {
    if (batch_.time_ns.empty()) return false;
    const __int128 span = static_cast<__int128>(time_ns) - batch_.time_ns[0];
    return span <= -block_ns_ || span >= block_ns_ ||
           batch_.time_ns.size() >= kMaxSamples;
  }

  // `row`: a value per channel.
  void Add(int64_t time_ns, const double* row) {
    batch_.time_ns.push_back(time_ns);
    batch_.values.insert(batch_.values.end(), row, row + channels_);
  }

  // What was added since the last call; perhaps nothing.
  SeriesBatch Take() { return std::exchange(batch_, {}); }

 private:
  const size_t channels_;
  const int64_t block_ns_;
  SeriesBatch batch_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_CUTTER_H_
