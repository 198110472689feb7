// SPDX-License-Identifier: GPL-2.0-or-later
//
// What inertial blocks are measured against: FLAC, which predicts and codes
// sixteen-bit samples, and the shuffles that column stores put before zstd.

#ifndef FOVEA_BENCH_IMU_RIVALS_H_
#define FOVEA_BENCH_IMU_RIVALS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::bench {

// Bytes of one FLAC frame per 65535 rows at -8, without the stream's head;
// channels beyond eight in further streams. -1: built without libFLAC, or a
// value beyond its 16 bits.
long FlacBytes(std::span<const int32_t> rows, size_t channels);

// Differences, zigzag, bit planes of each block, zstd -3. Values beyond 16
// bits take planes of 32.
class ShuffledZstd {
 public:
  std::vector<uint8_t> Encode(std::span<const int32_t> rows, size_t channels);

 private:
  std::vector<uint8_t> planes_;
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_RIVALS_H_
