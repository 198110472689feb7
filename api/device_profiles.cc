// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/device_profiles.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/coding_tables.h"
#include "api/whole_file.h"

namespace fovea {
namespace {

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

}  // namespace

absl::StatusOr<DeviceProfile> ParseDeviceProfile(std::string name,
                                                 std::vector<uint8_t> bytes) {
  auto profile = SeriesProfile::Parse(bytes);
  if (!profile.ok()) return Named(name, profile.status());
  return DeviceProfile{std::move(name), std::move(bytes), *std::move(profile)};
}

absl::StatusOr<DeviceProfile> ReadDeviceProfile(const std::string& path) {
  auto bytes = ReadWholeFile(path, kMaxSeriesProfileBytes);
  if (!bytes.ok()) return bytes.status();
  return ParseDeviceProfile(path, *std::move(bytes));
}

absl::StatusOr<const DeviceProfile*> ChooseProfile(
    std::span<const DeviceProfile> given, const SeriesInfo& series) {
  const SeriesMetadata metadata = MetadataOf(series);
  absl::Status differs;
  for (const DeviceProfile& profile : given) {
    const absl::Status same =
        CheckSameDevice(profile.profile.metadata(), metadata);
    if (same.ok()) return &profile;
    differs = absl::Status(
        same.code(), absl::StrCat(profile.name, " ", same.message(),
                                  "; learn one with 'fovea learn imu-profile'"
                                  " or leave it out"));
  }
  if (!differs.ok()) return differs;
  return nullptr;
}

absl::StatusOr<std::unique_ptr<DeviceProfile>> KnownProfile(
    StoreReader* store, const SeriesInfo& series) {
  const SeriesMetadata metadata = MetadataOf(series);
  if (metadata.device.empty()) return nullptr;
  auto tables =
      DeviceTables(store, CodingTableKind::kSeriesProfile, metadata.device);
  if (!tables.ok()) return tables.status();
  for (std::vector<uint8_t>& bytes : *tables) {
    auto profile = ParseDeviceProfile("known to the store", std::move(bytes));
    // Of another version: a new one is learned when somebody cares to.
    if (!profile.ok()) continue;
    if (!CheckSameDevice(profile->profile.metadata(), metadata).ok()) continue;
    return std::make_unique<DeviceProfile>(*std::move(profile));
  }
  return nullptr;
}

}  // namespace fovea
