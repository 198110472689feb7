// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples of one series into batches that become a block each.

#ifndef FOVEA_CODEC_SERIES_CUTTER_H_
#define FOVEA_CODEC_SERIES_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "codec/sample.h"
#include "codec/series_rows.h"

namespace fovea {

// Not thread-safe.
class SeriesCutter {
 public:
  static constexpr int64_t kBlockNs = 1'000'000'000;
  static constexpr size_t kMaxSamples = 65'536;

  // Batches of `block_ns` of stream time, forward or backward, and at most
  // kMaxSamples.
  explicit SeriesCutter(size_t channels, int64_t block_ns = kBlockNs)
      : channels_(channels), block_ns_(block_ns) {}

  // Batches of `rows` samples, however long they take; fewer where time leaps
  // by kBlockNs or more.
  static SeriesCutter OfRows(size_t channels, size_t rows) {
    SeriesCutter cutter(channels);
    cutter.most_ = rows;
    cutter.by_rows_ = true;
    return cutter;
  }

  // Whether a sample at `time_ns` begins a new batch: the one that is there
  // has to be taken first.
  bool IsFull(int64_t time_ns) const {
    if (batch_.time_ns.empty()) return false;
    const int64_t from =
        by_rows_ ? batch_.time_ns.back() : batch_.time_ns.front();
    const __int128 span = static_cast<__int128>(time_ns) - from;
    return span <= -block_ns_ || span >= block_ns_ ||
           batch_.time_ns.size() >= most_;
  }

  void Add(const SeriesBatch& from, size_t row) {
    AppendRow(from, row, channels_, &batch_);
  }

  // What was added since the last call; perhaps nothing.
  SeriesBatch Take() { return std::exchange(batch_, {}); }

 private:
  size_t channels_;
  int64_t block_ns_;
  size_t most_ = kMaxSamples;
  bool by_rows_ = false;
  SeriesBatch batch_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_CUTTER_H_
