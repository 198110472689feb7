// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/imu_options.h"

#include <utility>

namespace fovea::cli {

void AddImuOptions(CLI::App* verb, ImuArguments* arguments) {
  verb->add_option("--imu-level", arguments->level,
                   "How long to look for a short form of samples")
      ->check(CLI::IsMember({"fast", "normal", "max"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  verb->add_option("--imu-bound", arguments->bound,
                   "How far inertial samples may be from the sensor's, as in "
                   "accel=0.02g,gyro=0.1dps (default: not at all)")
      ->type_name("NAME=BOUND,...");
}

void SettleImuOptions(const ImuArguments& arguments, ImuCodingOptions* coding) {
  if (arguments.level == "fast") coding->level = ImuLevel::kFast;
  if (arguments.level == "max") coding->level = ImuLevel::kMax;
  if (arguments.bound.empty()) return;
  auto bounds = ParseImuBounds(arguments.bound);
  if (!bounds.ok()) {
    throw CLI::ValidationError("--imu-bound",
                               std::string(bounds.status().message()));
  }
  coding->bounds = *std::move(bounds);
}

}  // namespace fovea::cli
