// SPDX-License-Identifier: GPL-2.0-or-later
//
// Options of verbs that code inertial samples.

#ifndef FOVEA_CLI_IMU_OPTIONS_H_
#define FOVEA_CLI_IMU_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "api/imu_coding.h"

namespace fovea::cli {

struct ImuArguments {
  std::string level = "normal";
  std::string bound;
};

// --imu-level and --imu-bound.
void AddImuOptions(CLI::App* verb, ImuArguments* arguments);

// After parsing; throws CLI::ParseError.
void SettleImuOptions(const ImuArguments& arguments, ImuCodingOptions* coding);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_IMU_OPTIONS_H_
