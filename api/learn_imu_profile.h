// SPDX-License-Identifier: GPL-2.0-or-later
//
// Learns what blocks of a device's inertial samples need not say each time:
// a codec/series_profile.h, from stored streams and recordings.

#ifndef FOVEA_API_LEARN_IMU_PROFILE_H_
#define FOVEA_API_LEARN_IMU_PROFILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/time_range.h"
#include "codec/formats/source.h"
#include "codec/series_metadata.h"

namespace fovea {

struct LearnImuProfileOptions {
  // Streams of the store, or where there is none of the name, recordings:
  // whatever OpenSource() reads. All of one device.
  std::vector<std::string> sources;
  std::string track;   // of recordings, its suffix; "": their only imu track
  std::string device;  // "": what the sources say
  TimeRange range;     // of streams

  // From the beginning of what is given. More: 8 bytes a value in memory.
  int64_t most_rows = 2'000'000;
  SourceOptions source;
};

struct LearntImuProfile {
  std::vector<uint8_t> bytes;
  uint32_t id = 0;
  SeriesMetadata metadata;
  int64_t pieces = 0;  // of unbroken time
  int64_t rows = 0;

  // Blocks of a second of the later halves of all pieces (at most 200,000
  // rows), without a profile and with one of the earlier halves; 0 rows where
  // those were too little to learn from.
  int64_t held_out_rows = 0;
  int64_t held_out_bytes_without = 0;
  int64_t held_out_bytes_with = 0;
};

// `store` may be null: all sources are recordings then. `progress` (may be
// null) gets rows read, 0. kInvalidArgument: no source, no or several imu
// tracks, sources of other channels or devices, too little; kNotFound;
// kFailedPrecondition: a channel on no grid; kCancelled by `stop`; errors of
// reading, which name the source.
absl::StatusOr<LearntImuProfile> LearnImuProfile(
    Store* store, const LearnImuProfileOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

// From then on ingests of the profile's device into the store use it.
// kInvalidArgument: the profile says no device; errors of committing.
absl::Status KeepImuProfile(Store* store, const LearntImuProfile& learnt);

}  // namespace fovea

#endif  // FOVEA_API_LEARN_IMU_PROFILE_H_
