// SPDX-License-Identifier: GPL-2.0-or-later
//
// What GPMF keys are called here: track suffixes and channel names.

#ifndef FOVEA_CODEC_FORMATS_GPMF_NAMES_H_
#define FOVEA_CODEC_FORMATS_GPMF_NAMES_H_

#include <array>
#include <string>
#include <string_view>

namespace fovea {

struct GpmfSensor {
  const char* key;
  const char* suffix;
  std::array<const char*, 5> channels;
};
inline constexpr std::array<GpmfSensor, 7> kGpmfSensors = {{
    {"ACCL", "accel", {"accel_x", "accel_y", "accel_z"}},
    {"GYRO", "gyro", {"gyro_x", "gyro_y", "gyro_z"}},
    {"MAGN", "mag", {"mag_x", "mag_y", "mag_z"}},
    {"GPS5", "gps", {"lat", "lon", "alt", "speed2d", "speed3d"}},
    {"GRAV", "gravity", {"gravity_x", "gravity_y", "gravity_z"}},
    {"CORI", "cori", {"cori_w", "cori_x", "cori_y", "cori_z"}},
    {"IORI", "iori", {"iori_w", "iori_x", "iori_y", "iori_z"}},
}};

// Properties that are used, or say nothing of their own.
inline constexpr std::array<std::string_view, 10> kGpmfUnderstood = {
    "STNM", "SCAL", "SIUN", "UNIT", "TYPE",
    "TSMP", "ORIN", "ORIO", "MTRX", "RMRK"};

inline const GpmfSensor* FindGpmfSensor(const std::string& key) {
  for (const GpmfSensor& known : kGpmfSensors) {
    if (key == known.key) return &known;
  }
  return nullptr;
}

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_GPMF_NAMES_H_
