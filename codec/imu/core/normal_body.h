// SPDX-License-Identifier: GPL-2.0-or-later
//
// The body of a block at level normal: predicted by polynomials or the
// device's profile, residuals through fixed tables into an entropy coder.
// codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_IMU_CORE_NORMAL_BODY_H_
#define FOVEA_CODEC_IMU_CORE_NORMAL_BODY_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/workspace.h"

namespace fovea::imu {

// Bytes written, 0 when `capacity` is too small. `values`: rows x channels.
size_t EncodeNormalBody(Workspace* work, const int32_t* values, size_t rows,
                        uint8_t* out, size_t capacity);

// False: not a body of `rows` rows, or of another profile.
bool DecodeNormalBody(Workspace* work, const uint8_t* body, size_t size,
                      size_t rows, int32_t* values);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_NORMAL_BODY_H_
