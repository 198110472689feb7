// SPDX-License-Identifier: GPL-2.0-or-later
//
// When the frames of a stream are shown, as a function of their indexes: on
// footage of even rate a fraction of nanoseconds per frame says it exactly,
// whatever way the source rounded, since where in its nanosecond the first
// frame began is kept too.

#ifndef FOVEA_INDEX_INTERNAL_FRAME_CLOCK_H_
#define FOVEA_INDEX_INTERNAL_FRAME_CLOCK_H_

#include <cstdint>
#include <span>

#include "index/observation.h"

namespace fovea {

// Frame `index` is shown at start_ns + floor(((index - first_index) x
// numerator + phase) / denominator), in two's complement of 64 bits.
struct FrameClock {
  uint64_t first_index = 0;
  int64_t start_ns = 0;
  int64_t numerator = 0;    // not negative
  int64_t denominator = 1;  // above 0
  int64_t phase = 0;        // below denominator

  int64_t At(uint64_t index) const;
};

// The clock that most of a pack goes by, from its first start on. Requires at
// least one.
FrameClock FitFrameClock(std::span<const Observation* const> pack);

// Goes along a clock, to and fro; a step to the next frame costs no division.
class ClockHand {
 public:
  ClockHand(const FrameClock& clock, uint64_t index);

  int64_t At(uint64_t index);

 private:
  void Set(uint64_t index);

  const FrameClock& clock_;
  const int64_t whole_per_frame_;
  const int64_t rest_per_frame_;
  uint64_t index_ = 0;
  uint64_t ns_ = 0;   // whole, from start_ns
  int64_t rest_ = 0;  // of one, in parts of the denominator
};

inline int64_t WrappingPlus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
inline int64_t WrappingMinus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_FRAME_CLOCK_H_
