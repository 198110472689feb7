// SPDX-License-Identifier: GPL-2.0-or-later
//
// Planes of energies as sensitivity files and priors have them:
//
//   zigzag varint base, varint size, coded plane of log codes

#ifndef FOVEA_CODEC_INTERNAL_ENERGIES_H_
#define FOVEA_CODEC_INTERNAL_ENERGIES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"

namespace fovea::internal {

// Appends columns * rows values, finite and not negative.
void PutEnergies(std::span<const double> values, int columns, int rows,
                 std::vector<uint8_t>* out);

// kDataLoss when the bytes hold no such plane.
absl::StatusOr<std::vector<double>> TakeEnergies(int columns, int rows,
                                                 ByteReader* in);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_ENERGIES_H_
