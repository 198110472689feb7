// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small pictures of bytes, such as a quality map, without loss: each value
// is predicted from its neighbours and the difference range coded under how
// busy they are. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_PLANE_CODER_H_
#define FOVEA_CODEC_PLANE_CODER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// Appends `values`, columns * rows of them, row-major. Nothing in the bytes
// says how many they are, nor of what size.
void EncodePlane(std::span<const uint8_t> values, int columns, int rows,
                 std::vector<uint8_t>* out);

// The plane that exactly `bytes` hold. kDataLoss when they are too few or
// too many; nothing is allocated for fewer than any such plane takes.
// Requires columns, rows > 0.
absl::StatusOr<std::vector<uint8_t>> DecodePlane(std::span<const uint8_t> bytes,
                                                 int columns, int rows);

}  // namespace fovea

#endif  // FOVEA_CODEC_PLANE_CODER_H_
