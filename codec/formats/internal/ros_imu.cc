// SPDX-License-Identifier: GPL-2.0-or-later
//
//   00 01 00 00                   little-endian CDR; what follows is aligned
//   i32 seconds, u32 nanoseconds  to its own size from here
//   u32 size, frame_id, 00
//   f64 x 4, f64 x 9              orientation, its covariance
//   f64 x 3, f64 x 9              angular velocity
//   f64 x 3, f64 x 9              linear acceleration

#include "codec/formats/internal/ros_imu.h"

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/little_endian.h"

namespace fovea::codec_internal {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr std::string_view kEncapsulation("\0\1\0\0", 4);

void PutVector(const std::optional<std::array<double, 3>>& vector,
               std::string* out) {
  for (const double value : vector.value_or(std::array<double, 3>{})) {
    PutLittle(value, out);
  }
  PutLittle(vector ? 0.0 : -1.0, out);
  for (int i = 1; i < 9; ++i) PutLittle(0.0, out);
}

}  // namespace

std::string RosImuSchema() {
  const std::string line = std::string(80, '=') + "\nMSG: ";
  return absl::StrCat(
      "std_msgs/Header header\n"
      "geometry_msgs/Quaternion orientation\n"
      "float64[9] orientation_covariance\n"
      "geometry_msgs/Vector3 angular_velocity\n"
      "float64[9] angular_velocity_covariance\n"
      "geometry_msgs/Vector3 linear_acceleration\n"
      "float64[9] linear_acceleration_covariance\n",
      line, "geometry_msgs/Quaternion\n",
      "float64 x\nfloat64 y\nfloat64 z\nfloat64 w\n",                    //
      line, "geometry_msgs/Vector3\nfloat64 x\nfloat64 y\nfloat64 z\n",  //
      line, "std_msgs/Header\n",
      "builtin_interfaces/Time stamp\nstring frame_id\n",  //
      line, "builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n");
}

std::string RosImuMessage(uint64_t time_ns, std::string_view frame_id,
                          const InertialSample& sample) {
  std::string out(kEncapsulation);
  PutLittle(static_cast<uint32_t>(time_ns / kSecond), &out);
  PutLittle(static_cast<uint32_t>(time_ns % kSecond), &out);
  PutLittle(static_cast<uint32_t>(frame_id.size() + 1), &out);
  out.append(frame_id);
  out += '\0';
  while ((out.size() - kEncapsulation.size()) % sizeof(double) != 0) {
    out += '\0';
  }
  for (const double value : {0.0, 0.0, 0.0, 1.0}) PutLittle(value, &out);
  PutLittle(-1.0, &out);
  for (int i = 1; i < 9; ++i) PutLittle(0.0, &out);
  PutVector(sample.gyro, &out);
  PutVector(sample.accel, &out);
  return out;
}

}  // namespace fovea::codec_internal
