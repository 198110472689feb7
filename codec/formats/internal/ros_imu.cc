// SPDX-License-Identifier: GPL-2.0-or-later
//
//   00 01 00 00                   little-endian CDR; what follows is aligned
//   i32 seconds, u32 nanoseconds  to its own size from here
//   u32 size, frame_id, 00
//   f64 x 4, f64 x 9              orientation, its covariance
//   f64 x 3, f64 x 9              angular velocity
//   f64 x 3, f64 x 9              linear acceleration
//
// ROS 1: u32 sequence number before the seconds, no head, nothing aligned,
// no 00 after the frame_id.

#include "codec/formats/internal/ros_imu.h"

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_fields.h"
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

// A vector and its covariance, whose first is -1 where there is no vector.
template <size_t N>
std::optional<std::array<double, N>> TakeVector(ByteFields* fields) {
  std::array<double, N> vector;
  for (double& value : vector) value = fields->Double();
  const double absent = fields->Double();
  fields->Take(8 * sizeof(double));
  if (absent == -1) return std::nullopt;
  return vector;
}

std::optional<int64_t> Stamp(uint32_t seconds, uint32_t nanoseconds) {
  const bool unset = seconds == 0 && nanoseconds == 0;
  if (unset || nanoseconds >= kSecond || seconds >> 31 != 0) {
    return std::nullopt;
  }
  return static_cast<int64_t>(seconds * kSecond + nanoseconds);
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

std::string ReadRosImu(std::span<const uint8_t> message, RosEncoding encoding,
                       RosImuReading* reading) {
  const bool cdr = encoding == RosEncoding::kCdr;
  const size_t head = cdr ? kEncapsulation.size() : 0;
  if (message.size() < head) return "no CDR message: shorter than its head";
  if (cdr && (message[0] != 0 || message[1] > 1)) {
    return absl::StrCat("CDR of kind ", message[0] * 256 + message[1],
                        ", expected 0 or 1");
  }
  ByteFields fields(message.subspan(head), cdr && message[1] == 0);
  if (!cdr) fields.Number<uint32_t>();
  const auto seconds = fields.Number<uint32_t>();
  reading->stamp_ns = Stamp(seconds, fields.Number<uint32_t>());
  fields.Counted();
  if (cdr) fields.Align(sizeof(double));
  reading->orientation = TakeVector<4>(&fields);
  reading->gyro = TakeVector<3>(&fields);
  reading->accel = TakeVector<3>(&fields);
  if (fields.ok()) return "";
  return absl::StrCat("an Imu message cut after ", message.size(), " bytes");
}

}  // namespace fovea::codec_internal
