// SPDX-License-Identifier: GPL-2.0-or-later
//
// Options of verbs that code inertial samples.

#ifndef FOVEA_CLI_IMU_OPTIONS_H_
#define FOVEA_CLI_IMU_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/imu_coding.h"

namespace fovea::cli {

struct ImuArguments {
  std::string level = "normal";
  std::string bound;
  std::vector<std::string> profiles;  // files
  bool no_profile = false;
  std::string device;
  std::vector<std::string> models;  // and sensitivity files
  WindowCodingOptions windows;      // what they are coded by
};

// --imu-level, --imu-bound, --imu-profile, --imu-device, --imu-model,
// --imu-margin, --imu-margin-change; for ingests also --no-imu-profile.
void AddImuOptions(CLI::App* verb, bool ingest, ImuArguments* arguments);

// What they mean; throws CLI::ValidationError. Profiles are yet to be read.
ImuCodingOptions SettleImu(const ImuArguments& arguments);

// Reads the files of profiles; errors of ReadDeviceProfile().
absl::StatusOr<std::vector<DeviceProfile>> ReadImuProfiles(
    const ImuArguments& arguments);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_IMU_OPTIONS_H_
