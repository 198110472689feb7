// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flight logs of PX4: ULog (docs.px4.io, "ULog File Format").

#ifndef FOVEA_CODEC_FORMATS_ULOG_SOURCE_H_
#define FOVEA_CODEC_FORMATS_ULOG_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Every topic with data becomes tracks:
//
//   sensor_combined            imu "imu": gyro_x.. rad/s, accel_x.. m/s2
//   sensor_gyro, sensor_accel  imu "gyro", "accel": three channels
//   their other fields, and
//   every other topic          series of the topic's name: "q[0]",
//                              "esc[1].esc_rpm"; beyond 64 channels
//                              TOPIC_2 and so on
//   logged text                opaque "log": a digit (0 emergency to 7
//                              debug) and the line
//
// A second sensor alike is NAME_1. Padding is left out; text fields, 64-bit
// integers that no double holds and topics without a time are rejected
// tracks. Values keep every bit (floats as doubles). Times are the
// `timestamp` fields, microseconds since boot, in nanoseconds; where GPS
// told the time, a note says so. Dropouts are gaps of the inertial track.
//
// The file is read twice, once for the tracks. Damage is passed over up to
// the next sync message; at the end Next() returns kDataLoss naming it.
// kInvalidArgument: no ULog file, one newer than this reader, or no data;
// kResourceExhausted: limits.
absl::StatusOr<std::unique_ptr<Source>> OpenUlogSource(
    const std::string& path, const SourceOptions& options);

// The same over memory; `bytes` outlives the source. For tests.
absl::StatusOr<std::unique_ptr<Source>> OpenUlogMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options);

// Whether a file's first bytes are a ULog file's.
bool IsUlogHead(std::span<const uint8_t> head);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_ULOG_SOURCE_H_
