// SPDX-License-Identifier: GPL-2.0-or-later
//
// The body of a block at level max: what normal predicts is one input of
// filters that learn as they go. For blocks of ten seconds and more.

#ifndef FOVEA_CODEC_IMU_MAX_BODY_H_
#define FOVEA_CODEC_IMU_MAX_BODY_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/workspace.h"

namespace fovea::imu {

// As EncodeNormalBody and DecodeNormalBody.
size_t EncodeMaxBody(Workspace* work, const int32_t* values, size_t rows,
                     uint8_t* out, size_t capacity);
bool DecodeMaxBody(Workspace* work, const uint8_t* body, size_t size,
                   size_t rows, int32_t* values);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_MAX_BODY_H_
