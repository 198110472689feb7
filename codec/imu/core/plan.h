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

// Whether enough rows repeat the one before that flags may pay; sets their
// odds, not whether they are used.
bool FindRepeats(Workspace* work, const int32_t* values, size_t rows);

// Calls `encode`, which gives a size or 0, without flags for repeated rows,
// and where they may pay with them; the smaller one is done last.
template <typename Encode>
size_t EncodeWithRepeats(Workspace* work, const int32_t* values, size_t rows,
                         Encode encode) {
  work->repeats = false;
  const size_t plain = encode();
  if (!FindRepeats(work, values, rows)) return plain;
  work->repeats = true;
  const size_t flagged = encode();
  if (flagged != 0 && (plain == 0 || flagged < plain)) return flagged;
  work->repeats = false;
  return encode();
}

void PutPlan(const Workspace& work, BitSink* bits);

// False: the plan asks for a profile that is not there. The low 16 bits of
// the first values of channels 0 and 1 are in the entropy coder.
bool GetPlan(Workspace* work, BitTap* bits);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_PLAN_H_
