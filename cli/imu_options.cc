// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/imu_options.h"

#include <utility>

namespace fovea::cli {

void AddImuOptions(CLI::App* verb, bool ingest, ImuArguments* arguments) {
  verb->add_option("--imu-level", arguments->level,
                   "How long to look for a short form of samples")
      ->check(CLI::IsMember({"fast", "normal", "max"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  verb->add_option("--imu-bound", arguments->bound,
                   "How far inertial samples may be from the sensor's, as in "
                   "accel=0.02g,gyro=0.1dps (default: not at all)")
      ->type_name("NAME=BOUND,...");
  CLI::Option* const profile =
      verb->add_option("--imu-profile", arguments->profiles,
                       ingest ? "What 'fovea learn imu-profile' wrote of the "
                                "device; the store remembers it for the device "
                                "(default: what it remembers)"
                              : "What 'fovea learn imu-profile' wrote of the "
                                "device; it is kept in the file")
          ->type_name("FILE");
  if (ingest) {
    verb->add_flag("--no-imu-profile", arguments->no_profile,
                   "Use no profile, though the store may know one")
        ->excludes(profile);
  }
  verb->add_option("--imu-device", arguments->device,
                   "What recorded inertial samples (default: what the source "
                   "says)")
      ->check([](const std::string& name) {
        return name.empty() || name.size() > kMaxSeriesTextBytes
                   ? "expected 1 to 255 bytes"
                   : std::string();
      })
      ->type_name("NAME");
}

ImuCodingOptions SettleImu(const ImuArguments& arguments) {
  ImuCodingOptions imu;
  if (arguments.level == "fast") imu.level = ImuLevel::kFast;
  if (arguments.level == "max") imu.level = ImuLevel::kMax;
  imu.known_profiles = !arguments.no_profile;
  imu.device = arguments.device;
  if (arguments.bound.empty()) return imu;
  auto bounds = ParseImuBounds(arguments.bound);
  if (!bounds.ok()) {
    throw CLI::ValidationError("--imu-bound",
                               std::string(bounds.status().message()));
  }
  imu.bounds = *std::move(bounds);
  return imu;
}

absl::StatusOr<std::vector<DeviceProfile>> ReadImuProfiles(
    const ImuArguments& arguments) {
  std::vector<DeviceProfile> profiles;
  for (const std::string& path : arguments.profiles) {
    auto profile = ReadDeviceProfile(path);
    if (!profile.ok()) return profile.status();
    profiles.push_back(*std::move(profile));
  }
  return profiles;
}

}  // namespace fovea::cli
