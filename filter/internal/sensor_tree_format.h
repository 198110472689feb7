// SPDX-License-Identifier: GPL-2.0-or-later
//
// What trainer, writer and reader of sensor trees share.

#ifndef FOVEA_FILTER_INTERNAL_SENSOR_TREE_FORMAT_H_
#define FOVEA_FILTER_INTERNAL_SENSOR_TREE_FORMAT_H_

#include <algorithm>
#include <cstdint>

namespace fovea::internal {

inline constexpr uint8_t kSensorTreeVersion = 1;
inline constexpr int32_t kLogOddsUnit = 4096;  // of one

// 64 either way is certain; sums of all trees stay within 32 bits.
inline int32_t CutLogOdds(int64_t value) {
  constexpr int64_t kMost = 64 * kLogOddsUnit;
  return static_cast<int32_t>(std::clamp(value, -kMost, kMost));
}

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_SENSOR_TREE_FORMAT_H_
