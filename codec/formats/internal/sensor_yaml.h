// SPDX-License-Identifier: GPL-2.0-or-later
//
// The few fields of an ASL sensor.yaml that a reader needs.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_SENSOR_YAML_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_SENSOR_YAML_H_

#include <string>

#include "absl/status/statusor.h"

namespace fovea::codec_internal {

struct SensorYaml {
  double rate_hz = 0;  // 0: not stated
  int width = 0;       // 0: not stated
  int height = 0;
  std::string comment;  // "": not stated; names the sensor
};

// kInvalidArgument when the text is not YAML or a field is not a number.
absl::StatusOr<SensorYaml> ReadSensorYaml(const std::string& text);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_SENSOR_YAML_H_
