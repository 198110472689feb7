// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a normal block's head says of its channels, and how an encoder
// chooses it.

#ifndef FOVEA_CODEC_IMU_CORE_PLAN_H_
#define FOVEA_CODEC_IMU_CORE_PLAN_H_

#include <cstddef>
#include <cstdint>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/workspace.h"

namespace fovea::imu {

// Chooses kind, start_class and first of every channel of `work->states`.
void ChoosePlan(Workspace* work, const int32_t* values, size_t rows);

// The same among polynomials alone.
void ChoosePolynomials(Workspace* work, const int32_t* values, size_t rows);

void PutPlan(const Workspace& work, BitSink* bits);

// False: the plan asks for a profile that is not there. The low 16 bits of
// the first values of channels 0 and 1 are in the entropy coder.
bool GetPlan(Workspace* work, BitTap* bits);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_PLAN_H_
