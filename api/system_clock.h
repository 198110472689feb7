// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's clocks in nanoseconds, where no test brings its own.

#ifndef FOVEA_API_SYSTEM_CLOCK_H_
#define FOVEA_API_SYSTEM_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace fovea {

template <typename Clock>
int64_t NanosecondsOf() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             Clock::now().time_since_epoch())
      .count();
}

// Since 1970; may be set.
inline int64_t WallNowNs() {
  return NanosecondsOf<std::chrono::system_clock>();
}

// Since some moment; only ever grows.
inline int64_t MonotonicNowNs() {
  return NanosecondsOf<std::chrono::steady_clock>();
}

}  // namespace fovea

#endif  // FOVEA_API_SYSTEM_CLOCK_H_
