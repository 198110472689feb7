// SPDX-License-Identifier: GPL-2.0-or-later
//
// Real recordings of inertial sensors as the whole numbers behind them.

#ifndef FOVEA_BENCH_IMU_RECORDINGS_H_
#define FOVEA_BENCH_IMU_RECORDINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::bench {

using Counts = std::vector<int32_t>;  // rows x channels

// One device's recording, cut as the device made it.
struct ImuRecording {
  std::string name;
  size_t channels = 0;
  double rate_hz = 0;
  bool rounded = false;  // no exact grid: values on a plausible sensor's step
  std::vector<Counts> parts;
};

// What a profile is learned from and what it is judged on.
struct ImuTrial {
  ImuRecording judged;
  std::string device;                // trials of one device count as one
  std::vector<Counts> learned_from;  // none: too short to learn from
};

// EuRoC, gait, GoPro Max and Hero7 (first half, second half), phone and watch
// (the other two subjects, this one), and PX4 with nothing to learn from,
// below `data`. Absent recordings are
// left out and named in `absent`.
absl::StatusOr<std::vector<ImuTrial>> LoadImuTrials(
    const std::string& data, std::vector<std::string>* absent);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_RECORDINGS_H_
