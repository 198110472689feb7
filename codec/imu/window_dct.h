// SPDX-License-Identifier: GPL-2.0-or-later
//
// An orthonormal DCT-II from whole numbers to whole numbers that is undone
// exactly: every rotation is three shears whose products are rounded (the
// lifting of I. Daubechies and W. Sweldens, 1998; the factors those of
// G. Plonka and M. Tasche, 2005). It is alike on all machines. A coefficient
// is off the real transform by one unit in the mean, some four at most.

#ifndef FOVEA_CODEC_IMU_WINDOW_DCT_H_
#define FOVEA_CODEC_IMU_WINDOW_DCT_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea::imu {

inline constexpr size_t kLeastDct = 8;
inline constexpr size_t kMostDct = 128;

// Whether there is a transform of so many: powers of two in that range.
constexpr bool IsDctSize(size_t size) {
  return size >= kLeastDct && size <= kMostDct && (size & (size - 1)) == 0;
}

// In place. Arithmetic is modulo 2^32: any values are undone, those within
// 2^27 are never wrapped.
void ForwardIntegerDct(std::span<int32_t> values);
void InverseIntegerDct(std::span<int32_t> values);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_WINDOW_DCT_H_
