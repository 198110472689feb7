// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compact vector of a frame that filter, cache and dedup share, taken
// from the shared grid, so it costs no second look at the pixels.

#ifndef FOVEA_FILTER_FINGERPRINT_H_
#define FOVEA_FILTER_FINGERPRINT_H_

#include <array>
#include <cstdint>

#include "codec/grid.h"

namespace fovea {

inline constexpr uint8_t kFingerprintVersion = 1;

// Two gradient hashes of the luma grid: sign of the horizontal difference
// between neighbouring cells of a 9x8 and a 17x16 reduction.
struct Fingerprint {
  uint64_t coarse = 0;                // 8 x 8 bits, row-major, high bit first
  std::array<uint64_t, 4> fine = {};  // 16 x 16 bits
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint FingerprintOf(const Grid& grid);

// Differing bits: of the coarse hash 0..64, of the fine one 0..256.
int CoarseDistance(const Fingerprint& a, const Fingerprint& b);
int FineDistance(const Fingerprint& a, const Fingerprint& b);

}  // namespace fovea

#endif  // FOVEA_FILTER_FINGERPRINT_H_
