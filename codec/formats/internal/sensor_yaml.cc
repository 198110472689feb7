// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/sensor_yaml.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

// OpenCV writes "%YAML:1.0", which no YAML parser takes for a directive.
std::string WithoutDirectives(const std::string& text) {
  std::string rest;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (text[at] != '%') rest.append(text, at, end - at);
    at = end;
  }
  return rest;
}

SensorYaml ReadFields(const YAML::Node& root) {
  SensorYaml sensor;
  if (!root.IsMap()) return sensor;
  if (root["rate_hz"]) sensor.rate_hz = root["rate_hz"].as<double>();
  if (!(sensor.rate_hz >= 0) || !std::isfinite(sensor.rate_hz)) {
    sensor.rate_hz = 0;
  }
  if (root["comment"]) sensor.comment = root["comment"].as<std::string>();
  const YAML::Node resolution = root["resolution"];
  if (resolution && resolution.IsSequence() && resolution.size() == 2) {
    sensor.width = resolution[0].as<int>();
    sensor.height = resolution[1].as<int>();
  }
  return sensor;
}

}  // namespace

absl::StatusOr<SensorYaml> ReadSensorYaml(const std::string& text) {
  try {
    return ReadFields(YAML::Load(WithoutDirectives(text)));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace fovea::codec_internal
