// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns a device's profile (codec/imu/core/profile.h) from recordings of it.

#ifndef FOVEA_CODEC_IMU_PROFILE_TRAINER_H_
#define FOVEA_CODEC_IMU_PROFILE_TRAINER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

struct ImuTrainingOptions {
  // Rows from which four regimes are told apart; below, their weights would
  // be learned from too little.
  size_t rows_for_regimes = 4000;
};

// The bytes of a profile. `recordings`: whole numbers, rows x channels each,
// every recording in one piece of time. Least squares over weighted rows:
// 1 / (1 + 5 m^1.5), m the mean |residual| around, so that loud phases do
// not spoil the quiet ones, where bits are few. Deterministic.
// kInvalidArgument: channels outside 1 to 12, no recording longer than 64
// rows, or a size that is no multiple of `channels`.
absl::StatusOr<std::vector<uint8_t>> TrainImuProfile(
    std::span<const std::vector<int32_t>> recordings, size_t channels,
    const ImuTrainingOptions& options = {});

}  // namespace fovea

#endif  // FOVEA_CODEC_IMU_PROFILE_TRAINER_H_
