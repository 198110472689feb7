// SPDX-License-Identifier: GPL-2.0-or-later
//
// How large residuals are now: two running means of |residual|, one over
// some five samples and one over some thirty, whose middle picks the table.
// These paces are the best of those tried on the first halves of recordings
// (1/10 with 1/64 costs 0.1 to 2 %), which benches do not judge.

#ifndef FOVEA_CODEC_IMU_CORE_SCALE_H_
#define FOVEA_CODEC_IMU_CORE_SCALE_H_

#include <cstdint>

#include "codec/imu/core/residual_tables.h"

namespace fovea::imu {

class Scale {
 public:
  // As if all residuals before had been of this class.
  void Start(int scale_class) {
    const int octave = scale_class / 4 + kLowestOctave + kPoint;
    const uint64_t mean = static_cast<uint64_t>(4 + scale_class % 4) * 2 + 1;
    fast_ = slow_ = octave >= 3 ? mean << (octave - 3) : mean >> (3 - octave);
  }

  // 0 to kScaleClasses - 1.
  int Class() const { return ClassOf((fast_ + slow_) >> 1); }

  // `doubled` is 2 |residual|, or the odd number at a bucket's middle.
  void Add(uint64_t doubled) {
    const auto now = static_cast<int64_t>(doubled << (kPoint - 1));
    fast_ +=
        static_cast<uint64_t>(((now - static_cast<int64_t>(fast_)) * 7) >> 5);
    slow_ += static_cast<uint64_t>((now - static_cast<int64_t>(slow_)) >> 5);
  }

  // The class of a mean with kPoint fraction bits.
  static int ClassOf(uint64_t mean) {
    if (mean < (uint64_t{1} << (kPoint + kLowestOctave))) return 0;
    const int octave = 63 - __builtin_clzll(mean);
    const int quarter = static_cast<int>(mean >> (octave - 2)) & 3;
    const int found = 4 * (octave - kPoint - kLowestOctave) + quarter;
    return found < kScaleClasses ? found : kScaleClasses - 1;
  }

  static constexpr int kPoint = 16;

 private:
  uint64_t fast_ = 0;
  uint64_t slow_ = 0;
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_SCALE_H_
