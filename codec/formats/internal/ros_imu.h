// SPDX-License-Identifier: GPL-2.0-or-later
//
// sensor_msgs/msg/Imu of ROS 2 in CDR: the one message for inertial samples
// that both Foxglove and Rerun know (Foxglove's own schemas have none). Read
// in ROS 1's encoding too.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ROS_IMU_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ROS_IMU_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fovea::codec_internal {

inline constexpr std::string_view kRosImu = "sensor_msgs/msg/Imu";

// Its definition and those it needs, as "ros2msg".
std::string RosImuSchema();

struct InertialSample {
  std::optional<std::array<double, 3>> gyro;   // rad/s
  std::optional<std::array<double, 3>> accel;  // m/s2
};

// Requires time_ns below 2^31 seconds. What is absent is told by a first
// covariance of -1, as the message's definition has it; orientation always
// is.
std::string RosImuMessage(uint64_t time_ns, std::string_view frame_id,
                          const InertialSample& sample);

struct RosImuReading {
  std::optional<int64_t> stamp_ns;  // of the header; none: not set
  // What the covariances do not say is absent.
  std::optional<std::array<double, 3>> gyro, accel;
  std::optional<std::array<double, 4>> orientation;  // x, y, z, w
};

enum class RosEncoding { kCdr, kRos1 };

// Of either byte order. "" or why the message is none; then `reading` is
// undefined.
std::string ReadRosImu(std::span<const uint8_t> message, RosEncoding encoding,
                       RosImuReading* reading);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ROS_IMU_H_
