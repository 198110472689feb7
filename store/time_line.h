// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times as a function of a count: of a frame table's pts, of frames observed.
// Sources count ticks, and time_ns is ticks x time base, so a straight line of
// small rational slope usually gives every time exactly and nothing but the
// line is stored.

#ifndef FOVEA_STORE_TIME_LINE_H_
#define FOVEA_STORE_TIME_LINE_H_

#include <cstdint>
#include <vector>

namespace fovea {

// Nanoseconds per tick as numerator / denominator, denominator > 0.
struct TimeLine {
  int64_t numerator = 0;
  int64_t denominator = 1;

  // Round-half-even(pts x slope), kept to 64 bits by wrapping.
  int64_t At(int64_t pts) const;
};

// The line of the simplest slope through the pictures with least and
// greatest pts, both known to half a nanosecond. Slope 0 where there is no
// such line.
TimeLine FitTimeLine(const std::vector<int64_t>& pts,
                     const std::vector<int64_t>& times);

// For each picture the time until the next in presentation order (by pts,
// then place); the last one gets that of the one before it.
std::vector<int64_t> TimesToNext(const std::vector<int64_t>& pts,
                                 const std::vector<int64_t>& times);

}  // namespace fovea

#endif  // FOVEA_STORE_TIME_LINE_H_
