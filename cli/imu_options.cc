// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/imu_options.h"

#include <utility>

namespace fovea::cli {
namespace {

void AddModelOptions(CLI::App* verb, ImuArguments* arguments) {
  CLI::Option* const model =
      verb->add_option("--imu-model", arguments->models,
                       "Keep of inertial samples what this model of sensor "
                       "windows needs: a model as --model takes it, which is "
                       "asked about each window, what 'fovea profile' wrote "
                       "of one, or both")
          ->allow_extra_args(false)
          ->type_name("MODEL|FILE");
  verb->add_option("--imu-margin", arguments->windows.margin_left,
                   "With a model: its answers stay, and of each one's margin "
                   "so much")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE")
      ->capture_default_str()
      ->needs(model);
  verb->add_option("--imu-margin-change", arguments->windows.margin_change,
                   "With a file alone: how much errors are expected to change "
                   "margins, in logits")
      ->check(CLI::Range(1e-3, 1e3))
      ->type_name("X")
      ->capture_default_str()
      ->needs(model);
}

}  // namespace

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
  AddModelOptions(verb, arguments);
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
  imu.windows = arguments.windows;
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
