// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensor messages of MCAP files (https://mcap.dev): robot logs of ROS, and
// what McapWriter wrote.

#ifndef FOVEA_CODEC_FORMATS_MCAP_SOURCE_H_
#define FOVEA_CODEC_FORMATS_MCAP_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Channels with messages become tracks named after their topics, without the
// '/' in front:
//
//   sensor_msgs/msg/Imu, cdr   imu: gyro_x.. rad/s, accel_x.. m/s2, and
//   sensor_msgs/Imu, cdr, ros1   orientation_x.._w
//   fovea.Series..., json      series, channels and units of the JSON Schema
//   all others                 rejected by name
//
// Vectors that every message says are absent (first covariance -1) make no
// channel; where only some say so, and where a series' message leaves a
// value out, it is NaN. The other covariances are not kept. Times are header
// stamps, log times where there is none, and log times of series.
//
// Chunks may be plain, lz4 or zstd; checksums are looked at. No index is
// needed: the file is read front to back, twice, once for the tracks. What is
// whole is given; where something was cut or damaged, Next() returns
// kDataLoss at the end, naming it. kInvalidArgument: no MCAP file, or no
// channel that can be read; kResourceExhausted: limits.
absl::StatusOr<std::unique_ptr<Source>> OpenMcapSource(
    const std::string& path, const SourceOptions& options);

// The same over memory; `bytes` outlives the source. For tests.
absl::StatusOr<std::unique_ptr<Source>> OpenMcapMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options);

// Whether a file's first bytes are an MCAP file's.
bool IsMcapHead(std::span<const uint8_t> head);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_MCAP_SOURCE_H_
