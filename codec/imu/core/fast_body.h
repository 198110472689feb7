// SPDX-License-Identifier: GPL-2.0-or-later
//
// The body of a block at level fast: polynomials, then Rice codes in groups
// of sixteen whose low bits all have one width, so that both halves of the
// codes are read many at a time. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_IMU_CORE_FAST_BODY_H_
#define FOVEA_CODEC_IMU_CORE_FAST_BODY_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/workspace.h"

namespace fovea::imu {

// Bytes written, 0 when `capacity` is too small. `values`: rows x channels.
size_t EncodeFastBody(Workspace* work, const int32_t* values, size_t rows,
                      uint8_t* out, size_t capacity);

// False: not a body of `rows` rows.
bool DecodeFastBody(Workspace* work, const uint8_t* body, size_t size,
                    size_t rows, int32_t* values);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_FAST_BODY_H_
