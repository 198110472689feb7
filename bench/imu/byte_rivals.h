// SPDX-License-Identifier: GPL-2.0-or-later
//
// What bytes of samples take in general coders, with the shuffles that column
// stores put before them.

#ifndef FOVEA_BENCH_IMU_BYTE_RIVALS_H_
#define FOVEA_BENCH_IMU_BYTE_RIVALS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::bench {

using Bytes = std::vector<uint8_t>;

size_t ZstdBytes(std::span<const uint8_t> bytes, int level);
size_t Lz4Bytes(std::span<const uint8_t> bytes);

// Elements of `width` bytes: all first bytes, all second ones...
Bytes BytePlanes(std::span<const uint8_t> bytes, size_t width);
// The same with bits; elements are filled up with zeros to whole bytes.
Bytes BitPlanes(std::span<const uint8_t> bytes, size_t width);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_BYTE_RIVALS_H_
